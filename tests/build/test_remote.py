"""Source code that lies elsewhere: commits and sdists."""

import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from layer_action.build.sources.remote import git_reason, git_source, sdist_metadata
from layer_action.build.sources.source import SourceBuilder
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import BuildError, ConfigError, LayerActionError, Location, ResolutionError
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.ports.building import Preferences
from layer_action.record import replace
from tests.build.sources import BACKEND, BUILT_BY_IT, STATIC
from tests.build.workshop import ARM_312, PROJECT, Site
from tests.standins.certificates import make_certificates
from tests.standins.git_server import add_submodule, git, make_repository, serving
from tests.standins.index import make_sdist


@dataclass(kw_only=True)
class Hosted:
    """A repository at a URL; its only commit has the tag v1."""

    url: str
    commit: str


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    project = PROJECT.format("common", "0.1", '["cart"]')
    files = {"pyproject.toml": project + BUILT_BY_IT, "backend.py": BACKEND, "inner/pyproject.toml": project}
    commit = make_repository(tmp_path / "hosted", files, tag="v1")
    with serving(tmp_path / "hosted") as url:
        yield Hosted(url=url, commit=commit)


@pytest.mark.parametrize("ref", ["", "@main", "@v1", "@{commit}"])
def test_a_reference_is_locked_as_the_commit_that_it_is_now(site: Site, hosted: Hosted, ref: str) -> None:
    site.index.wheel("cart", "1.0")
    line = f"common @ git+{hosted.url}{ref.format(commit=hosted.commit)}\n"
    lock = site.resolve(line, build_from_source=("common",)).lock
    found = lock.get("common")
    assert found is not None
    assert (found.version, found.identity) == ("0.1", f"commit:{hosted.commit}")
    assert isinstance(found.origin, Source)
    assert (found.origin.kind, found.origin.location) == (SourceKind.VCS, f"git+{hosted.url}")
    assert lock.get("cart") is not None


def test_a_branch_is_not_one_whose_name_ends_as_its_own_does(site: Site, hosted: Hosted, tmp_path: Path) -> None:
    for name in ("feature/main", "zz/main"):
        git(tmp_path / "hosted", "checkout", "--quiet", "-b", name)
        git(tmp_path / "hosted", "commit", "--quiet", "--allow-empty", "-m", name)
        git(tmp_path / "hosted", "tag", "-a", "-m", "later", f"{name}-tag/v1")
    http = Http(site.env, attempts=1)
    for ref in ("main", "v1", "refs/heads/main"):
        assert git_source(f"git+{hosted.url}@{ref}", site.env, http).identity == f"commit:{hosted.commit}"


def test_of_a_branch_and_a_tag_of_one_name_the_branch_is_meant_as_with_pip(
    site: Site, hosted: Hosted, tmp_path: Path
) -> None:
    git(tmp_path / "hosted", "tag", "-a", "-m", "1.0", "both")
    git(tmp_path / "hosted", "checkout", "--quiet", "-b", "both")
    git(tmp_path / "hosted", "commit", "--quiet", "--allow-empty", "-m", "more")
    found = git_source(f"git+{hosted.url}@both", site.env, Http(site.env, attempts=1))
    assert found.identity == f"commit:{git(tmp_path / 'hosted', 'rev-parse', 'HEAD').strip()}"


@pytest.mark.parametrize(
    ("before", "upgrade", "moves"),
    [("@main", "", False), ("@main", "cart", False), ("@main", "Common", True), ("", "", True)],
)
def test_a_branch_stays_where_it_was_locked_until_it_is_to_move(
    site: Site, hosted: Hosted, before: str, upgrade: str, *, moves: bool
) -> None:
    commit = git_source(f"git+{hosted.url}{before}", site.env, Http(site.env, attempts=1))
    git(site.root.parent / "hosted", "commit", "--quiet", "--allow-empty", "-m", "more")
    site.index.wheel("cart", "1.0")
    kept = Preferences(versions={"common": "0.1"}, commits={"common": commit}, upgrade=(upgrade,))
    line = f"common @ git+{hosted.url}@main\n"
    found = site.resolve(line, preferences=kept, build_from_source=("common",)).lock.get("common")
    assert found is not None
    assert (found.identity == f"commit:{hosted.commit}") is not moves


def test_a_commit_that_was_locked_and_is_gone_tells_how_to_move(site: Site, hosted: Hosted) -> None:
    now = git_source(f"git+{hosted.url}@main", site.env, Http(site.env, attempts=1))
    kept = Preferences(versions={"common": "0.1"}, commits={"common": replace(now, identity=f"commit:{'a' * 40}")})
    line = f"common @ git+{hosted.url}@main\n"
    with pytest.raises(BuildError, match="git fetch failed") as caught:
        site.resolve(line, preferences=kept, build_from_source=("common",))
    assert "`upgrade: common`" in caught.value.hint


