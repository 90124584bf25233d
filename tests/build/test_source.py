"""Sources: what makes them the same again, and how they become wheels."""

import os
import shutil
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action import process
from layer_action.build.origin import may_build
from layer_action.build.own_files import own_files
from layer_action.build.projects import local_identity
from layer_action.build.source import SourceBuilder
from layer_action.build.tree import tree_hash
from layer_action.build.wanted import Wanted
from layer_action.errors import BuildError, ConfigError, Problems, UnsafeWheelError
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from tests.build.workshop import ARM_312, Site, spec_of
from tests.standins.certificates import make_certificates
from tests.standins.index import make_sdist, make_zipped_sdist, running_index

# a build backend of twenty lines: tests build sources without an index
BACKEND = """\
import os, zipfile
NAME, VERSION, TAG = "common", "0.1", "py3-none-any"

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    filename = f"{NAME}-{VERSION}-{TAG}.whl"
    info = f"{NAME}-{VERSION}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        archive.writestr("common.py", report())
        headers = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {VERSION}", "Requires-Dist: cart", ""]
        archive.writestr(f"{info}/METADATA", "\\n".join(headers))
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {TAG}\\n")
        archive.writestr(f"{info}/RECORD", "")
    return filename

def report():
    return "pass"
"""
BUILT_BY_IT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
STATIC = '[project]\nname = "common"\nversion = "0.1"\n'


def project(site: Site, backend: str = BACKEND, pyproject: str = BUILT_BY_IT) -> Source:
    site.write("libs/common/pyproject.toml", pyproject)
    site.write("libs/common/backend.py", backend)
    path = site.root / "libs/common"
    return Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=local_identity(path, root=site.root))


def build(site: Site, source: Source, *, into: Path | None = None, **wanted: Any) -> Path:
    values: dict[str, Any] = {"name": "common", "version": "0.1", "target": ARM_312}
    builder = SourceBuilder(site.env, Http(site.env, attempts=1))
    return builder.build(source, Wanted(**(values | wanted)), root=site.root, into=into or site.cache / "built")


def test_a_project_becomes_a_wheel_even_if_it_is_not_for_the_python_that_builds_it(site: Site) -> None:
    wheel = build(site, project(site, BACKEND.replace("Requires-Dist: cart", "Requires-Python: >=3.99")))
    assert wheel.name == "common-0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("common.py") == b"pass"


def test_the_builder_has_no_rights_and_no_secrets_but_the_machines_rust(site: Site, tmp_path: Path) -> None:
    backend = BACKEND.replace('return "pass"', "return repr((os.geteuid(), dict(os.environ)))")
    site.env |= {"AWS_SECRET_ACCESS_KEY": "hunter2", "GITHUB_TOKEN": "hunter2", "UV_INDEX_X_PASSWORD": "hunter2"}
    site.env["PIP_INDEX_URL"] = "http://me:hunter2@127.0.0.1:9/simple"
    (tmp_path / ".rustup").mkdir()
    site.env["HOME"] = str(tmp_path)
    with zipfile.ZipFile(build(site, project(site, backend))) as archive:
        told = archive.read("common.py").decode()
    assert "hunter2" not in told
    assert f"'RUSTUP_HOME': '{tmp_path}/.rustup'" in told
    assert told.startswith("(65534," if process.may_drop_rights() else f"({os.geteuid()},")


def test_a_project_is_built_in_the_same_place_by_whoever_builds_it_also_at_the_same_time(site: Site) -> None:
    source = project(site, BACKEND.replace('return "pass"', "return repr(os.getcwd())"))
    with ThreadPoolExecutor() as pool:
        built = list(pool.map(lambda name: build(site, source, into=site.cache / name).read_bytes(), "ab"))
    assert built[0] == built[1]


