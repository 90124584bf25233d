"""One repository's life as a bare container and as workflows; and the runs that must change nothing behind its back."""

import json
import re
from pathlib import Path

import pytest

from tests.container.job import Job
from tests.container.life import ARN, fine, live, live_once, open_shop

pytestmark = pytest.mark.container

_NO_SECRETS = {"AWS_EC2_METADATA_DISABLED": "true"}
_PUBLISHES = re.compile(r"contents: \w+ (# .*\n)(      id-token: write # a role that may publish)")


@pytest.fixture
def shop(job: Job) -> Job:
    return open_shop(job)


def test_a_life_in_plain_containers(shop: Job, tmp_path: Path) -> None:
    live(shop, tmp_path)
    assert shop.hub.violations == []


def test_each_event_in_the_workflows_of_the_example(workflow_job: Job, tmp_path: Path) -> None:
    for name in ("layers.yml", "release.yml"):
        _let_pin_files(workflow_job, f".github/workflows/{name}")
    steps = live_once(open_shop(workflow_job), tmp_path)

    # a later step uses what the action hands it: the ARNs, the functions, and the file for a fork's comment
    assert f'"parcel":{{"us-east-1":"{ARN}:2"}}' in steps["merge"].later
    assert '"moved":["orders"]' in steps["merge"].later
    assert "Uploaded lambda-layers-summary, which begins with <!-- lambda-layer-action" in steps["open_pull"].later


def _let_pin_files(job: Job, workflow: str) -> None:
    """Give the job that publishes what `pin-files` needs more, as the README says."""
    text = (job.origin.root / workflow).read_text(encoding="utf-8")
    text, count = _PUBLISHES.subn(r"contents: write \1      pull-requests: write # `pin-files`\n\2", text)
    assert count == 1
    job.origin.write(workflow, text)


@pytest.mark.parametrize("head", ["stranger/shop", "octo/shop"], ids=["a fork's", "dependabot's"])
def test_without_secrets_the_base_comes_through_the_api_and_the_plan_ends_in_the_summary(shop: Job, head: str) -> None:
    shop.runner.env = _NO_SECRETS
    shop.raise_parcel("1.1.0")
    step = fine(shop.pull_request(head=head, token="reader"))
    assert "1 of 2 changes" in step.summary
    assert "parcel 1.0.0 → 1.1.0" in step.summary
    assert "the base commit" in step.summary
    assert shop.hub.comments() == []
    assert shop.hub.writes() == [] or all(entry.status == 403 for entry in shop.hub.writes())


def test_a_base_that_has_moved_adds_nothing_to_the_plan(shop: Job) -> None:
    shop.runner.env = _NO_SECRETS
    opened_on = shop.origin.git("rev-parse", "main")
    shop.raise_parcel("1.1.0")
    shop.origin.git("switch", "--quiet", "main")
    shop.origin.lock_wheel("stamp", "stamp", "2.0.0")
    shop.origin.commit("Raise stamp on main")
    step = fine(shop.pull_request(base=opened_on, token="writer"))
    assert "1 of 2 changes" in step.summary
    [comment] = shop.hub.comments()
    assert "parcel 1.0.0 → 1.1.0" in comment.body
    assert "2.0.0" not in comment.body


def test_a_base_that_has_moved_and_is_published_adds_nothing_either(shop: Job) -> None:
    opened_on = shop.origin.git("rev-parse", "main")
    shop.raise_parcel("1.1.0")
    shop.origin.git("switch", "--quiet", "main")
    shop.origin.lock_wheel("stamp", "stamp", "2.0.0")
    shop.origin.commit("Raise stamp on main")
    fine(shop.push())
    step = fine(shop.pull_request(base=opened_on))
    affected = [row["name"] for row in json.loads(step.outputs["layers"]) if row["affected"]]
    assert affected == ["parcel"]
