"""The client's manners, and refusals in sentences."""

import time
from pathlib import Path

import pytest
from github import Github

from layer_action.errors import GitHubError, TokenPermissionError
from layer_action.github.refusals import RefusedError, translated
from layer_action.github.releases import GitHubReleases
from layer_action.github.reviews import GitHubReviews
from layer_action.github.session import at_host, connect
from layer_action.ports.repository import Release
from tests.github.conftest import IMPATIENT
from tests.standins.github.faults import Fault, cut_off, primary_limit, secondary_limit
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import free_port


def read(session: Github) -> str:
    with translated("read the repository"):
        return session.get_repo("octo/shop").complete().full_name


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(status=503), Fault(status=429), secondary_limit(), cut_off()]
)
def test_a_read_is_repeated(hub: FakeGitHub, session: Github, fault: Fault) -> None:
    hub.faults.add("GET", "shop", fault, times=2)
    assert read(session) == "octo/shop"
    assert len(hub.log) == 3


def test_a_short_wait_that_github_asks_for_is_kept(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("GET", "shop", primary_limit(int(time.time()) - 1))
    assert read(session) == "octo/shop"


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("headers", [{"Retry-After": "3600"}, {}])
def test_an_hour_is_not_slept(hub: FakeGitHub, session: Github, status: int, headers: dict[str, str]) -> None:
    limit = primary_limit(int(time.time()) + 3000, status=status)
    hub.faults.add("GET", "shop", Fault(status=status, message=limit.message, headers={**limit.headers, **headers}))
    started = time.monotonic()
    with pytest.raises(RefusedError, match="rate limit") as caught:
        read(session)
    assert time.monotonic() - started < 5
    assert "UTC" in caught.value.hint
    assert len(hub.log) == 1


def test_attempts_come_to_an_end_with_githubs_own_answer(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("GET", "shop", Fault(status=502), times=50)
    with pytest.raises(RefusedError, match="Server Error") as caught:
        read(session)
    assert caught.value.is_ambiguous
    assert len(hub.log) == IMPATIENT.attempts + 1


@pytest.mark.parametrize("fault", [cut_off(), Fault(drop=True)], ids=["answers are lost", "nothing is done"])
def test_a_github_that_never_answers_is_not_asked_again(hub: FakeGitHub, session: Github, fault: Fault) -> None:
    hub.faults.add("GET", "shop", fault, times=50)
    for _ in range(5):
        with pytest.raises(RefusedError, match="could not be reached"):
            read(session)
    assert len(hub.log) == 3
    with at_host(session, hub.uploads, timeout=5) as uploads, pytest.raises(RefusedError, match="could not be reached"):
        read(uploads)
    assert len(hub.log) == 3


def test_a_github_that_nobody_can_connect_to_costs_one_wait() -> None:
    with connect({"GITHUB_API_URL": f"http://127.0.0.1:{free_port()}"}, "writer") as patient:
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(RefusedError, match="could not be reached"):
                read(patient)
    assert time.monotonic() - started < 5


def test_a_lost_answer_to_a_write_is_no_reason_to_give_up(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("POST", "comments", cut_off())
    with pytest.raises(RefusedError), translated("comment"):
        session.get_repo("octo/shop").get_issue(7).create_comment("Hello")
    assert read(session) == "octo/shop"


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=429), secondary_limit()])
def test_a_github_that_is_ill_is_asked_each_question_once(hub: FakeGitHub, session: Github, fault: Fault) -> None:
    hub.faults.add("GET", "shop", fault, times=IMPATIENT.attempts + 3)
    for _ in range(3):
        with pytest.raises(RefusedError):
            read(session)
    assert len(hub.log) == IMPATIENT.attempts + 3
    assert read(session) == "octo/shop"


@pytest.mark.parametrize(("token", "hint"), [("reader", "contents: write"), ("nonsense", "Leave it out")])
def test_a_token_is_told_what_it_lacks_and_is_not_in_the_error(hub: FakeGitHub, token: str, hint: str) -> None:
    with (
        connect(hub.env, token, patience=IMPATIENT) as session,
        pytest.raises(TokenPermissionError) as caught,
        translated("write", needs=("contents: write",)),
    ):
        session.get_repo("octo/shop").create_git_release("v1", name="x", message="")
    assert hint in caught.value.hint
    assert token not in str(caught.value)
    assert caught.value.exit_code == 5


def test_what_github_answers_is_not_printed(
    hub: FakeGitHub, session: Github, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.faults.add("GET", "shop", Fault(status=403, message="::set-output name=x::y"))
    with pytest.raises(GitHubError):
        read(session)
    assert capsys.readouterr() == ("", "")


def test_an_answer_that_is_no_json_is_a_sentence(hub: FakeGitHub, session: Github) -> None:
    hub.repository.trees["a" * 40] = {}
    with pytest.raises(GitHubError, match=r"GITHUB_API_URL|understood|refused"), translated("read"):
        session.get_repo("octo/shop").get_archive_link("tarball", "missing")


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(GitHubError, match="no address"):
        connect({"GITHUB_API_URL": "github.example"}, "writer")


def test_a_read_limited_to_a_file_of_certificates_uses_it() -> None:
    with connect({"SSL_CERT_FILE": "/etc/ssl/own.pem"}, "writer") as session:
        assert session.requester.kwargs["verify"] == "/etc/ssl/own.pem"


def test_nothing_is_sent_before_something_is_asked(hub: FakeGitHub) -> None:
    with connect(hub.env, "writer", patience=IMPATIENT) as session:
        session.get_repo("octo/shop").get_issue(7)
    assert hub.log == []


def test_a_server_of_ones_own_is_spoken_to_at_its_own_addresses(tmp_path: Path) -> None:
    (tmp_path / "http.zip").write_bytes(b"zip")
    wanted = Release(tag="v1.0.0", title="t", body="", prerelease=False, latest=True, assets=(tmp_path / "http.zip",))
    with FakeGitHub(enterprise=True) as hub, connect(hub.env, "writer", patience=IMPATIENT) as session:
        assert isinstance(
            GitHubReviews(session, "octo/shop").upsert(7, marker="<!-- m -->", body="x", create=True), str
        )
        GitHubReleases(session, "octo/shop").publish(wanted)
        assert ("POST", "/graphql", 200) in {(entry.method, entry.path, entry.status) for entry in hub.log}
        (release,) = hub.repository.releases.values()
        assert [asset.content for asset in release.assets] == [b"zip"]
        assert release.make_latest == "legacy"
        assert hub.violations == []