def test_the_project_itself_is_not_touched(site: Site) -> None:
    source = project(site, BACKEND.replace('return "pass"', 'open("left-behind", "w").close(); return "pass"'))
    build(site, source)
    assert sorted(path.name for path in (site.root / "libs/common").iterdir()) == ["backend.py", "pyproject.toml"]


def test_a_folder_without_a_project_such_as_a_submodule_that_is_not_checked_out_is_told(site: Site) -> None:
    folder = site.root / "libs/common"
    folder.mkdir(parents=True)
    source = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=local_identity(folder, root=site.root))
    with pytest.raises(BuildError, match="libs/common holds no project") as caught:
        build(site, source)
    assert "submodules: true" in caught.value.hint


def test_a_build_that_fails_shows_its_last_words_and_what_can_be_done_about_them(site: Site) -> None:
    backend = BACKEND.replace('return "pass"', 'return open("../VERSION").read()')
    with pytest.raises(BuildError, match="could not be built from source") as caught:
        build(site, project(site, backend))
    assert caught.value.message.endswith("No such file or directory: '../VERSION'")
    assert "a link will do" in caught.value.hint


@pytest.mark.parametrize(
    "tag", ["cp312-cp312-linux_x86_64", "cp311-cp311-linux_aarch64", "cp312-cp312-macosx_11_0_arm64"]
)
def test_a_wheel_compiled_for_another_platform_is_refused_with_the_way_out(site: Site, tag: str) -> None:
    with pytest.raises(BuildError, match="compiled for another platform") as caught:
        build(site, project(site, BACKEND.replace("py3-none-any", tag)))
    assert "pure Python" in caught.value.hint


def test_a_compiled_wheel_that_fits_is_taken(site: Site) -> None:
    tag = "cp312-cp312-linux_aarch64"
    assert build(site, project(site, BACKEND.replace("py3-none-any", tag))).name == f"common-0.1-{tag}.whl"


@pytest.mark.parametrize("other", [{"name": "other"}, {"version": "0.2"}])
def test_a_build_of_something_else_is_refused(site: Site, other: dict[str, str]) -> None:
    with pytest.raises(BuildError, match="another distribution or version"):
        build(site, project(site), **other)


def test_a_locked_sdist_is_fetched_verified_and_built(site: Site) -> None:
    file = site.index.add(make_sdist("common", "0.1", {"pyproject.toml": BUILT_BY_IT, "backend.py": BACKEND}))
    url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    source = Source(kind=SourceKind.SDIST, location=url, identity=f"sha256:{file.sha256}")
    assert build(site, source).name == "common-0.1-py3-none-any.whl"
    file.content += b"\0"
    with pytest.raises(UnsafeWheelError, match="is not the file that was locked"):
        build(site, source)


def test_what_a_project_needs_is_learnt_by_a_build_where_it_is_not_written(site: Site) -> None:
    project(site)
    site.index.wheel("cart", "1.0")
    lock = site.resolve("./libs/common\n").lock
    assert [(d.name, d.version, d.required_by) for d in lock.distributions] == [
        ("cart", "1.0", ("common",)),
        ("common", "0.1", ()),
    ]


def test_a_project_with_static_metadata_is_not_built_to_be_locked(site: Site) -> None:
    project(site, "raise SystemExit('it was run')", BUILT_BY_IT + STATIC)
    assert site.versions("./libs/common\n") == {"common": "0.1"}


@pytest.mark.parametrize(
    ("allowed", "local", "index"),
    [
        ("local", True, False),
        ("none", False, False),
        (("Common",), True, True),
        (("other",), False, False),
        (("local", "other"), True, False),
    ],
)
def test_what_may_be_built(allowed: Any, local: bool, index: bool) -> None:
    spec = spec_of(ARM_312, build_from_source=allowed)
    assert may_build(spec, "common", local=True) == local
    assert may_build(spec, "common", local=False) == index


TREES = st.dictionaries(st.from_regex(r"[ab](/[cd])?", fullmatch=True), st.binary(max_size=3), min_size=1, max_size=4)


