"""One repository's life, each event a job of its own: what one run leaves is what the next one finds."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.container.hosted import Step
from tests.container.job import Job
from tests.standins.ministack import ACCOUNT

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:parcel"
_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: {requirements: layers/parcel/pylock.toml, pin-files: [infra/*.yaml]}
  stamp: layers/stamp/pylock.toml
"""
_TEMPLATE = "Resources:\n  Orders:\n    Properties:\n      Layers:\n        - {} # the parcel layer\n"


def open_shop(job: Job) -> Job:
    """Declare two layers, and a template that pins one of them."""
    job.origin.write(".github/lambda-layers.yml", _CONFIG)
    job.origin.write("infra/orders.yaml", _TEMPLATE.format(f"{ARN}:1"))
    job.origin.lock_wheel("stamp", "stamp", "1.0.0")
    job.origin.commit("Add a layer and a template")
    return job


def fine(step: Step) -> Step:
    """Return a step that did not fail."""
    assert step.code == 0, step.log
    return step


def live(shop: Job, folder: Path) -> None:
    """Go through everything that happens to a repository, and look at GitHub and AWS after each."""
    begin(shop)
    open_pull(shop)
    push_to_pull(shop)
    merge(shop)
    merge_again(shop)
    run_again(shop)
    release(shop, folder, "1.3.0")
    monday(shop, number=4)


def live_once(shop: Job, folder: Path) -> dict[str, Step]:
    """Go through each kind of event once, and look at GitHub and AWS after each; return the steps."""
    return {
        "begin": begin(shop),
        "open_pull": open_pull(shop),
        "merge": merge(shop),
        "release": release(shop, folder, "1.1.0"),
        "monday": monday(shop, number=3),
    }


def begin(shop: Job) -> Step:
    """Push for the first time: both layers are published, and a function takes one of them."""
    step = fine(shop.push())
    assert [pull.number for pull in shop.hub.repository.pulls.values()] == [7]
    assert shop.pin_function() == f"{ARN}:1"
    return step


def open_pull(shop: Job) -> Step:
    """Open a pull request: it gets one comment, and nothing is published."""
    shop.raise_parcel("1.1.0")
    step = fine(shop.pull_request())
    [comment] = shop.hub.comments()
    assert "parcel 1.0.0 → 1.1.0" in comment.body
    assert comment.edits == 0
    assert len(shop.descriptions()) == 1
    return step


def push_to_pull(shop: Job) -> Step:
    """Push to it: the same comment is edited."""
    [before] = shop.hub.comments()
    shop.raise_parcel("1.2.0")
    step = fine(shop.pull_request(action="synchronize"))
    [comment] = shop.hub.comments()
    assert (comment.id, comment.edits) == (before.id, 1)
    assert "parcel 1.0.0 → 1.2.0" in comment.body
    assert step.outputs["comment-url"].endswith(str(comment.id))
    return step


def merge(shop: Job) -> Step:
    """Merge it: published, the function moved, and the template follows by review."""
    shop.merge()
    step = fine(shop.push())
    assert json.loads(step.outputs["arns"])["parcel"] == {"us-east-1": f"{ARN}:2"}
    assert json.loads(step.outputs["functions"])["moved"] == ["orders"]
    assert shop.layers_of_function() == [f"{ARN}:2"]
    _, body, template = proposed(shop)
    assert template == _TEMPLATE.format(f"{ARN}:2")
    assert "| `infra/orders.yaml:5` | parcel (us-east-1) | 1 | 2 |" in body
    return step


def merge_again(shop: Job) -> Step:
    """Merge once more before anybody looked: the same pull request of ours is brought up to date."""
    number, _, _ = proposed(shop)
    shop.raise_parcel("1.3.0")
    shop.merge()
    step = fine(shop.push())
    assert proposed(shop)[0] == number
    assert proposed(shop)[2] == _TEMPLATE.format(f"{ARN}:3")
    assert shop.layers_of_function() == [f"{ARN}:3"]
    return step


def run_again(shop: Job) -> Step:
    """Run the job of the first merge once more: nothing goes back."""
    before = shop.descriptions(), proposed(shop), shop.layers_of_function()
    step = fine(shop.push(commit=shop.origin.git("rev-parse", "main^")))
    assert (shop.descriptions(), proposed(shop), shop.layers_of_function()) == before
    assert step.outputs["changed"] == "false"
    assert "newer" in step.summary
    return step


def release(shop: Job, folder: Path, parcel: str) -> Step:
    """Push a tag: what the release's files hold is what was reviewed, and Python imports that version of parcel."""
    step = fine(shop.push_tag("parcel/v2.0.0"))
    [released] = shop.hub.repository.releases.values()
    assert (released.tag, released.draft) == ("parcel/v2.0.0", False)
    assert step.outputs["release-url"].endswith("parcel/v2.0.0")
    assets = {asset.name: asset.content for asset in released.assets}
    assert {"parcel.zip", "pylock.parcel.toml", "parcel.cdx.json", "checksums.txt"} == set(assets)
    with zipfile.ZipFile(io.BytesIO(assets["parcel.zip"])) as archive:
        archive.extractall(folder / "opt")
    say = f"import sys; sys.path.insert(0, {str(folder / 'opt/python')!r}); import parcel; print(parcel.version)"
    said = subprocess.run([sys.executable, "-I", "-c", say], capture_output=True, text=True, check=True).stdout
    assert said == f"{parcel}\n"
    return step


def monday(shop: Job, *, number: int) -> Step:
    """Every Monday: how things stand, in the summary, with the number that AWS gave the newest version."""
    step = fine(shop.event("schedule"))
    assert f"| parcel | parcel | us-east-1 | 2.0.0 | {number} |" in step.summary
    assert "orders" in step.summary
    return step


def proposed(shop: Job) -> tuple[int, str, str]:
    """Return the one open pull request of ours: its number, its body, the template on its branch."""
    repo = shop.hub.repository
    [pull] = [pull for pull in repo.pulls.values() if pull.head.startswith("lambda-layer-action/")]
    return pull.number, pull.body, repo.trees[repo.refs[f"heads/{pull.head}"]]["infra/orders.yaml"].decode()
