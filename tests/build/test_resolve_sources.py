"""Resolving what is no wheel of an index: sdists, projects of the repository, files and addresses."""

import hashlib
from contextlib import nullcontext

import pytest

from layer_action.errors import ConfigError, Location, Problems, ResolutionError
from layer_action.model.lock import Source, SourceKind, Wheel
from tests.build.workshop import PROJECT, Site
from tests.standins.files import Files, serve
from tests.standins.index import make_sdist
from tests.standins.rawzip import raw_wheel
from tests.standins.wheels import make_wheel

BUILD = {"setup.py": "raise SystemExit('it was run')\n"}


def test_source_only_is_refused_with_the_way_out(site: Site) -> None:
    site.index.add(make_sdist("docs", "1.0", BUILD))
    with pytest.raises(ResolutionError, match=r"docs 1\.0 has no wheel .* source code only") as caught:
        site.resolve("docs==1.0\n")
    assert "build-from-source: [local, docs]" in caught.value.hint


def test_an_allowed_sdist_is_locked_by_its_hash_without_being_run(site: Site) -> None:
    file = site.index.add(make_sdist("docs", "1.0", BUILD, requires=["cart"]))
    site.index.wheel("cart", "1.0")
    lock = site.resolve("docs\n", build_from_source=("docs",)).lock
    found = lock.get("docs")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert (found.origin.kind, found.identity) == (SourceKind.SDIST, f"sha256:{file.sha256}")
    assert lock.get("cart") is not None


@pytest.mark.parametrize("asked", ["shop @ {0}\n", "./libs/common\n", "./till-1.0-py3-none-any.whl\n"])
def test_a_file_at_an_address_is_the_one_that_is_there_now_whoever_asks_for_it(site: Site, asked: str) -> None:
    name = "shop-1.0-py3-none-any.whl"
    with serve(Files(content={}, max_age=600)) as files:
        need = f"shop @ {files.url}/{name}"
        site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", f'["{need}"]'))
        (site.root / "till-1.0-py3-none-any.whl").write_bytes(make_wheel("till", "1.0", {}, requires=[need]))
        for content in (make_wheel("shop", "1.0", {"shop.py": text}) for text in ("one", "two")):
            files.content[f"/{name}"] = content
            found = site.resolve(asked.format(f"{files.url}/{name}")).lock.get("shop")
            assert found is not None
            assert found.identity == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_wheel_of_the_repository_is_read_by_us_since_uv_reads_fewer_zips(site: Site) -> None:
    (site.root / "pkg-1.0-py3-none-any.whl").write_bytes(raw_wheel(prefix=b"#!/bin/sh\n"))
    found = site.resolve("./pkg-1.0-py3-none-any.whl\n").lock.get("pkg")
    assert found is not None
    assert isinstance(found.origin, Wheel)
    assert found.origin.filename == "pkg-1.0-py3-none-any.whl"


def test_a_wheel_of_the_repository_for_another_machine_is_refused(site: Site) -> None:
    (site.root / "pkg-1.0-cp312-cp312-win_amd64.whl").write_bytes(raw_wheel())
    with pytest.raises(ResolutionError, match="pkg") as caught:
        site.resolve("./pkg-1.0-cp312-cp312-win_amd64.whl\n")
    assert caught.value.location == Location("requirements.txt", 1)


def test_a_project_of_the_repository_is_its_tree_and_brings_what_it_needs(site: Site) -> None:
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["cart"]'))
    site.index.wheel("cart", "1.0")
    site.index.wheel("common", "9.9")
    lock = site.resolve("-e ./libs/common\n").lock
    found = lock.get("common")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert (found.version, found.origin.location, found.direct) == ("0.1", "libs/common", True)
    assert found.identity.startswith("tree:")
    assert "/simple/common/" not in site.index.requests


NEIGHBOUR = {
    "uv": ('["base"]', '[tool.uv.sources]\nBase = {path = "../base"}\n'),
    "a workspace of uv": ('["base"]', "[tool.uv.sources]\nbase = {workspace = true}\n"),
    "Poetry": ('["base"]', '[tool.poetry.dependencies]\nbase = {path = "../base", develop = true}\n'),
    "PDM": ('["base @ file:///${PROJECT_ROOT}/../base"]', ""),
    "Hatch": ('["base @ {root:parent:uri}/base"]', ""),
    "a relative URL": ("[\"base @ file:../base ; python_version >= '3'\"]", ""),
}


@pytest.mark.parametrize("tool", NEIGHBOUR)
def test_projects_that_need_one_another_never_come_from_the_index(site: Site, tool: str) -> None:
    needs, sources = NEIGHBOUR[tool]
    site.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["libs/*"]\n')
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", needs) + sources)
    site.write("libs/base/pyproject.toml", PROJECT.format("base", "3.0", "[]"))
    site.index.wheel("base", "9.9")
    lock = site.resolve("./libs/common\n").lock
    found = lock.get("base")
    assert found is not None
    assert (found.version, found.required_by) == ("3.0", ("common",))
    assert "/simple/base/" not in site.index.requests


def test_inputs_name_the_projects_of_the_repository_that_they_count(site: Site) -> None:
    sources = '[tool.uv.sources]\nbase = {path = "../base"}\n'
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["base"]') + sources)
    site.write("libs/base/pyproject.toml", PROJECT.format("base", "3.0", "[]"))
    assert sorted(site.inputs("./libs/common\nsix\n").projects) == ["libs/base", "libs/common"]


def test_a_project_that_another_needs_and_that_is_not_there_is_told(site: Site) -> None:
    sources = '[tool.uv.sources]\nbase = {path = "../base"}\n'
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["base"]') + sources)
    with pytest.raises(ConfigError, match="libs/base, which libs/common needs, does not exist") as caught:
        site.inputs("\n./libs/common\n")
    assert caught.value.location == Location("requirements.txt", 2)