def plant(root: Path, files: dict[str, bytes]) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for path, content in files.items():
        place = root / f"{path}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


@given(TREES, TREES)
def test_two_trees_are_the_same_only_if_their_files_are(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("trees")
    one = tree_hash(plant(root / "one", first), root=root)
    backwards = tree_hash(plant(root / "backwards", dict(reversed(first.items()))), root=root)
    other = tree_hash(plant(root / "other", second), root=root)
    assert one == backwards
    assert (one == other) == (first == second)


def test_only_the_owner_s_right_to_execute_counts(tmp_path: Path) -> None:
    root = plant(tmp_path / "tree", {"a": b"1"})
    first = tree_hash(root, root=root)
    (root / "a.py").chmod(0o600)
    os.utime(root / "a.py", (1, 1))
    assert tree_hash(root, root=root) == first
    (root / "a.py").chmod(0o700)
    assert tree_hash(root, root=root) != first


def test_what_tools_leave_behind_does_not_count(tmp_path: Path) -> None:
    root = plant(tmp_path / "tree", {"a": b"1"})
    first = tree_hash(root, root=root)
    left = ("__pycache__/a.pyc", ".git/HEAD", "build/lib/a.py", "dist/a.whl", "a.egg-info/PKG-INFO", ".venv/x")
    for path in (*left, ".lambda-layer-action/report.html"):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text("x")
    assert tree_hash(root, root=root) == first
    (root / "package/build").mkdir(parents=True)
    (root / "package/build/x.py").write_text("x")
    assert tree_hash(root, root=root) != first


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("src/shop", ["python/shop/__init__.py", "python/shop/cart.py"]),
        ("src/*", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/shop/*.py", ["python/__init__.py", "python/cart.py"]),
        ("src/**/*.py", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/tool.py", ["python/tool.py"]),
        ("src/**/*", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/shop/__pycache__/cart.pyc", ["python/cart.pyc"]),
        ("src/", ["python/src/shop/__init__.py", "python/src/shop/cart.py", "python/src/tool.py"]),
    ],
)
def test_where_own_files_go(site: Site, pattern: str, places: list[str]) -> None:
    for path in ("src/shop/__init__.py", "src/shop/cart.py", "src/tool.py", "src/shop/__pycache__/cart.pyc"):
        site.write(path, "x\n")
    assert [file.path for file in own_files(spec_of(ARM_312, include=(pattern,)), site.root)] == places


def test_what_exclude_names_is_left_out_of_own_files_too(site: Site) -> None:
    for path in ("src/shop/cart.py", "src/shop/tests/test_cart.py", "src/tests/all.py"):
        site.write(path, "x\n")
    own = own_files(spec_of(ARM_312, include=("src/*",), exclude=("tests",)), site.root)
    assert [file.path for file in own] == ["python/shop/cart.py"]


