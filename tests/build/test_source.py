"""Sources, and how they become wheels."""

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from layer_action import strangers
from layer_action.build.asking.projects import local_identity
from layer_action.build.sources.origin import may_build
from layer_action.build.sources.source import SourceBuilder
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import BuildError, UnsafeWheelError
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.record import replace
from tests.build.sources import BACKEND, BUILT_BY_IT, STATIC, build, layer_of, project
from tests.build.test_several_pythons import build_layer
from tests.build.workshop import ARM_312, Site, spec_of
from tests.standins.certificates import make_certificates
from tests.standins.index import make_sdist, make_zipped_sdist, running_index


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
    assert told.startswith("(65533," if strangers.may_drop_rights() else f"({os.geteuid()},")


def test_a_project_is_built_in_the_same_place_by_whoever_builds_it_also_at_the_same_time(site: Site) -> None:
    source = project(site, BACKEND.replace('return "pass"', "return repr(os.getcwd())"))
    with ThreadPoolExecutor() as pool:
        built = list(pool.map(lambda name: build(site, source, into=site.cache / name).read_bytes(), "ab"))
    assert built[0] == built[1]


WITH_LOGIN = "https://me:secret@example.com/simple"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"UV_DEFAULT_INDEX": WITH_LOGIN}, ["build-asks-public-index"]),
        ({"UV_DEFAULT_INDEX": WITH_LOGIN, "PIP_INDEX_URL": "https://example.com/simple"}, []),
        ({}, []),
    ],
)
def test_where_the_index_needs_a_login_it_is_told_that_builds_ask_the_public_one(
    site: Site, variables: dict[str, str], told: list[str]
) -> None:
    del site.env["UV_DEFAULT_INDEX"]
    site.env |= variables
    content = layer_of(project(site, BACKEND.replace("Requires-Dist: cart", "")), "common", "0.1", ARM_312)
    findings = build_layer(site, content).findings
    assert [each.check for each in findings if each.check != "built-by-another-python"] == told
    assert "secret" not in str(findings)


def test_what_a_build_is_brought_lies_in_the_same_place_each_time(site: Site) -> None:
    site.index.wheel("header", "1.0")
    backend = "import header\n" + BACKEND.replace('return "pass"', "return header.__file__")
    source = project(site, backend, BUILT_BY_IT.replace("[]", '["header"]'))
    told = [build(site, source, into=site.cache / name).read_bytes() for name in "ab"]
    assert told[0] == told[1]


def test_a_source_that_several_layers_wait_for_is_built_once(site: Site) -> None:
    source = project(site, BACKEND.replace('return "pass"', "return os.urandom(8).hex()"))
    wanted = Wanted(name="common", version="0.1", target=ARM_312)
    builder = SourceBuilder(site.env, Http(site.env, attempts=1), site.cache)
    with ThreadPoolExecutor() as pool:
        wheels = list(
            pool.map(lambda name: builder.wheel(source, wanted, root=site.root, into=site.cache / name), "ab")
        )
    assert wheels[0].path.read_bytes() == wheels[1].path.read_bytes()


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


def test_a_build_that_needs_more_than_its_source_said_is_refused(site: Site) -> None:
    source = project(site, pyproject=BUILT_BY_IT + STATIC)  # the backend writes that it needs cart
    lock = site.resolve("./libs/common\n").lock
    with pytest.raises(BuildError, match=r"common 0\.1 needs cart, which is not in the lock"):
        build_layer(site, replace(layer_of(source, "common", "0.1", ARM_312), lock=lock))


@pytest.mark.parametrize("key", ["dependencies", "optional-dependencies.more"])
def test_dependencies_in_a_file_that_a_build_does_not_see_are_told(site: Site, key: str) -> None:
    site.write("requirements.txt", "six\n")
    dynamic = f'[tool.setuptools.dynamic]\n{key} = {{file = ["../../requirements.txt"]}}\n'
    with pytest.raises(BuildError, match=r"libs/common reads its dependencies from \.\./\.\./requirements\.txt"):
        build(site, project(site, pyproject=BUILT_BY_IT + dynamic))


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
