"""The pull request that raises pins: one branch, updated in place, closed when obsolete."""

import re

import pytest
from github import Github

from layer_action.errors import TokenPermissionError
from layer_action.github.pull_requests import GitHubPullRequests
from layer_action.github.session import connect
from layer_action.model.function import Unknown
from layer_action.model.proposal import Proposal
from layer_action.record import replace
from tests.github.conftest import IMPATIENT
from tests.standins.github.faults import cut_off, first, lost_answer
from tests.standins.github.records import Pull
from tests.standins.github.server import FakeGitHub

BRANCH = "lambda-layers/pins"
MAIN, LATER = "a" * 40, "b" * 40
PROPOSAL = Proposal(
    branch=BRANCH,
    base="main",
    commit=MAIN,
    title="Pin http 1.5.0",
    body="http:14 -> http:15",
    files={"template.yaml": b"http:15\r\n"},
)


@pytest.fixture(autouse=True)
def repository(hub: FakeGitHub) -> None:
    repo = hub.repository
    repo.pulls.clear()
    repo.parents = {MAIN: (), LATER: (MAIN,)}
    repo.trees = {
        MAIN: {"template.yaml": b"http:14\r\n", "README.md": b"shop"},
        LATER: {"template.yaml": b"http:14\r\n", "README.md": b"new"},
    }
    repo.refs = {"heads/main": MAIN}


def propose(session: Github, proposal: Proposal = PROPOSAL) -> str | Unknown:
    return GitHubPullRequests(session, "octo/shop").propose(proposal)


def withdraw(session: Github, commit: str = MAIN) -> str | Unknown:
    return GitHubPullRequests(session, "octo/shop").withdraw(BRANCH, base="main", commit=commit)


def branch_files(hub: FakeGitHub) -> dict[str, bytes]:
    return hub.repository.trees[hub.repository.refs[f"heads/{BRANCH}"]]


def only(hub: FakeGitHub) -> Pull:
    (pull,) = hub.repository.pulls.values()
    return pull


def test_a_pull_request_changes_the_files_and_nothing_else(hub: FakeGitHub, session: Github) -> None:
    url = propose(session)
    assert branch_files(hub) == {"template.yaml": b"http:15\r\n", "README.md": b"shop"}
    assert (only(hub).title, only(hub).body, only(hub).base) == (PROPOSAL.title, PROPOSAL.body, "main")
    assert url == f"{hub.url}/octo/shop/pull/{only(hub).number}"
    assert hub.repository.refs["heads/main"] == MAIN


