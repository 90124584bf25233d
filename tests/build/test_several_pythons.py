"""Sources that several Pythons make other wheels of, or that need other things on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action import strangers
from layer_action.build.builder import WheelBuilder
from layer_action.build.sources.interpreter import any_python
from layer_action.build.sources.origin import Origins, Tools
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import BuildError
from layer_action.http import Http
from layer_action.model.layer import Artifact, LayerContent
from layer_action.model.target import Architecture, Target
from tests.build.shelf import tree
from tests.build.sources import BACKEND, STATIC, layer_of, project
from tests.build.workshop import Site
from tests.fakes import RecordingConsole

OLD, NEW = (Target(runtime=f"python3.{minor}", architecture=Architecture.X86_64) for minor in (12, 13))
MADE_BY = BACKEND.replace('return "pass"', "return os.environ['MADE_BY']")
NEEDS_BY = BACKEND.replace('"Requires-Dist: cart"', "'Requires-Dist: for-' + os.environ['MADE_BY']")


SAYS = """#!/bin/sh
case "$*" in *sys.version_info*) echo cpython {0}; exit;; esac
MADE_BY={0} exec {1} "$@"
"""


@pytest.fixture(name="site")
def site_with_pythons(site: Site) -> Iterator[Site]:
    """Bring two interpreters that are told apart by what they set."""
    true = any_python(OLD, site.env).pip[0]
    with strangers.folder_of_strangers() as folder:
        for target in (OLD, NEW):
            python = folder / f"python{target.python}"
            python.write_text(SAYS.format(target.python, true))
            python.chmod(0o755)
        folder.chmod(0o755)
        site.env["PATH"] = f"{folder}:{site.env['PATH']}"
        yield site


def layer(site: Site, backend: str, *targets: Target) -> LayerContent:
    return layer_of(project(site, backend), "common", "0.1", *targets)


def build_layer(site: Site, content: LayerContent) -> Artifact:
    http = Http(site.env, attempts=1)
    builder = WheelBuilder(env=site.env, cache=site.cache, http=http, console=RecordingConsole())
    return builder.build(content, site.root, site.cache / "out")


def build(site: Site, content: LayerContent) -> Path:
    return build_layer(site, content).path


def test_one_zip_is_refused_where_pythons_make_other_wheels(site: Site) -> None:
    with pytest.raises(BuildError, match=r"common, .* is another wheel for 3\.13 x86_64 than for 3\.12"):
        build(site, layer(site, MADE_BY, OLD, NEW))


@pytest.mark.parametrize("target", [OLD, NEW])
def test_each_python_has_its_own_wheel(site: Site, target: Target) -> None:
    build(site, layer(site, MADE_BY, OLD if target is NEW else NEW))
    assert tree(build(site, layer(site, MADE_BY, target)))["common.py"] == target.python.encode()


def test_one_zip_holds_what_is_the_same_for_all(site: Site) -> None:
    assert tree(build(site, layer(site, BACKEND, OLD, NEW)))["common.py"] == b"pass"


def test_the_oldest_python_compiles_for_all_in_whatever_order_they_are_named(site: Site) -> None:
    backend = MADE_BY.replace("py3-none-any", "cp312-abi3-manylinux_2_17_x86_64")
    one, other = layer(site, backend, OLD, NEW), layer(site, backend, NEW, OLD)
    assert build(site, one).read_bytes() == build(site, other).read_bytes()
    assert tree(build(site, other))["common.py"] == OLD.python.encode()


def test_the_place_of_a_build_makes_no_wheel_another(site: Site) -> None:
    backend = BACKEND.replace('return "pass"', "return os.getcwd()")
    assert tree(build(site, layer(site, backend, OLD, NEW)))["common.py"]


def needs(site: Site, target: Target, pyproject: str = "") -> tuple[str, ...]:
    source = project(site, NEEDS_BY, pyproject) if pyproject else project(site, NEEDS_BY)
    origins = Origins(
        Tools(env=site.env, http=Http(site.env, attempts=1), cache=site.cache), root=site.root, folder=site.cache
    )
    return origins.metadata(source, Wanted(name="common", version="", target=target)).requires


def test_what_only_a_build_tells_is_asked_of_each_python(site: Site) -> None:
    site.cache.mkdir(exist_ok=True)
    assert [needs(site, target) for target in (OLD, NEW, OLD)] == [("for-3.12",), ("for-3.13",), ("for-3.12",)]


def test_what_is_stated_is_the_same_for_each_python(site: Site) -> None:
    site.cache.mkdir(exist_ok=True)
    assert [needs(site, target, STATIC) for target in (OLD, NEW)] == [(), ()]