def test_a_project_that_is_no_member_of_the_workspace_that_it_comes_from_is_told_unless_its_path_is_named(
    site: Site,
) -> None:
    sources = "[tool.uv.sources]\nbase = {workspace = true}\n"
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["base"]') + sources)
    site.write("base/pyproject.toml", PROJECT.format("base", "3.0", "[]"))
    with pytest.raises(ConfigError, match="base, which libs/common takes from its workspace, is no member of one"):
        site.inputs("./libs/common\n")
    assert sorted(site.inputs("./libs/common\n./base\n").projects) == ["base", "libs/common"]


KIND = {
    "git": ('{git = "https://git.example/base", rev = "abc"}', "base @ git+https://git.example/base@abc"),
    "url": ('{url = "https://index.example/base-1.0.tar.gz"}', "base @ https://index.example/base-1.0.tar.gz"),
    "index": ('{index = "own"}', "base @ URL"),
}


@pytest.mark.parametrize("kind", KIND)
def test_a_project_that_takes_what_it_needs_from_elsewhere_never_gets_the_indexs_of_that_name(
    site: Site, kind: str
) -> None:
    said, line = KIND[kind]
    sources = f"[tool.uv.sources]\nBase = {said}\n"
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["base"]') + sources)
    with pytest.raises(ConfigError, match="The source of base") as caught:
        site.inputs("./libs/common\n")
    text = (site.root / "libs/common/pyproject.toml").read_text().splitlines()
    assert caught.value.location == Location("libs/common/pyproject.toml", text.index(f"Base = {said}") + 1)
    assert f"`{line}`" in caught.value.hint
    assert site.inputs(f"./libs/common\n{line.replace('URL', 'https://index.example/base-1.0.tar.gz')}\n")


def test_a_member_takes_from_elsewhere_what_its_workspace_does(site: Site) -> None:
    site.write(
        "pyproject.toml", '[tool.uv.workspace]\nmembers = ["libs/*"]\n[tool.uv.sources]\nbase = {index = "own"}\n'
    )
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["base"]'))
    with pytest.raises(ConfigError, match="The source of base") as caught:
        site.inputs("./libs/common\n")
    assert caught.value.location == Location("pyproject.toml", 4)


@pytest.mark.parametrize(("asked", "refused"), [("./libs/common", False), ("./libs/common[gpu]", True)])
def test_the_source_of_what_only_an_extra_needs_counts_with_that_extra(site: Site, asked: str, refused: bool) -> None:
    sources = '[project.optional-dependencies]\ngpu = ["torch"]\n[tool.uv.sources]\ntorch = {index = "own"}\n'
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]") + sources)
    with pytest.raises(ConfigError, match="source of torch") if refused else nullcontext():
        site.inputs(f"{asked}\n")


def test_a_project_is_refused_where_nothing_may_be_built(site: Site) -> None:
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    with pytest.raises(ConfigError, match="common would have to be built from source") as caught:
        site.resolve("\n./libs/common\n", build_from_source="none")
    assert caught.value.location == Location("requirements.txt", 2)


def test_a_wheel_file_of_the_repository_is_taken_as_it_is(site: Site) -> None:
    file = site.index.wheel("cart", "1.0", "tax")
    site.index.wheel("tax", "1.0")
    (site.root / "wheels").mkdir()
    (site.root / "wheels" / file.filename).write_bytes(file.content)
    found = site.resolve(f"./wheels/{file.filename}\n").lock.get("cart")
    assert found is not None
    assert isinstance(found.origin, Wheel)
    assert (found.origin.sha256, found.origin.url) == (
        file.sha256,
        (site.root / "wheels" / file.filename).as_uri(),
    )


def test_a_wheel_by_its_url_is_locked_with_its_hash(site: Site) -> None:
    file = site.index.wheel("cart", "1.0", "tax")
    site.index.wheel("tax", "1.0")
    found = site.resolve(f"cart @ http://127.0.0.1:{site.index.port}/files/{file.filename}\n").lock.get("cart")
    assert found is not None
    assert isinstance(found.origin, Wheel)
    assert (found.origin.filename, found.origin.sha256) == (file.filename, file.sha256)


def test_a_source_that_is_not_the_version_asked_for_is_refused(site: Site) -> None:
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    with pytest.raises(ResolutionError, match=r"common>=1 is asked for, but its source is 0\.1"):
        site.resolve("./libs/common\ncommon>=1\n")


def test_all_sources_that_must_not_be_built_are_told_at_once(site: Site) -> None:
    for name in ("one", "two"):
        site.write(f"libs/{name}/pyproject.toml", PROJECT.format(name, "0.1", "[]"))
    with pytest.raises(Problems) as caught:
        site.resolve("./libs/one\n./libs/two\n", build_from_source="none")
    assert [problem.location for problem in caught.value.problems] == [
        Location("requirements.txt", 1),
        Location("requirements.txt", 2),
    ]


def test_source_code_at_an_address_that_a_wheel_at_an_address_names_is_told_as_that(site: Site) -> None:
    place = f"http://127.0.0.1:{site.index.port}/files"
    docs = site.index.add(make_sdist("docs", "1.0", BUILD))
    shop = site.index.wheel("shop", "1.0", f"docs @ {place}/{docs.filename}")
    error = site.refusal(f"shop @ {place}/{shop.filename}\n")
    assert error.message.startswith("docs 1.0 has no wheel that fits 3.12 arm64. It has source code only.")
    assert error.location == Location("requirements.txt", 1)
