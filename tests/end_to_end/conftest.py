"""A local AWS: ministack for all tests, emptied before each, or a strict one of their own (`scene`)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.checkout import Checkout
from tests.end_to_end.scene import First, Scene, begin, continued
from tests.standins.ministack import MinistackServer, executable, ministack


@pytest.fixture(scope="session")
def running_aws() -> Iterator[MinistackServer]:
    if executable() is None:
        pytest.skip("ministack is not installed: `make test` installs it")
    with ministack() as server:
        yield server


@pytest.fixture
def aws(running_aws: MinistackServer) -> MinistackServer:
    running_aws.reset()
    return running_aws


@pytest.fixture
def checkout(tmp_path: Path, aws: MinistackServer) -> Checkout:
    root = tmp_path / "shop"
    root.mkdir()
    return Checkout(root=root, env={**aws.env, "INPUT_CACHE-DIR": str(tmp_path / "cache")})


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> First:
    return begin(tmp_path_factory.mktemp("first"))


@pytest.fixture
def scene(first: First, tmp_path: Path) -> Iterator[Scene]:
    with continued(first, tmp_path) as found:
        yield found
