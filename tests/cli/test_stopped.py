"""A pull request whose plan cannot be made: its comment says so, instead of telling an earlier plan."""

from collections.abc import Iterator

import pytest

from tests.cli.door import Door, Ran, pull_request
from tests.standins.github.records import Comment
from tests.standins.github.server import FakeGitHub

CONFIG_FILE = ".github/lambda-layers.yml"
BROKEN = "runtimes: [python3.12]\nachitectures: [x86_64]\nlayers:\n  parcel: layers/parcel/pylock.toml\n  spare: 7\n"


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running
    assert running.violations == []


def planned(door: Door, hub: FakeGitHub, *, run: int = 1, **inputs: str) -> Ran:
    values = {"INPUT_TOKEN": "writer", "GITHUB_RUN_ID": str(run), **hub.env, **inputs}
    return door.event("pull_request", pull_request(), "refs/pull/7/merge", **values)


def the_comment(hub: FakeGitHub) -> Comment:
    [comment] = hub.comments()
    return comment


def test_a_config_that_cannot_be_read_takes_the_place_of_the_plan_in_the_comment(door: Door, hub: FakeGitHub) -> None:
    door.raise_parcel("1.1.0")
    assert planned(door, hub).code == 0
    before = the_comment(hub)
    assert "1 of 1 changes" in before.body
    door.checkout.write(CONFIG_FILE, BROKEN)
    ran = planned(door, hub, run=2)
    after = the_comment(hub)
    assert ran.code == 2
    assert (after.id, after.body.splitlines()[0]) == (before.id, before.body.splitlines()[0])
    assert "no plan, 2 problems" in after.body
    assert "1 of 1 changes" not in after.body
    for line in (2, 5):
        assert f"`{CONFIG_FILE}:{line}`" in after.body
    assert ran.outputs["comment-url"].endswith(f"#issuecomment-{after.id}")


def test_a_plan_takes_its_place_again(door: Door, hub: FakeGitHub) -> None:
    config = (door.root / CONFIG_FILE).read_text()
    door.checkout.write(CONFIG_FILE, BROKEN)
    planned(door, hub)
    assert "no plan" in the_comment(hub).body, "a comment is created to say so"
    door.checkout.write(CONFIG_FILE, config)
    planned(door, hub, run=2)
    assert "1 of 1 changes" in the_comment(hub).body


def test_a_forks_run_leaves_the_text_to_the_workflow_that_posts_it(door: Door, hub: FakeGitHub) -> None:
    door.checkout.write(CONFIG_FILE, BROKEN)
    ran = planned(door, hub, INPUT_TOKEN="reader")
    assert (ran.code, hub.comments()) == (2, [])
    assert "no plan, 2 problems" in (door.root / ran.outputs["summary-file"]).read_text()
    assert any("No comment on the pull request" in order.data for order in ran.log.named("notice"))


def test_what_the_pull_request_cannot_mend_is_no_comment_of_its_own(door: Door, hub: FakeGitHub) -> None:
    wrong = {"INPUT_REGIONS": "nowhere!"}
    assert planned(door, hub, **wrong).code == 2
    assert hub.comments() == []
    door.raise_parcel("1.1.0")
    planned(door, hub, run=2)
    planned(door, hub, run=3, **wrong)
    assert "no plan, 1 problem" in the_comment(hub).body


def test_the_comment_is_of_the_environment_that_could_not_be_planned(door: Door, hub: FakeGitHub) -> None:
    door.checkout.write(CONFIG_FILE, BROKEN)
    planned(door, hub, INPUT_ENVIRONMENT="staging")
    assert the_comment(hub).body.startswith("<!-- lambda-layer-action:staging -->\n### Lambda layers, staging: no plan")


@pytest.mark.parametrize("inputs", [{"INPUT_COMMENT": "never"}, {"INPUT_COMMAND": "build"}, {"INPUT_TOKEN": ""}])
def test_nobody_comments_who_would_not_have(door: Door, hub: FakeGitHub, inputs: dict[str, str]) -> None:
    door.checkout.write(CONFIG_FILE, BROKEN)
    assert planned(door, hub, **inputs).code == 2
    assert hub.comments() == []


def test_a_refused_event_is_told_to_no_pull_request(door: Door, hub: FakeGitHub) -> None:
    door.checkout.write(CONFIG_FILE, BROKEN)
    ran = door.event("pull_request_target", pull_request(), INPUT_TOKEN="writer", **hub.env)
    assert ran.code == 2
    assert hub.log == []