def test_the_same_proposal_again_writes_nothing_even_when_main_moved_on(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    hub.log.clear()
    propose(session, replace(PROPOSAL, commit=LATER))
    assert hub.writes() == []


def test_the_next_publication_updates_branch_and_body_in_place(hub: FakeGitHub, session: Github) -> None:
    first_url = propose(session)
    hub.repository.refs["heads/main"] = LATER
    newer = replace(PROPOSAL, commit=LATER, title="Pin http 1.6.0", body="16", files={"template.yaml": b"http:16"})
    assert propose(session, newer) == first_url
    assert branch_files(hub) == {"template.yaml": b"http:16", "README.md": b"new"}
    assert (only(hub).title, only(hub).body) == ("Pin http 1.6.0", "16")


def test_after_a_merge_the_next_change_opens_a_new_one(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    only(hub).state = "closed"
    propose(session, replace(PROPOSAL, files={"template.yaml": b"http:16"}))
    assert [pull.state for pull in hub.repository.pulls.values()] == ["closed", "open"]


def test_an_obsolete_one_is_closed_and_its_branch_removed(hub: FakeGitHub, session: Github) -> None:
    url = propose(session)
    assert withdraw(session) == url
    assert only(hub).state == "closed"
    assert list(hub.repository.refs) == ["heads/main"]
    assert isinstance(withdraw(session), Unknown)


def test_what_somebody_pushed_onto_the_branch_is_never_overwritten(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    repo = hub.repository
    repo.parents["c" * 40] = (repo.refs[f"heads/{BRANCH}"],)
    repo.messages["c" * 40] = "Fix the test"
    repo.refs[f"heads/{BRANCH}"] = "c" * 40
    answer = propose(session, replace(PROPOSAL, files={"template.yaml": b"http:16"}))
    assert isinstance(answer, Unknown)
    assert "Somebody else pushed" in answer.reason
    assert isinstance(withdraw(session), Unknown)
    assert (repo.refs[f"heads/{BRANCH}"], only(hub).state) == ("c" * 40, "open")


def test_a_commit_of_ours_that_somebody_amended_is_never_overwritten(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    repo = hub.repository
    ours = repo.refs[f"heads/{BRANCH}"]
    amended = "d" * 40
    repo.parents[amended], repo.messages[amended] = repo.parents[ours], repo.messages[ours]
    repo.trees[amended] = repo.trees[ours] | {"template.yaml": b"http:15 # reviewed"}
    repo.refs[f"heads/{BRANCH}"] = amended
    assert isinstance(propose(session, replace(PROPOSAL, files={"template.yaml": b"http:16"})), Unknown)
    assert repo.refs[f"heads/{BRANCH}"] == amended


def test_a_commit_of_an_earlier_release_of_ours_is_known(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    repo = hub.repository
    ours = repo.refs[f"heads/{BRANCH}"]
    repo.messages[ours] = re.sub("Lambda-layer-tree: .*\n", "", repo.messages[ours])
    propose(session, replace(PROPOSAL, files={"template.yaml": b"http:16"}))
    assert branch_files(hub)["template.yaml"] == b"http:16"


def test_what_somebody_closed_is_proposed_again_only_when_it_changes(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    only(hub).state = "closed"
    answer = propose(session)
    assert isinstance(answer, Unknown)
    assert "Somebody closed" in answer.reason
    assert only(hub).state == "closed"
    propose(session, replace(PROPOSAL, files={"template.yaml": b"http:16"}))
    assert [pull.state for pull in hub.repository.pulls.values()] == ["closed", "open"]


def test_a_pin_that_was_merged_and_taken_back_is_proposed_again(hub: FakeGitHub, session: Github) -> None:
    propose(session)
    only(hub).state, only(hub).merged = "closed", True
    propose(session)
    assert [pull.state for pull in hub.repository.pulls.values()] == ["closed", "open"]


def test_bytes_that_are_no_text_and_executable_files_come_through(hub: FakeGitHub, session: Github) -> None:
    files = {"latin.yaml": b"\xe9 http:15", "bin/app.py": b"http:15"}
    propose(session, replace(PROPOSAL, files=files, executable=frozenset({"bin/app.py"})))
    assert branch_files(hub) == {**hub.repository.trees[MAIN], **files}
    assert hub.repository.executable == {"bin/app.py"}


@pytest.mark.parametrize("path", ["/pulls$", "/git/refs$"])
@pytest.mark.parametrize("fault", [lost_answer(), cut_off()])
def test_a_lost_answer_opens_nothing_twice(hub: FakeGitHub, session: Github, path: str, fault: object) -> None:
    hub.faults.add("POST", path, fault)  # type: ignore[arg-type]
    propose(session)
    assert only(hub).state == "open"


def test_a_quicker_run_is_joined(hub: FakeGitHub, session: Github) -> None:
    def quicker() -> None:
        number = hub.number()
        hub.repository.pulls[number] = Pull(number=number, title="theirs", body="", head=BRANCH, base="main")

    hub.faults.add("POST", "/pulls$", first(quicker))
    propose(session)
    assert only(hub).title == PROPOSAL.title


def test_the_repositorys_setting_is_named_where_it_forbids(hub: FakeGitHub, session: Github) -> None:
    hub.actions_may_open_pulls = False
    with pytest.raises(TokenPermissionError) as caught:
        propose(session)
    assert "Allow GitHub Actions to create" in caught.value.hint


def test_a_token_without_rights_is_told_both(hub: FakeGitHub) -> None:
    with connect(hub.env, "reader", patience=IMPATIENT) as session, pytest.raises(TokenPermissionError) as caught:
        propose(session)
    assert "contents: write" in caught.value.hint
    assert "pull-requests: write" in caught.value.hint


def test_an_older_run_leaves_what_a_newer_one_proposed(hub: FakeGitHub, session: Github) -> None:
    hub.repository.refs["heads/main"] = LATER
    newer = replace(PROPOSAL, commit=LATER, files={"template.yaml": b"http:16\r\n"})
    assert isinstance(propose(session, newer), str)
    again = propose(session)
    assert isinstance(again, Unknown)
    assert "newer commit" in again.reason
    assert branch_files(hub)["template.yaml"] == b"http:16\r\n"


def test_an_older_run_closes_nothing(hub: FakeGitHub, session: Github) -> None:
    hub.repository.refs["heads/main"] = LATER
    propose(session, replace(PROPOSAL, commit=LATER))
    assert isinstance(withdraw(session, MAIN), Unknown)
    assert only(hub).state == "open"
    assert isinstance(withdraw(session, LATER), str)
    assert only(hub).state == "closed"


def test_the_commit_of_another_branch_proposes_nothing(hub: FakeGitHub, session: Github) -> None:
    hub.repository.refs["heads/maintenance"] = LATER
    said = propose(session, replace(PROPOSAL, commit=LATER))
    assert isinstance(said, Unknown)
    assert "is not on `main`" in said.reason
    assert hub.writes() == []
