"""A whole workflow with `uses: ./`, run by act: later steps and jobs see the outputs, and a failure fails the job."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.container.acted import play
from tests.end_to_end.checkout import Checkout
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import MinistackServer

pytestmark = pytest.mark.container

_WORKFLOW = """\
on: push
permissions: {}
jobs:
  layers:
    runs-on: ubuntu-latest
    outputs:
      arns: ${{ steps.layers.outputs.arns }}
    steps:
      - uses: actions/checkout@v6
      - id: layers
        uses: ./
      - name: A later step
        env:
          CHANGED: ${{ steps.layers.outputs.changed }}
        run: echo "changed is $CHANGED"
  after:
    needs: layers
    runs-on: ubuntu-latest
    steps:
      - name: A later job
        env:
          ARN: ${{ fromJSON(needs.layers.outputs.arns).parcel['us-east-1'] }}
        run: echo "the ARN is $ARN"
"""


@pytest.fixture
def tree(tmp_path: Path, action: Path) -> Checkout:
    """The action's own repository with a layer in it, as `uses: ./` needs it."""
    checkout = Checkout(root=tmp_path / "tree")
    shutil.copytree(action, checkout.root)
    checkout.write(".github/workflows/layers.yml", _WORKFLOW)
    checkout.lock_wheel("parcel", "parcel", "1.0.0")
    return checkout


def act(checkout: Checkout, aws: MinistackServer, hub: FakeGitHub) -> subprocess.CompletedProcess[str]:
    """Run the workflow for a push of main."""
    sha = checkout.commit("Everything")
    checkout.git("remote", "add", "origin", "https://github.com/octo/shop.git")
    event = checkout.root.parent / "event.json"
    payload = {
        "ref": "refs/heads/main",
        "before": "0" * 40,
        "after": sha,
        "repository": {"full_name": "octo/shop", "default_branch": "main"},
    }
    event.write_text(json.dumps(payload), encoding="utf-8")
    options = ["-e", str(event), "-W", ".github/workflows/layers.yml", "-s", "GITHUB_TOKEN=writer"]
    for name, value in {**aws.env, "GITHUB_API_URL": hub.url}.items():
        options += ["--env", f"{name}={value}"]
    return play(checkout.root, checkout.root.parent / "home", "push", *options)


def test_a_workflow_publishes_and_hands_the_arn_to_a_later_job(
    tree: Checkout, aws: MinistackServer, hub: FakeGitHub
) -> None:
    tree.write(
        ".github/lambda-layers.yml",
        "runtimes: [python3.12]\narchitectures: [x86_64]\nlayers:\n  parcel: layers/parcel/pylock.toml\n",
    )
    done = act(tree, aws, hub)
    assert done.returncode == 0, done.stdout
    assert "changed is true" in done.stdout
    assert re.search(r"the ARN is arn:aws:lambda:us-east-1:\d{12}:layer:parcel:1", done.stdout), done.stdout


def test_a_wrong_config_fails_the_workflow_at_its_line(tree: Checkout, aws: MinistackServer, hub: FakeGitHub) -> None:
    tree.write(".github/lambda-layers.yml", "runtimes: [3.12]\nlayers:\n  parcel: layers/parcel/pylock.toml\n")
    done = act(tree, aws, hub)
    assert done.returncode != 0
    assert ".github/lambda-layers.yml" in done.stdout
    assert "Traceback" not in done.stdout
    assert "A later job" not in done.stdout
