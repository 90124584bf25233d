"""One repository's life, each event a job of its own: what one run leaves is what the next one finds."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.container.hosted import Step
from tests.container.job import Job
from tests.standins.ministack import ACCOUNT

pytestmark = pytest.mark.container

_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:parcel"
_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: {requirements: layers/parcel/pylock.toml, pin-files: [infra/*.yaml]}
  stamp: layers/stamp/pylock.toml
"""
_TEMPLATE = "Resources:\n  Orders:\n    Properties:\n      Layers:\n        - {} # the parcel layer\n"
_NO_SECRETS = {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def shop(job: Job) -> Job:
    """Two layers, and a template that pins one of them."""
    job.origin.write(".github/lambda-layers.yml", _CONFIG)
    job.origin.write("infra/orders.yaml", _TEMPLATE.format(f"{_ARN}:1"))
    job.origin.lock_wheel("stamp", "stamp", "1.0.0")
    job.origin.commit("Add a layer and a template")
    return job


def fine(step: Step) -> Step:
    assert step.code == 0, step.log
    return step


def proposed(job: Job) -> tuple[int, str, str]:
    """Return the one open pull request of ours: its number, its body, the template on its branch."""
    repo = job.hub.repository
    [pull] = [pull for pull in repo.pulls.values() if pull.head.startswith("lambda-layer-action/")]
    return pull.number, pull.body, repo.trees[repo.refs[f"heads/{pull.head}"]]["infra/orders.yaml"].decode()


def raise_and_merge(job: Job, version: str) -> str:
    job.raise_parcel(version)
    job.merge()
    return job.origin.git("rev-parse", "main")


def test_from_the_first_push_to_a_release(shop: Job, tmp_path: Path) -> None:
    fine(shop.push())
    assert [pull.number for pull in shop.hub.repository.pulls.values()] == [7]

    # reviewed: one comment, edited by the next push
    shop.raise_parcel("1.1.0")
    fine(shop.pull_request())
    shop.raise_parcel("1.2.0")
    fine(shop.pull_request(action="synchronize"))
    [comment] = shop.hub.comments()
    assert "parcel 1.0.0 → 1.2.0" in comment.body
    assert comment.edits == 1

    # merged: published, and the template follows by review
    shop.merge()
    first_merge = shop.origin.git("rev-parse", "main")
    published = fine(shop.push())
    assert json.loads(published.outputs["arns"])["parcel"] == {"us-east-1": f"{_ARN}:2"}
    number, body, template = proposed(shop)
    assert template == _TEMPLATE.format(f"{_ARN}:2")
    assert "| `infra/orders.yaml:5` | parcel (us-east-1) | 1 | 2 |" in body

    # merged again before anybody looked: the same pull request
    raise_and_merge(shop, "1.3.0")
    fine(shop.push())
    assert proposed(shop)[0] == number
    assert proposed(shop)[2] == _TEMPLATE.format(f"{_ARN}:3")

    # the run of the first merge, once more: nothing goes back
    before = shop.descriptions(), proposed(shop)
    again = fine(shop.push(commit=first_merge))
    assert (shop.descriptions(), proposed(shop)) == before
    assert again.outputs["changed"] == "false"
    assert "newer" in again.summary

    # released: what the assets hold is what was reviewed
    fine(shop.push_tag("parcel/v2.0.0"))
    [release] = shop.hub.repository.releases.values()
    assets = {asset.name: asset.content for asset in release.assets}
    assert {"parcel.zip", "pylock.parcel.toml", "parcel.cdx.json", "checksums.txt"} == set(assets)
    with zipfile.ZipFile(io.BytesIO(assets["parcel.zip"])) as archive:
        archive.extractall(tmp_path / "opt")
    say = f"import sys; sys.path.insert(0, {str(tmp_path / 'opt/python')!r}); import parcel; print(parcel.version)"
    said = subprocess.run([sys.executable, "-I", "-c", say], capture_output=True, text=True, check=True).stdout
    assert said == "1.3.0\n"

    # every Monday: how things stand
    status = fine(shop.dispatch("schedule"))
    assert "| parcel | parcel | us-east-1 | 2.0.0 | 4 |" in status.summary


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
