"""The same adapters against a GitHub that is not ours."""

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from github import Github

from layer_action.github.contents import ApiTree
from layer_action.github.pull_requests import GitHubPullRequests
from layer_action.github.releases import GitHubReleases
from layer_action.github.reviews import GitHubReviews, RunStamp
from layer_action.github.session import connect
from layer_action.http import Http
from layer_action.model.proposal import Proposal
from layer_action.ports.repository import Release
from tests.github.conftest import IMPATIENT
from tests.standins.emulate import OWNER, OWNERS_TOKEN, REPOSITORY, TOKEN, Emulate, MissingError, emulate

pytestmark = pytest.mark.node

MARKER = "<!-- lambda-layer-action: -->"


@pytest.fixture(scope="module")
def other() -> Iterator[Emulate]:
    try:
        with emulate() as running:
            yield running
    except MissingError as error:
        if "node" in os.environ.get("LAMBDA_LAYER_ACTION_REQUIRE", ""):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def client(other: Emulate) -> Iterator[Github]:
    with connect(other.env, TOKEN, patience=IMPATIENT) as session:
        yield session


def test_it_listens_on_loopback_only(other: Emulate) -> None:
    port = urlsplit(other.url).port
    assert port
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as probe:
            assert probe.connect_ex((address, port)) != 0


def test_a_comment_is_created_once_and_edited_in_place(other: Emulate, client: Github) -> None:
    number = other.open_pull_request()
    for run in (10, 11, 12):
        reviews = GitHubReviews(client, REPOSITORY, run=RunStamp(run, 1))
        url = reviews.upsert(number, marker=MARKER, body=f"{MARKER}\nrun {run}", create=True)
        assert isinstance(url, str), url
    comments = other.call("GET", f"/repos/{REPOSITORY}/issues/{number}/comments")
    assert [comment["body"].splitlines()[1] for comment in comments] == ["run 12"]
    assert comments[0]["user"]["login"] == "github-actions[bot]"


def test_a_release_gets_its_assets_and_is_published(other: Emulate, client: Github, tmp_path: Path) -> None:
    (tmp_path / "http.zip").write_bytes(b"zip")
    wanted = Release(
        tag="http/v1.0.0", title="http 1.0.0", body="n", prerelease=False, latest=False, assets=(tmp_path / "http.zip",)
    )
    for _ in range(2):
        GitHubReleases(client, REPOSITORY).publish(wanted)
    (release,) = other.call("GET", f"/repos/{REPOSITORY}/releases")
    assert not release["draft"]
    assert [asset["name"] for asset in release["assets"]] == ["http.zip"]


def test_ancestry_comes_from_the_comparison(other: Emulate, client: Github) -> None:
    commits = other.call("GET", f"/repos/{REPOSITORY}/commits")
    tree = ApiTree(client, REPOSITORY, Http({}))
    assert tree.is_ancestor(commits[-1]["sha"], "main") is True


def test_a_pull_request_of_our_own_is_opened_once(other: Emulate) -> None:
    head = other.call("GET", f"/repos/{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
    proposal = Proposal(
        branch="pins", base="main", commit=head, title="Pin http", body="b", files={"infra/app.yaml": b"http:15\n"}
    )
    # there, only the owner may write to the git database
    with connect(other.env, OWNERS_TOKEN, patience=IMPATIENT) as owner:
        urls = {GitHubPullRequests(owner, REPOSITORY).propose(proposal) for _ in range(2)}
    pulls = other.call("GET", f"/repos/{REPOSITORY}/pulls?state=open&head={OWNER}:pins")
    assert {pull["html_url"] for pull in pulls} == urls
    written = other.call("GET", f"/repos/{REPOSITORY}/contents/infra/app.yaml?ref=pins")
    assert base64.b64decode(written["content"]) == b"http:15\n"
