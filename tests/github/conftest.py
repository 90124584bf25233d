"""A GitHub of our own, and a client that does not wait."""

from collections.abc import Iterator

import pytest
from github import Github

from layer_action.github.session import Patience, connect
from tests.standins.github.server import FakeGitHub

IMPATIENT = Patience(
    between_requests=0, between_writes=0, secondary_limit=0.01, longest=0.5, backoff=0.001, attempts=3, timeout=5
)


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A running stand-in; at the end, every request must have been one that GitHub's description allows."""
    with FakeGitHub() as running:
        yield running
    assert running.violations == []


@pytest.fixture
def session(hub: FakeGitHub) -> Iterator[Github]:
    """A client with a token that may write."""
    with connect(hub.env, "writer", patience=IMPATIENT) as client:
        yield client
