"""The container as the runner starts it, for the events of one repository's life."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.container.hosted import RUNNER_UID, Step
from tests.container.job import Job

pytestmark = pytest.mark.container


def outputs(step: Step) -> dict[str, str]:
    """Return the outputs of a step that did not fail; action.yml's names, all of them."""
    assert step.code == 0, step.log
    assert {"changed", "layers", "arns", "functions", "summary-file"} <= set(step.outputs)
    return step.outputs


def test_a_pull_request_gets_one_comment_and_the_next_push_edits_it(job: Job) -> None:
    job.raise_parcel("1.1.0")
    first = job.pull_request()
    assert outputs(first)["changed"] == "true"
    job.raise_parcel("1.2.0")
    second = job.pull_request(action="synchronize")
    [comment] = job.hub.comments()
    assert second.outputs["comment-url"].endswith(str(comment.id))
    assert (comment.edits, "1.2.0" in comment.body) == (1, True)
    assert job.descriptions() == []


def test_a_forks_read_only_token_ends_in_the_summary_and_exit_0(job: Job) -> None:
    job.raise_parcel("1.1.0")
    step = job.pull_request(head="stranger/shop", token="reader")
    assert outputs(step)["comment-url"] == ""
    assert job.hub.comments() == []
    assert "parcel" in step.summary
    written = job.runner.workspace / step.outputs["summary-file"]
    assert "parcel" in written.read_text(encoding="utf-8")


def test_a_pull_request_without_aws_compares_with_its_base(job: Job) -> None:
    job.runner.env = {"AWS_EC2_METADATA_DISABLED": "true"}
    job.raise_parcel("1.1.0")
    step = job.pull_request(head="stranger/shop", token="reader")
    assert outputs(step)["changed"] == "true"


def test_a_merge_is_published_and_its_functions_move(job: Job) -> None:
    assert outputs(job.push())["changed"] == "true"
    arn = job.pin_function()
    job.raise_parcel("1.1.0")
    job.merge()
    published = outputs(job.push())
    assert [text.split(" | ")[0] for text in job.descriptions()] == ["1.1.0", "1.0.0"]
    assert job.layers_of_function() == [json.loads(published["arns"])["parcel"]["us-east-1"]] == [f"{arn[:-1]}2"]
    assert json.loads(published["functions"])["moved"] == ["orders"]

    again = outputs(job.push())
    assert again["changed"] == "false"
    assert len(job.descriptions()) == 2


def test_a_tag_becomes_a_release_whose_zip_holds_the_layer(job: Job) -> None:
    outputs(job.push())
    step = job.push_tag("parcel/v2.0.0")
    [release] = job.hub.repository.releases.values()
    assert outputs(step)["release-url"]
    assert (release.tag, release.draft) == ("parcel/v2.0.0", False)
    assert job.descriptions()[0].startswith("2.0.0 | ")
    [content] = [asset.content for asset in release.assets if asset.name.endswith(".zip")]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert "python/parcel.py" in archive.namelist()


def test_a_dispatch_only_plans_and_says_so(job: Job) -> None:
    step = job.event("workflow_dispatch")
    assert outputs(step)["changed"] == "true"
    assert "::notice" in step.log
    assert job.descriptions() == []


def test_a_schedule_reports_the_status_in_the_summary(job: Job) -> None:
    outputs(job.push())
    step = job.event("schedule")
    assert step.code == 0, step.log
    assert "parcel" in step.summary


def test_what_the_container_writes_belongs_to_the_owner_of_the_workspace(job: Job) -> None:
    before = _files(job.runner.folder)
    job.raise_parcel("1.1.0")
    step = job.pull_request(command="build")
    assert outputs(step)["artifacts"] != ""
    created = _files(job.runner.folder) - before
    assert any(path.suffix == ".zip" for path in created)
    foreign = [path for path in created if path.lstat().st_uid != RUNNER_UID]
    assert foreign == []


@pytest.mark.parametrize("event", ["pull_request_target"])
def test_an_event_with_a_strangers_code_and_our_secrets_is_refused(job: Job, event: str) -> None:
    job.raise_parcel("1.1.0")
    step = job.pull_request(event=event)
    assert step.code == 2
    assert event in step.log
    assert step.outputs["changed"] == "false"


@pytest.mark.parametrize("payload", ["", "{", "[]"], ids=["empty", "garbled", "a list"])
def test_an_unreadable_event_file_is_told_without_a_traceback(job: Job, payload: str) -> None:
    step = job.event("pull_request", payload)
    assert step.code == 2
    assert "event" in step.log
    assert "Traceback" not in step.log


def test_all_wrong_inputs_are_told_at_once(job: Job) -> None:
    step = job.event(
        "workflow_dispatch", command="publsh", comment="sometimes", layers="parcel nobody", session_minutes="soon"
    )
    assert step.code == 2
    for name in ("publsh", "sometimes", "nobody", "soon"):
        assert name in step.log
    assert "Traceback" not in step.log


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if ".git" not in path.parts}
