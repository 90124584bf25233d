"""What several modules of these tests begin with: a server of files, and a team's repository."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from layer_action.repository.checkout import GitRepository
from tests.end_to_end.checkout import Checkout
from tests.standins.files import Files, serve
from tests.unit.getting import BODY


@pytest.fixture
def files() -> Iterator[Files]:
    with serve(Files(content={"/a.whl": BODY, "/small": b"0123456789"})) as served:
        yield served


@pytest.fixture
def team(tmp_path: Path) -> Checkout:
    (tmp_path / "team").mkdir()
    team = Checkout(root=tmp_path / "team")
    team.write("layers/http/requirements.txt", "requests==2.31.0\n")
    team.commit("begin")
    return team


@pytest.fixture
def repository(team: Checkout) -> Iterator[GitRepository]:
    with closing(GitRepository(team.root, env=os.environ)) as repository:
        yield repository


@pytest.fixture
def library(tmp_path: Path, team: Checkout) -> Checkout:
    """A submodule of the team's repository, at `libs/shop`."""
    (tmp_path / "library").mkdir()
    library = Checkout(root=tmp_path / "library")
    library.write("shop.py", "version = 1\n")
    library.commit("begin")
    team.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "libs/shop")
    team.commit("add the library")
    return library