def test_an_own_file_is_its_bytes_and_its_mode(site: Site) -> None:
    path = site.write("bin/tool", "#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (file,) = own_files(spec_of(ARM_312, include=("bin/tool",)), site.root)
    assert (file.sha256, file.size, file.executable) == (sha256(b"#!/bin/sh\n").hexdigest(), 10, True)


def test_patterns_that_cannot_be_are_all_told(site: Site) -> None:
    site.write("a/x.py", "1\n")
    site.write("b/x.py", "2\n")
    with pytest.raises(Problems) as caught:
        own_files(spec_of(ARM_312, include=("nowhere", ".", "../secret", "/etc/passwd", "a/x.py", "b/x.py")), site.root)
    told = [problem.message for problem in caught.value.problems]
    assert told == [
        "`include` names nowhere, but no file matches.",
        "`include` names the whole repository.",
        "`include` names ../secret, which lies outside of the repository.",
        "`include` names /etc/passwd, which lies outside of the repository.",
        "Both a/x.py and b/x.py would be python/x.py.",
    ]


@pytest.mark.parametrize("name", ["a" * 300, f"{'a' * 300}/*.py"])
def test_a_name_longer_than_any_file_has_matches_none(site: Site, name: str) -> None:
    with pytest.raises(ConfigError, match="but no file matches"):
        own_files(spec_of(ARM_312, include=(name,)), site.root)


@pytest.mark.parametrize("name", [b"b\xff.py", b"a\nb.py", b"a\\b.py"])
def test_an_own_file_whose_name_no_layer_may_hold_is_told(site: Site, name: bytes) -> None:
    (site.root / "src").mkdir()
    (site.root / "src" / os.fsdecode(name)).write_text("x")
    with pytest.raises(ConfigError, match="is a name that no layer may hold"):
        own_files(spec_of(ARM_312, include=("src",)), site.root)


def test_a_pipe_is_not_waited_for(site: Site) -> None:
    (site.root / "src").mkdir()
    os.mkfifo(site.root / "src/pipe")
    with pytest.raises(ConfigError, match="pipe is a pipe, a socket or a device"):
        own_files(spec_of(ARM_312, include=("src",)), site.root)
    with pytest.raises(ConfigError, match="pipe is a pipe, a socket or a device"):
        tree_hash(site.root, root=site.root)


def test_a_link_out_of_the_repository_is_not_included(site: Site) -> None:
    (site.cache.parent / "secret").write_text("hunter2")
    (site.root / "link").symlink_to(site.cache.parent / "secret")
    with pytest.raises(ConfigError, match="out of the repository"):
        own_files(spec_of(ARM_312, include=("link",)), site.root)


def link(site: Site, path: str, to: str | Path) -> None:
    place = site.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to)


def included(site: Site, *patterns: str) -> list[str]:
    return [file.path for file in own_files(spec_of(ARM_312, include=patterns), site.root)]


def test_a_link_to_a_folder_of_the_repository_is_followed(site: Site) -> None:
    site.write("shared/rates/tax.py", "rate = 0.2\n")
    site.write("src/shop/cart.py", "x\n")
    link(site, "src/shop/rates", "../../shared/rates")
    assert included(site, "src/shop") == ["python/shop/cart.py", "python/shop/rates/tax.py"]


def test_links_that_lead_back_end(site: Site) -> None:
    site.write("src/shop/cart.py", "x\n")
    link(site, "src/shop/self", ".")
    link(site, "src/shop/up", "..")
    link(site, "src/shop/deep/down", "../..")
    assert included(site, "src/shop") == ["python/shop/cart.py"]


def test_links_that_multiply_without_end_are_refused(site: Site) -> None:
    site.write("src/shop/a0/cart.py", "x\n")
    for number in range(18):
        for name in ("one", "two"):
            link(site, f"src/shop/a{number + 1}/{name}", f"../a{number}")
    with pytest.raises(ConfigError, match="more than 1000 links"):
        included(site, "src/shop")


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("../../../secret", "a link out of the repository"),
        ("/proc/self/environ", "a link out of the repository"),
        ("../../.git/config", "a link out of the repository"),
        ("../../.git", "a link out of the repository"),
        ("gone.py", "a link to nothing"),
        ("leak", "a link to nothing"),
    ],
)
def test_a_link_to_what_is_not_of_the_repository_goes_into_no_layer_and_no_build(
    site: Site, to: str, says: str
) -> None:
    source = project(site)
    (site.root.parent / "secret").write_text("hunter2")
    site.write(".git/config", "token = hunter2\n")
    link(site, "libs/common/leak", to)
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}") as caught:
        included(site, "libs/common")
    assert caught.value.hint
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}"):
        build(site, source)
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}"):
        local_identity(site.root / "libs/common", root=site.root)


