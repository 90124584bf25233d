"""Telling of a plan: the log, annotations, the summary, the comment, the outputs."""

import json
from pathlib import Path

import pytest

from layer_action.commands.announce import Audience, announce
from layer_action.errors import BuildError, ConfigError, ExhaustedError, InputError, Location, Problems
from layer_action.inputs import CommentMode
from layer_action.model.layer import Severity
from layer_action.model.plan import FailedLayer, Outcome, Plan
from layer_action.ports.services import Unavailable
from layer_action.record import replace
from layer_action.report.reporter import MarkdownReporter
from tests.factories import make_content, make_finding, make_plan, make_publication, make_spec, make_unchanged
from tests.fakes import Stage, make_services
from tests.standins.small_disk import full_disk, needs_mounts

CHANGES = make_plan([make_publication()])
NOTHING = make_plan([make_unchanged()])
MARKER = "<!-- marker  -->"


class Room:
    """A pull request, and those who listen to it."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage()
        self.audience = Audience(folder=folder / ".ours", workspace=folder, pull_request=7)

    def announce(self, plan: Plan, comment: CommentMode = CommentMode.CHANGES, **outputs: str) -> dict[str, str]:
        announce(self.stage.services(), plan, None, replace(self.audience, comment=comment), **outputs)
        return self.stage.runner.written

    @property
    def comments(self) -> list[str]:
        return list(self.stage.reviews.comments.values())


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_change_gets_a_comment_whose_address_is_an_output(room: Room) -> None:
    assert room.announce(CHANGES)["comment-url"].endswith("/pull/7#comment")
    assert len(room.comments) == 1


def test_the_same_text_is_in_the_summary_file_for_a_second_workflow(room: Room, tmp_path: Path) -> None:
    outputs = room.announce(CHANGES)
    assert outputs["summary-file"] == ".ours/summary.md"
    assert (tmp_path / ".ours" / "summary.md").read_text(encoding="utf-8") == room.comments[0]


def test_the_step_summary_speaks_of_a_merge_where_there_is_a_pull_request(room: Room) -> None:
    room.announce(CHANGES)
    announce(room.stage.services(), CHANGES, None, replace(room.audience, pull_request=None))
    assert room.stage.runner.summaries == ["summary of 1 layers on merge", "summary of 1 layers"]


def test_after_a_publication_the_file_says_what_was_done(room: Room, tmp_path: Path) -> None:
    announce(room.stage.services(), CHANGES, Outcome(plan=CHANGES), room.audience)
    assert (tmp_path / ".ours" / "summary.md").read_text(encoding="utf-8") == room.stage.runner.summaries[-1]


def test_the_journal_is_named_as_a_later_step_finds_it(room: Room, tmp_path: Path) -> None:
    outcome = Outcome(plan=CHANGES, journal=str(tmp_path / ".ours" / "journal.jsonl"))
    announce(replace(room.stage.services(), reporter=MarkdownReporter()), CHANGES, outcome, room.audience)
    assert "`.ours/journal.jsonl`" in room.stage.runner.summaries[-1]


def test_nothing_affected_creates_no_comment_and_no_annotation(room: Room) -> None:
    assert room.announce(NOTHING)["comment-url"] == ""
    assert room.comments == []
    assert room.stage.console.texts("notice") == []


def test_nothing_affected_updates_a_comment_that_is_there(room: Room) -> None:
    room.announce(CHANGES)
    room.announce(NOTHING)
    assert [text.splitlines()[1] for text in room.comments] == ["0 layers change"]


def test_always_comments_although_nothing_is_affected(room: Room) -> None:
    room.announce(NOTHING, CommentMode.ALWAYS)
    assert len(room.comments) == 1


def test_never_leaves_even_an_earlier_comment_alone(room: Room) -> None:
    room.announce(CHANGES)
    room.announce(NOTHING, CommentMode.NEVER)
    assert room.comments[0].splitlines()[1] == "1 layers change"


@pytest.mark.parametrize(
    "plan",
    [
        make_plan([FailedLayer(spec=make_spec(), error=BuildError("no wheel fits"))]),
        make_plan([make_unchanged()], findings=(make_finding(severity=Severity.ERROR),)),
    ],
    ids=["a layer that failed", "an error among the findings"],
)
def test_a_problem_is_reason_enough_for_a_comment(room: Room, plan: Plan) -> None:
    room.announce(plan)
    assert len(room.comments) == 1


def test_a_denied_comment_is_a_notice_and_the_summary_has_the_text(room: Room) -> None:
    room.stage.reviews.denied = "The token may not write."
    assert room.announce(CHANGES)["comment-url"] == ""
    [notice] = room.stage.console.texts("notice")
    assert "may not write" in notice
    assert len(room.stage.runner.summaries) == 1


def test_without_a_token_there_is_no_comment_and_the_reason_is_said(room: Room) -> None:
    services = make_services(room.stage, reviews=Unavailable(reason="the input `token` is empty"))
    announce(services, CHANGES, None, room.audience)
    assert "token" in room.stage.console.texts("notice")[0]


def test_environments_have_comments_of_their_own(room: Room) -> None:
    for environment in ("", "prod"):
        announce(room.stage.services(), CHANGES, None, replace(room.audience, environment=environment))
    assert list(room.stage.reviews.comments) == [(7, MARKER), (7, "<!-- marker prod -->")]


def test_each_finding_and_failed_layer_is_told_at_its_line(room: Room) -> None:
    failed = FailedLayer(
        spec=make_spec(), error=BuildError("no wheel fits", hint="Ask for less.", location=Location("a.txt", 3))
    )
    finding = make_finding(severity=Severity.ERROR, location=Location("b.txt", 4), ways_out=("Remove it.",), layer="b")
    room.announce(make_plan([failed], findings=(finding, make_finding())))
    assert room.stage.console.texts("error") == [
        "a.txt:3: Layer http: no wheel fits\nAsk for less.",
        "b.txt:4: Layer b: Something is odd.\nRemove it.",
    ]
    assert room.stage.console.texts("warning") == ["Lambda layers: Something is odd."]


def test_each_problem_of_a_layer_is_annotated_on_its_own_line(room: Room) -> None:
    places = [Location("layers/http/requirements.txt", line) for line in (2, 5)]
    error = Problems(ConfigError("not a requirement", location=place) for place in places)
    room.announce(make_plan([FailedLayer(spec=make_spec(), error=error)]))
    assert room.stage.console.texts("error") == [f"{place}: Layer http: not a requirement" for place in places]


def test_where_nobody_reads_annotations_a_problem_is_told_once(room: Room) -> None:
    plan = make_plan(findings=(make_finding(severity=Severity.ERROR),))
    announce(room.stage.services(), plan, None, replace(room.audience, annotations=False))
    assert room.stage.console.texts("error") == []
    assert room.stage.console.texts("info")[0] == "0 layers"


def test_a_matrix_that_had_to_be_cut_is_told(room: Room) -> None:
    publications = [make_publication(make_content(make_spec(f"layer{number}"))) for number in range(300)]
    legs = json.loads(room.announce(make_plan(publications))["matrix"])["include"]
    assert len(legs) == 256
    assert "256 of 300" in room.stage.console.texts("warning")[0]


def test_git_does_not_see_what_is_written_for_later_steps(room: Room, tmp_path: Path) -> None:
    room.announce(NOTHING)
    assert (tmp_path / ".ours" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_checkout_that_cannot_be_written_to_is_told_as_that(room: Room, tmp_path: Path) -> None:
    (tmp_path / ".ours").write_text("a file where the folder belongs", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written to"):
        room.announce(NOTHING)


def test_a_report_that_cannot_be_written_is_told_as_that(room: Room, tmp_path: Path) -> None:
    (tmp_path / ".ours" / "summary.md").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written to"):
        room.announce(NOTHING)


def test_where_zips_were_built_elsewhere_a_checkout_may_be_read_only(room: Room, tmp_path: Path) -> None:
    (tmp_path / ".ours").write_text("a file where the folder belongs", encoding="utf-8")
    assert room.announce(NOTHING, artifacts="/out")["artifacts"] == "/out"
    assert len([text for text in room.stage.console.texts("warning") if "cannot be written" in text]) == 2


def test_where_the_plan_was_written_elsewhere_a_checkout_may_be_read_only(room: Room, tmp_path: Path) -> None:
    (tmp_path / ".ours").write_text("a file where the folder belongs", encoding="utf-8")
    assert room.announce(NOTHING, plan_file="/out/plan.json")["plan-file"] == "/out/plan.json"
    assert len([text for text in room.stage.console.texts("warning") if "cannot be written" in text]) == 2
    with pytest.raises(InputError, match="cannot be written to"):
        room.announce(NOTHING, plan_file=".ours/plan.json")


@needs_mounts
def test_a_full_disk_is_told_as_that_and_nothing_is_half_written(room: Room, tmp_path: Path) -> None:
    folder = tmp_path / ".ours"
    with full_disk(folder, keeping="summary.md"):
        with pytest.raises(ExhaustedError, match="No space left"):
            room.announce(NOTHING)
        assert (folder / "summary.md").read_text(encoding="utf-8") == "kept\n"
        assert sorted(path.name for path in folder.iterdir()) == ["full", "summary.md"]


@needs_mounts
def test_after_a_publication_a_full_disk_is_a_warning(room: Room, tmp_path: Path) -> None:
    with full_disk(tmp_path / ".ours"):
        announce(room.stage.services(), CHANGES, Outcome(plan=CHANGES), room.audience)
    assert len([text for text in room.stage.console.texts("warning") if "cannot be written" in text]) == 2
