"""Resolving against the real package index: a few layers that teams really have."""

import os
from pathlib import Path
from typing import Any

import pytest

from layer_action.build.resolve import UvResolver
from layer_action.build.wheels.fit import fits
from layer_action.errors import ResolutionError
from layer_action.http import Http
from layer_action.model.lock import Lock, Wheel
from layer_action.model.target import RUNTIMES, Architecture, Target
from layer_action.ports.building import Preferences
from tests.build.workshop import ARM_312, X86_311, spec_of
from tests.fakes import RecordingConsole

pytestmark = pytest.mark.index


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> UvResolver:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return UvResolver(env=env, cache=tmp_path_factory.mktemp("cache"), http=Http(env), console=RecordingConsole())


def lock(resolver: UvResolver, root: Path, text: str, target: Target, **overrides: Any) -> Lock:
    (root / "requirements.txt").write_text(text)
    return resolver.resolve(spec_of(target, **overrides), target, root, Preferences(versions={})).lock


def filename(found: Lock, name: str) -> str:
    distribution = found.get(name)
    assert distribution is not None
    assert isinstance(distribution.origin, Wheel)
    return distribution.origin.filename


@pytest.mark.parametrize("name", ["numpy", "pandas", "cryptography"])
def test_amazon_linux_2_gets_wheels_that_run_there(resolver: UvResolver, tmp_path: Path, name: str) -> None:
    found = lock(resolver, tmp_path, name, X86_311)
    assert all(fits(filename(found, each.name), X86_311) for each in found.distributions)


@pytest.mark.parametrize("runtime", sorted(RUNTIMES))
@pytest.mark.parametrize("architecture", list(Architecture))
def test_requests_resolves_for_every_target(
    resolver: UvResolver, tmp_path: Path, runtime: str, architecture: Architecture
) -> None:
    found = lock(resolver, tmp_path, "requests", Target(runtime=runtime, architecture=architecture))
    assert [each.name for each in found.distributions if each.direct] == ["requests"]
    assert {each.name for each in found.distributions} == {
        "certifi",
        "charset-normalizer",
        "idna",
        "requests",
        "urllib3",
    }


def test_markers_of_real_packages_are_those_of_the_target(resolver: UvResolver, tmp_path: Path) -> None:
    old = Target(runtime="python3.9", architecture=Architecture.ARM64)
    names = {each.name for each in lock(resolver, tmp_path, "pytest==8.3.5\n", old).distributions}
    assert {"tomli", "exceptiongroup"} <= names
    assert "colorama" not in names
    names = {each.name for each in lock(resolver, tmp_path, "pytest==8.3.5\n", ARM_312).distributions}
    assert not {"tomli", "exceptiongroup", "colorama"} & names


def test_a_pin_without_a_wheel_names_the_newest_version_that_has_one(resolver: UvResolver, tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match=r"numpy 2\.4\.6 has no wheel that fits") as caught:
        lock(resolver, tmp_path, "numpy==2.4.6\n", X86_311)
    assert "newest version with a wheel that fits is 2.2.6" in caught.value.hint


def test_an_allowed_sdist_of_the_index_is_locked(resolver: UvResolver, tmp_path: Path) -> None:
    found = lock(resolver, tmp_path, "docopt==0.6.2\n", ARM_312, build_from_source=("docopt",)).get("docopt")
    assert found is not None
    assert found.identity == "sha256:49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491"
