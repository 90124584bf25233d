"""Fixtures of the building rooms."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build.workshop import Site
from tests.standins.index import Index, running_index


@pytest.fixture
def index() -> Iterator[Index]:
    with running_index() as running:
        yield running


@pytest.fixture
def site(index: Index, tmp_path: Path) -> Site:
    root = tmp_path / "repository"
    root.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", **index.env()}
    env["UV_PYTHON_DOWNLOADS"] = "never"
    return Site(root=root, index=index, cache=tmp_path / "cache", env=env)
