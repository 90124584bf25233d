"""A repository with one layer, and one local AWS for all tests here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.github.session import Patience
from tests.cli.door import CONFIG, Door
from tests.end_to_end.checkout import Checkout
from tests.standins.descriptions import read_once
from tests.standins.ministack import MinistackServer, executable, ministack

read_once()


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the machine's own AWS settings: botocore looks for them by itself."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture(autouse=True)
def _nobody_waits_for_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again as often as ever, and at once: a GitHub that fails is one of ours."""
    impatient = Patience(between_writes=0.0, backoff=0.001)
    monkeypatch.setattr("layer_action.github.session.PATIENCE", impatient)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """Return a repository whose one commit declares the layer `parcel`, locked to one tiny wheel."""
    root = tmp_path / "shop"
    root.mkdir()
    checkout = Checkout(root=root)
    checkout.write(".github/lambda-layers.yml", CONFIG)
    checkout.lock_wheel("parcel", "parcel", "1.0.0")
    checkout.commit("Declare the layer")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "INPUT_CACHE-DIR": str(tmp_path / "cache")}
    return Door(checkout=checkout, folder=tmp_path, env=env)


@pytest.fixture(scope="session")
def running_aws() -> Iterator[MinistackServer]:
    if executable() is None:
        pytest.skip("ministack is not installed: `make test` installs it")
    with ministack() as server:
        yield server


@pytest.fixture
def connected(running_aws: MinistackServer, door: Door) -> Door:
    """Return the door with credentials for an empty AWS."""
    running_aws.reset()
    door.env.update(running_aws.env)
    return door