def test_a_locked_commit_is_built(site: Site, hosted: Hosted) -> None:
    source = Source(kind=SourceKind.VCS, location=f"git+{hosted.url}", identity=f"commit:{hosted.commit}")
    wanted = Wanted(name="common", version="0.1", target=ARM_312)
    builder = SourceBuilder(site.env, Http(site.env, attempts=1), site.cache)
    assert builder.build(source, wanted, root=site.root, into=site.cache).path.name == "common-0.1-py3-none-any.whl"


@pytest.mark.parametrize("address", ["{url}", "../itself.git"])
def test_submodules_are_part_of_a_commit(site: Site, tmp_path: Path, address: str) -> None:
    backend = BACKEND.replace('return "pass"', 'return open("sub/inside.txt").read()')
    files = {"pyproject.toml": STATIC + BUILT_BY_IT, "backend.py": backend, "inside.txt": "built in"}
    first = make_repository(tmp_path / "hosted", files, tag="v1")
    with serving(tmp_path / "hosted") as url:  # at whatever path
        commit = add_submodule(tmp_path / "hosted", "sub", address.format(url=url), first)
        source = Source(kind=SourceKind.VCS, location=f"git+{url}", identity=f"commit:{commit}")
        wanted = Wanted(name="common", version="0.1", target=ARM_312)
        builder = SourceBuilder(site.env, Http(site.env, attempts=1), site.cache)
        wheel = builder.build(source, wanted, root=site.root, into=site.cache).path
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("common.py") == b"built in"


@pytest.mark.parametrize("line", ["", "common @ git+{url}#egg=common\n"])
def test_a_commit_that_a_project_names_is_followed_as_one_of_a_line(site: Site, hosted: Hosted, line: str) -> None:
    site.index.wheel("cart", "1.0")
    site.index.wheel("common", "9.0")
    needs = f"[\"common @ git+{hosted.url} ; python_version > '3'\"]"
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", needs))
    lock = site.resolve(f"./libs/shop\n{line.format(url=hosted.url)}", build_from_source=("local", "common")).lock
    found = lock.get("common")
    assert found is not None
    assert (found.version, found.identity, found.required_by) == ("0.1", f"commit:{hosted.commit}", ("shop",))
    assert lock.get("cart") is not None


def test_what_a_commit_needs_at_an_address_is_followed_too_where_its_extra_is_asked_for(
    site: Site, hosted: Hosted
) -> None:
    site.index.wheel("cart", "1.0")
    file = site.index.add(make_sdist("till", "2.0", {}, requires=[f"common @ git+{hosted.url}"]))
    url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    more = f'[project.optional-dependencies]\nmore = ["till @ {url}"]\n'
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", "[]") + more)
    allowed = ("local", "common", "till")
    assert set(site.versions("./libs/shop[more]\n", build_from_source=allowed)) == {"shop", "till", "common", "cart"}
    assert set(site.versions("./libs/shop\n", build_from_source=allowed)) == {"shop"}


def test_a_commit_that_a_project_names_is_refused_at_its_line_unless_its_code_may_be_run(
    site: Site, hosted: Hosted
) -> None:
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", f'["common @ git+{hosted.url}"]'))
    with pytest.raises(ConfigError, match="common would have to be built from source") as caught:
        site.resolve("# ours\n./libs/shop\n")
    assert caught.value.location == Location("requirements.txt", 2)


def test_a_commit_that_a_project_names_is_not_looked_at_where_it_is_provided(site: Site) -> None:
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", '["common @ git+http://127.0.0.1:9/x.git"]'))
    assert site.versions("./libs/shop\n", provided=("Common",)) == {"shop": "1.0"}


@pytest.mark.parametrize("line", ["common @ git+{url}@v1", "./libs/common"])
def test_a_name_at_two_addresses_is_an_error(site: Site, hosted: Hosted, line: str) -> None:
    site.index.wheel("cart", "1.0")
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "1.0", "[]"))
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", f'["common @ git+{hosted.url}@main"]'))
    with pytest.raises(ConfigError, match=r"libs/shop needs common at git\+http.*@main, and requirements\.txt:2 asks"):
        site.resolve(f"./libs/shop\n{line.format(url=hosted.url)}\n", build_from_source=("local", "common"))


