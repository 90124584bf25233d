"""Each event as GitHub sends it, to the container as the runner starts it, on the checkout that it then has."""

import json
import time
from typing import Any

import pytest

from tests.container.hosted import Step
from tests.container.job import Job

pytestmark = pytest.mark.container

_NO_SECRETS = {"AWS_EC2_METADATA_DISABLED": "true"}
_GONE = "d" * 40  # a commit that a force-push left behind: neither the checkout nor GitHub has it


def fine(step: Step) -> Step:
    assert step.code == 0, step.log
    return step


def affected(step: Step) -> list[str]:
    """Return the layers that a step says are affected."""
    return [row["name"] for row in json.loads(fine(step).outputs["layers"]) if row["affected"]]


def queue(job: Job) -> tuple[dict[str, Any], str]:
    """Let the branch `raise` into a merge queue; return the event's payload and ref."""
    base = job.origin.git("rev-parse", "main")
    job.origin.git("switch", "--quiet", "--force-create", "queue", "main")
    job.origin.git("merge", "--quiet", "--no-ff", "-m", "Queue", "raise")
    ref = "refs/heads/gh-readonly-queue/main/pr-7"
    group = {"head_sha": job.origin.git("rev-parse", "queue"), "head_ref": ref, "base_sha": base}
    return {"action": "checks_requested", "merge_group": {**group, "base_ref": "refs/heads/main"}}, ref


def test_an_edited_pull_request_keeps_its_comment(job: Job) -> None:
    job.raise_parcel("1.1.0")
    fine(job.pull_request())
    time.sleep(1.1)  # a commit made now would have another name
    fine(job.pull_request(action="edited"))
    [comment] = job.hub.comments()
    assert comment.edits == 0, "nothing else is to be said"


@pytest.mark.parametrize("merged", [True, False])
def test_a_closed_pull_request_is_nothing_to_do(job: Job, *, merged: bool) -> None:
    job.raise_parcel("1.1.0")
    step = fine(job.pull_request(action="closed", merged=merged))
    assert "closed: nothing to do" in step.log
    assert job.hub.log == []


@pytest.mark.parametrize("secrets", [True, False], ids=["with AWS", "without"])
def test_a_merge_queue_plans_and_comments_nowhere(job: Job, *, secrets: bool) -> None:
    job.raise_parcel("1.1.0")
    payload, ref = queue(job)
    if not secrets:
        job.runner.env = _NO_SECRETS
    assert affected(job.event("merge_group", payload, ref=ref, revision="queue")) == ["parcel"]
    assert job.hub.writes() == []
    assert job.descriptions() == []


def test_a_push_of_many_commits_is_one_version(job: Job) -> None:
    fine(job.push())
    before = job.origin.git("rev-parse", "main")
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        job.raise_parcel(version, "main")
    fine(job.push(before=before))
    assert [text.split(" | ")[:2] for text in job.descriptions()] == [
        ["1.1.0", "parcel 1.0.0 -> 1.3.0"],
        ["1.0.0", "+parcel 1.0.0"],
    ]


def test_a_force_push_that_leaves_a_published_commit_behind_says_how_to_go_on(job: Job) -> None:
    first = job.origin.git("rev-parse", "main")
    job.raise_parcel("1.1.0", "main")
    fine(job.push())
    job.origin.git("reset", "--quiet", "--hard", first)
    job.raise_parcel("1.2.0", "main")
    forced = fine(job.push(before=_GONE))
    assert "::notice" in forced.log
    assert "allow-older: true" in forced.log
    assert len(job.descriptions()) == 1
    assert affected(job.push(before=_GONE, allow_older="true")) == ["parcel"]
    assert len(job.descriptions()) == 2


@pytest.mark.parametrize("before", ["0" * 40, _GONE], ids=["new", "force-pushed"])
def test_a_branch_without_secrets_is_held_against_the_default_branch(job: Job, before: str) -> None:
    job.runner.env = _NO_SECRETS
    job.raise_parcel("1.1.0")
    step = job.push("raise", before=before)
    assert affected(step) == ["parcel"]
    assert "parcel 1.0.0 → 1.1.0" in step.summary


@pytest.mark.parametrize("ref", ["refs/heads/raise", "refs/tags/parcel/v1.2.3"])
def test_what_was_deleted_is_nothing_to_do(job: Job, ref: str) -> None:
    payload = {"ref": ref, "before": _GONE, "after": "0" * 40, "deleted": True}
    assert "was deleted: nothing to do" in fine(job.event("push", payload, ref=ref)).log
    assert job.descriptions() == []


@pytest.mark.parametrize("name", ["workflow_run", "issue_comment", "repository_dispatch", "workflow_dispatch"])
def test_an_event_of_the_default_branch_plans_and_says_so(job: Job, name: str) -> None:
    step = job.event(name, {"workflow_run": {"head_branch": "raise"}, "issue": {"number": 7}, "client_payload": {}})
    assert affected(step) == ["parcel"]
    assert f"`{name}` only plans" in step.log
    assert job.descriptions() == []
    assert affected(job.event(name, command="publish")) == ["parcel"]
    assert len(job.descriptions()) == 1


@pytest.mark.parametrize("command", ["auto", "publish"])
@pytest.mark.parametrize("name", ["workflow_run", "issue_comment"])
def test_strangers_code_in_a_trusted_event_is_refused(job: Job, name: str, command: str) -> None:
    job.raise_parcel("6.6.6")
    step = job.event(name, revision="raise", sha=job.origin.git("rev-parse", "main"), command=command)
    assert step.code == 2
    assert "only on the default branch's own commit" in step.log
    assert job.hub.log == []
    assert job.descriptions() == []


@pytest.mark.parametrize("name", ["release", "deployment", "label", "an_event_of_tomorrow"])
def test_an_event_without_a_rule_asks_for_a_command(job: Job, name: str) -> None:
    step = job.event(name, {"action": "published"})
    assert step.code == 2
    assert f"no rule for the event `{name}`" in step.log
    assert affected(job.event(name, {"action": "published"}, command="plan")) == ["parcel"]


def test_a_release_made_by_hand_is_published_and_gets_its_files(job: Job) -> None:
    job.origin.git("tag", "parcel/v1.4.0", "main")
    job.hub.release("parcel/v1.4.0", "By hand")
    tag = {"ref": "refs/tags/parcel/v1.4.0", "revision": "parcel/v1.4.0"}
    step = fine(job.event("release", {"action": "published"}, command="release", **tag))
    [release] = job.hub.repository.releases.values()
    assert step.outputs["release-url"].endswith("parcel/v1.4.0")
    assert "parcel.zip" in {asset.name for asset in release.assets}
    assert job.descriptions()[0].startswith("1.4.0 | ")
