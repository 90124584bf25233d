"""`command: auto` at the door: what each event does, and what no event may."""

import time

import pytest

from tests.cli.door import Door, Ran, pull_request
from tests.end_to_end.checkout import Checkout
from tests.standins.ministack import free_port

NONE = "0" * 40


def push(door: Door, ref: str = "refs/heads/main", **payload: object) -> Ran:
    return door.event("push", {"before": NONE, "deleted": False, **payload}, ref)


def notices(ran: Ran) -> list[str]:
    return [order.data for order in ran.log.named("notice")]


def test_a_pull_request_plans_and_the_summary_has_the_plan(door: Door) -> None:
    door.raise_parcel("1.1.0")
    ran = door.event("pull_request", pull_request(), "refs/pull/7/merge")
    assert ran.code == 0, ran.said
    assert "parcel" in ran.summary
    assert ran.outputs["plan-file"] == ".lambda-layer-action/plan.json"
    assert ran.outputs["comment-url"] == ""
    assert any("token" in notice for notice in notices(ran))


def test_a_closed_pull_request_is_nothing_to_do(door: Door) -> None:
    ran = door.event("pull_request", pull_request("closed"), "refs/pull/7/merge")
    assert ran.code == 0
    assert "closed" in notices(ran)[0]
    assert ran.outputs["changed"] == "false"


def test_a_push_to_the_default_branch_publishes(connected: Door) -> None:
    ran = push(connected)
    assert ran.code == 0, ran.said
    assert ran.outputs["changed"] == "true"
    assert "layer:parcel:1" in ran.outputs["arns"]
    assert connected.run("show", "parcel").out.startswith("# parcel:1 1.0.0, 3.12 x86_64\nparcel==1.0.0 --hash=sha256:")


def test_a_push_to_another_branch_plans_and_says_so(connected: Door) -> None:
    ran = push(connected, "refs/heads/feature")
    assert ran.code == 0, ran.said
    assert "only plans" in notices(ran)[0]
    assert ran.outputs["arns"] == "{}"


@pytest.mark.parametrize("before", ["the push before", "d" * 40], ids=["known", "forced"])
def test_a_push_to_another_branch_is_held_against_the_default_branch(door: Door, before: str) -> None:
    door.checkout.git("switch", "--quiet", "--create", "feature")
    raised = door.raise_parcel("1.1.0")
    door.checkout.write("README.md", "More\n")
    door.checkout.commit("Write more")
    ran = push(door, "refs/heads/feature", before=raised if before == "the push before" else before)
    assert ran.code == 0, ran.said
    assert "parcel 1.0.0 → 1.1.0" in ran.summary


def test_a_deleted_branch_is_nothing_to_do(door: Door) -> None:
    ran = push(door, "refs/heads/feature", deleted=True)
    assert ran.code == 0
    assert "was deleted" in notices(ran)[0]


def test_a_release_tag_publishes_under_its_version_and_without_a_token_ends_as_github_s_failure(
    connected: Door,
) -> None:
    ran = push(connected, "refs/tags/parcel/v2.3.4")
    assert ran.code == 5, ran.said
    assert "2.3.4" in connected.run("show", "parcel").out
    assert "layer:parcel:1" in ran.outputs["arns"], "what AWS did is told although GitHub failed"
    assert ran.outputs["changed"] == "true"

    again = push(connected, "refs/tags/parcel/v2.3.4")
    assert again.code == 5
    assert "layer:parcel:1" in again.outputs["arns"], "the next run publishes nothing twice"


def test_a_prerelease_tag_is_published_and_moves_no_function(connected: Door) -> None:
    ran = push(connected, "refs/tags/v2.0.0-rc.1")
    assert "2.0.0-rc.1" in connected.run("show", "parcel").out
    assert '"moved":[]' in ran.outputs["functions"]


@pytest.mark.parametrize("tag", ["v1", "latest", "2026-11-24"])
def test_a_tag_that_is_no_release_only_plans(door: Door, tag: str) -> None:
    ran = push(door, f"refs/tags/{tag}")
    assert ran.code == 0, ran.said
    assert "only plans" in notices(ran)[0]


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("pracel/v1.2.3", "Did you mean `parcel/v1.2.3`?"),
        ("parcel/v1.2", "no semantic version: `1.2`"),
        ("v1.2.x", "no semantic version: `1.2.x`"),
    ],
)
def test_a_mistyped_release_tag_fails_before_anything_is_asked(door: Door, tag: str, said: str) -> None:
    ran = push(door, f"refs/tags/{tag}")
    assert ran.code == 2
    assert said in ran.out
    assert ran.outputs["changed"] == "false"