def test_a_subdirectory_of_a_repository_is_its_own_project(site: Site, hosted: Hosted) -> None:
    site.index.wheel("cart", "1.0")
    line = f"git+{hosted.url}@v1#egg=common&subdirectory=inner\n"
    found = site.resolve(line, build_from_source=("common",)).lock.get("common")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert found.origin.subdirectory == "inner"


def test_a_commit_is_refused_unless_its_code_may_be_run(site: Site, hosted: Hosted) -> None:
    with pytest.raises(ConfigError, match="would have to be built from source") as caught:
        site.resolve(f"common @ git+{hosted.url}\n")
    assert "build-from-source: [local, common]" in caught.value.hint


def test_a_reference_that_does_not_exist_is_told(site: Site, hosted: Hosted) -> None:
    with pytest.raises(BuildError, match="no branch or tag v9"):
        site.resolve(f"common @ git+{hosted.url}@v9\n", build_from_source=("common",))


def test_of_what_git_says_the_reason_is_told_and_no_advice() -> None:
    said = (
        "ssh: connect to host one.example port 22: Connection refused\nfatal: Could not read from remote repository.\n"
    )
    advice = "\nPlease make sure you have the correct access rights\nand the repository exists.\n"
    assert git_reason(said + advice) == " ".join(said.splitlines())


def test_files_of_this_machine_are_not_cloned(site: Site, tmp_path: Path) -> None:
    make_repository(tmp_path / "private", {"secret": "hunter2"}, tag="v1")
    with pytest.raises(LayerActionError):
        site.resolve(f"common @ git+file://{tmp_path}/private\n", build_from_source=("common",))


@pytest.mark.parametrize("dynamic", ["", "Dynamic: Requires-Dist\n"])
def test_metadata_of_an_sdist_is_believed_only_if_it_promises_to_stay(tmp_path: Path, dynamic: str) -> None:
    file = make_sdist("docs", "1.0", {"PKG-INFO": f"Metadata-Version: 2.2\nName: docs\nVersion: 1.0\n{dynamic}"})
    path = tmp_path / file.filename
    path.write_bytes(file.content)
    found = sdist_metadata(path)
    assert (found is None) == bool(dynamic)


def test_an_sdist_by_its_url_is_locked_by_its_hash(site: Site) -> None:
    file = site.index.add(make_sdist("docs", "1.0", {}))
    url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    found = site.resolve(f"docs @ {url}\n", build_from_source=("docs",)).lock.get("docs")
    assert found is not None
    assert found.identity == f"sha256:{file.sha256}"


@pytest.mark.parametrize(
    ("trust", "shown"), [("SSL_CERT_FILE", "SSL_CLIENT_CERT"), ("REQUESTS_CA_BUNDLE", "PIP_CLIENT_CERT")]
)
def test_a_repository_behind_a_client_certificate_is_read(site: Site, tmp_path: Path, trust: str, shown: str) -> None:
    certificates = make_certificates(tmp_path)
    project = PROJECT.format("common", "0.1", "[]")
    commit = make_repository(tmp_path / "hosted", {"pyproject.toml": project}, tag="v1")
    with serving(tmp_path / "hosted", context=certificates.server_context(asks_client=True)) as url:
        site.env |= {trust: str(certificates.authority), shown: str(certificates.client)}
        lock = site.resolve(f"common @ git+{url}@v1\n", build_from_source=("common",)).lock
    assert [found.identity for found in lock.distributions] == [f"commit:{commit}"]


@pytest.mark.parametrize("kept", [0, 5, 15, 100])
def test_an_archive_that_is_cut_short_tells_no_metadata(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "docs-1.0.tar.gz"
    path.write_bytes(make_sdist("docs", "1.0", {"PKG-INFO": "Metadata-Version: 2.2\n"}).content[:kept])
    assert sdist_metadata(path) is None


@pytest.mark.parametrize("ref", ["{commit}", "v1"])
def test_where_all_must_have_a_hash_the_commit_that_a_project_names_is_one(
    site: Site, hosted: Hosted, ref: str
) -> None:
    cart = site.index.wheel("cart", "1.0")
    needs = f'["common @ git+{hosted.url}@{ref.format(commit=hosted.commit)}"]'
    site.write("libs/shop/pyproject.toml", PROJECT.format("shop", "1.0", needs))
    text = f"./libs/shop\ncart==1.0 --hash=sha256:{cart.sha256}\n"
    missing = pytest.raises(ResolutionError, match=r"common \(needed by shop\) has no hash")
    with missing if ref == "v1" else nullcontext():
        site.resolve(text, build_from_source=("local", "common"))