def test_a_project_is_built_with_the_folders_that_it_links_to(site: Site) -> None:
    site.write("shared/rates.py", "rate = 0.2\n")
    (site.root / "libs/common").mkdir(parents=True)
    link(site, "libs/common/shared", "../../shared")
    wheel = build(site, project(site, BACKEND.replace('return "pass"', 'return open("shared/rates.py").read()')))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("common.py") == b"rate = 0.2\n"


def test_gits_own_folder_is_no_place_for_requirements(site: Site) -> None:
    site.write(".git/config", "token = hunter2\n")
    with pytest.raises(ConfigError, match="outside of the repository"):
        site.inputs("-r .git/config\n")


@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("place", ["index", "address", "path"])
def test_an_sdist_that_is_a_zip_is_locked_and_built(site: Site, place: str, static: bool) -> None:
    members = {"pyproject.toml": BUILT_BY_IT, "backend.py": BACKEND.replace("Requires-Dist: cart", "License: MIT")}
    file = site.index.add(make_zipped_sdist("common", "0.1", members, static=static))
    (site.root / "libs").mkdir()
    (site.root / "libs" / file.filename).write_bytes(file.content)
    address = f"common @ {site.index.url.removesuffix('/simple')}/files/{file.filename}"
    text = {"index": "common", "address": address, "path": f"./libs/{file.filename}"}[place]
    [found] = site.resolve(f"{text}\n", build_from_source=("common",)).lock.distributions
    assert isinstance(found.origin, Source)
    assert (found.version, found.origin.identity) == ("0.1", f"sha256:{file.sha256}")
    assert build(site, found.origin).name == "common-0.1-py3-none-any.whl"


FROM_HISTORY = {
    "setuptools-scm": (
        '["setuptools", "setuptools-scm"]',
        "setuptools.build_meta",
        "[tool.setuptools_scm]\n",
        'fallback_version = "1.0"\n',
    ),
    "hatch-vcs": (
        '["hatchling", "hatch-vcs"]',
        "hatchling.build",
        '[tool.hatch.version]\nsource = "vcs"\n',
        'fallback-version = "1.0"\n',
    ),
}


@pytest.mark.index
@pytest.mark.parametrize("tool", FROM_HISTORY)
def test_a_project_whose_version_is_in_gits_history_tells_the_way_out_and_takes_it(site: Site, tool: str) -> None:
    requires, backend, table, fallback = FROM_HISTORY[tool]
    head = f'[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n[project]\nname = "common"\n'
    site.write("libs/common/common.py", "x = 1\n")
    site.write("libs/common/pyproject.toml", f'{head}dynamic = ["version"]\n{table}')
    site.env = {**os.environ, "HOME": str(site.cache)}
    path = site.root / "libs/common"

    def built() -> Path:
        identity = local_identity(path, root=site.root)
        return build(site, Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=identity), version="")

    with pytest.raises(BuildError, match="could not be built") as caught:
        built()
    assert "version comes from git's history" in caught.value.hint
    site.write("libs/common/pyproject.toml", f'{head}dynamic = ["version"]\n{table}{fallback}')
    assert built().name.startswith("common-1.0-")


def test_a_build_backend_comes_from_an_index_of_ones_own_authority_whoever_may_read_its_file(
    site: Site, tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path)
    certificates.authority.chmod(0o600)
    source = project(site, "", '[build-system]\nrequires = ["maker"]\nbuild-backend = "maker"\n')
    with running_index(certificates.server_context(asks_client=False)) as index:
        index.wheel("maker", "1.0", files={"maker.py": BACKEND})
        site.env |= {"PIP_INDEX_URL": index.url, "SSL_CERT_FILE": str(certificates.authority)}
        assert build(site, source).name == "common-0.1-py3-none-any.whl"
        site.env["SSL_CERT_FILE"] = str(tmp_path / "gone.pem")
        with pytest.raises(BuildError, match=r"gone\.pem cannot be read"):
            build(site, source)