def test_a_tag_that_is_not_greater_publishes_nothing_and_names_the_next(connected: Door) -> None:
    assert "layer:parcel:1" in push(connected, "refs/tags/parcel/v2.0.0").outputs["arns"]
    connected.raise_parcel("1.1.0")
    ran = push(connected, "refs/tags/parcel/v1.9.0")
    assert ran.code == 2
    assert "`parcel` is at 2.0.0" in ran.out
    assert "such as parcel/v2.0.1" in ran.out
    assert connected.run("show", "parcel").out.startswith("# parcel:1 2.0.0")


@pytest.mark.parametrize("tag", ["v1", "latest", "nobody/v1.2.3", "parcel-v1.2.3", ""])
def test_a_release_by_hand_takes_only_a_release_tag(door: Door, tag: str) -> None:
    ran = door.run("release", "--tag", tag)
    assert ran.code == 2
    assert "tag" in ran.places


def test_a_dispatch_only_plans_unless_it_says_publish(connected: Door) -> None:
    assert "only plans" in notices(connected.event("workflow_dispatch"))[0]
    assert "layer:parcel:1" in connected.event("workflow_dispatch", INPUT_COMMAND="publish").outputs["arns"]


def test_a_schedule_puts_the_status_into_the_summary(connected: Door) -> None:
    ran = connected.event("schedule")
    assert ran.code == 0, ran.said
    assert "parcel" in ran.summary
    assert ran.outputs["changed"] == "false"


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("pull_request_target", {}),
        ("pull_request", {"INPUT_COMMAND": "publish"}),
        ("issue_comment", {"GITHUB_SHA": "d" * 40}),
        ("workflow_run", {"GITHUB_SHA": "d" * 40}),
        ("fork", {}),
    ],
)
def test_what_an_event_must_not_do_is_refused_with_a_reason(door: Door, name: str, inputs: dict[str, str]) -> None:
    ran = door.event(name, pull_request(), **inputs)
    assert ran.code == 2
    assert len(ran.log.named("error")) == 1
    assert ran.outputs["changed"] == "false"
    assert not (door.root / ".lambda-layer-action").exists()


def test_a_build_on_a_pull_request_leaves_the_comment_to_the_plan(door: Door) -> None:
    ran = door.event("pull_request", pull_request(), INPUT_COMMAND="build")
    assert ran.code == 0, ran.said
    assert not any("comment" in notice for notice in notices(ran))
    assert ran.outputs["artifacts"] == ".lambda-layer-action/build"
    assert ran.outputs["comment-url"] == ""


def test_a_build_of_nothing_names_no_folder_of_artifacts(door: Door) -> None:
    ran = door.event("workflow_dispatch", INPUT_COMMAND="build")
    assert (ran.code, ran.outputs["changed"], ran.outputs["artifacts"]) == (0, "false", "")


def test_a_token_is_masked_before_anything_is_printed_that_could_hold_it(door: Door) -> None:
    ran = door.event("workflow_dispatch", INPUT_TOKEN="sesame", INPUT_COMMAND="build")
    assert [order.data for order in ran.log.named("add-mask")] == ["sesame"]
    assert "sesame" not in ran.out.replace("::add-mask::sesame", "")


def test_an_output_file_that_cannot_be_written_is_told_before_anything_is_done(door: Door) -> None:
    ran = door.event("workflow_dispatch", GITHUB_OUTPUT=str(door.folder))
    assert ran.code == 5
    assert "cannot be written" in ran.out
    assert "Traceback" not in ran.said


def test_a_workspace_may_have_spaces_in_its_path(connected: Door) -> None:
    moved = connected.root.rename(connected.root.with_name("my shop (copy), ä"))
    connected.checkout.root = moved
    ran = push(connected)
    assert ran.code == 0, ran.said
    assert "layer:parcel:1" in ran.outputs["arns"]
    built = connected.event("workflow_dispatch", INPUT_COMMAND="build")
    assert (moved / built.outputs["summary-file"]).is_file()


def test_a_github_that_is_down_costs_a_pull_request_seconds_and_its_summary_is_whole(door: Door) -> None:
    door.raise_parcel("1.1.0")
    shallow = Checkout(root=door.folder / "shallow")
    door.checkout.git("clone", "--quiet", "--depth", "1", f"file://{door.root}", str(shallow.root))
    door.checkout = shallow
    started = time.monotonic()
    ran = door.event(
        "pull_request",
        pull_request(),
        "refs/pull/7/merge",
        INPUT_TOKEN="sesame",
        GITHUB_API_URL=f"http://127.0.0.1:{free_port()}",
    )
    assert ran.code == 0, ran.said
    assert time.monotonic() - started < 10
    assert "1 of 1 changes" in ran.summary
    assert any("could not be reached" in notice for notice in notices(ran))


def test_nothing_that_a_repository_names_gives_the_runner_orders(door: Door) -> None:
    door.checkout.write(".github/lambda-layers.yml", 'runtimes: ["::set-env name=X::y\\n::add-path::z"]\nlayers: {}\n')
    ran = door.event("workflow_dispatch")
    assert ran.code == 2
    assert {order.name for order in ran.log.orders} <= {"error", "notice"}
