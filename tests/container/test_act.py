"""A whole workflow with `uses: ./`, run by act: later steps and jobs see the outputs, and a failure fails the job."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.container.hosted import ROOT
from tests.end_to_end.checkout import Checkout
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import MinistackServer

pytestmark = pytest.mark.container

_IN_THE_ACTION = ("layer_action/", "requirements/", "action.yml", "entrypoint.py", "Dockerfile", ".dockerignore")
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
def tree(tmp_path: Path, image: str) -> Checkout:  # noqa: ARG001 - builds the layers of the image that act then finds
    """The action's own repository with a layer in it, as `uses: ./` needs it."""
    checkout = Checkout(root=tmp_path / "tree")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith(
            ("layer_action/", "requirements/", "action.yml", "entrypoint.py", "Dockerfile", ".dockerignore")
        ):
            checkout.write(name, (ROOT / name).read_bytes())
    # act passes no build arguments: the base image that is here becomes the default
    base = os.environ.get("BASE_IMAGE", "python:3.13-slim-trixie")
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    checkout.write(
        "Dockerfile", re.sub(r"^ARG BASE_IMAGE=.*$", f"ARG BASE_IMAGE={base}", dockerfile, flags=re.MULTILINE)
    )
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
    program = Path(sys.executable).with_name("act")
    base = os.environ.get("BASE_IMAGE", "python:3.13-slim-trixie")
    settings = {**aws.env, "GITHUB_API_URL": hub.url}
    command = [str(program), "push", "-e", str(event), "-W", ".github/workflows/layers.yml"]
    command += ["-P", f"ubuntu-latest={base}", "--pull=false", "--rm", "--container-daemon-socket", "-"]
    command += ["--cache-server-addr", "127.0.0.1", "--artifact-server-addr", "127.0.0.1", "-s", "GITHUB_TOKEN=writer"]
    for name, value in settings.items():
        command += ["--env", f"{name}={value}"]
    home = checkout.root.parent / "home"
    home.mkdir()
    return subprocess.run(
        command,
        cwd=checkout.root,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.skipif(shutil.which("act", path=str(Path(sys.executable).parent)) is None, reason="act is not installed")
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


@pytest.mark.skipif(shutil.which("act", path=str(Path(sys.executable).parent)) is None, reason="act is not installed")
def test_a_wrong_config_fails_the_workflow_at_its_line(tree: Checkout, aws: MinistackServer, hub: FakeGitHub) -> None:
    tree.write(".github/lambda-layers.yml", "runtimes: [3.12]\nlayers:\n  parcel: layers/parcel/pylock.toml\n")
    done = act(tree, aws, hub)
    assert done.returncode != 0
    assert ".github/lambda-layers.yml" in done.stdout
    assert "Traceback" not in done.stdout
    assert "A later job" not in done.stdout
