"""The workflows of examples/shop as they are, played by act: what `uses:` names is here, not on GitHub."""

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.container.hosted import ROOT, Step, Trigger
from tests.standins.github.records import Token
from tests.standins.github.server import FakeGitHub

BASE: Final = os.environ.get("BASE_IMAGE", "python:3.13-slim-trixie")
WORKFLOWS: Final = ROOT / "examples" / "shop" / ".github" / "workflows"
PROGRAM: Final = Path(sys.executable).with_name("act")

_OURS: Final = "org/lambda-layer-action@v1"
_IN_THE_ACTION: Final = ("layer_action/", "requirements/", "action.yml", "entrypoint.py", "Dockerfile", ".dockerignore")
_MACHINES: Final = ("ubuntu-latest", "ubuntu-24.04")
_USES: Final = re.compile(r"uses: (?P<name>[\w./-]+)@(?P<ref>\S+)")
_VARIABLES: Final = {"AWS_PLAN_ROLE": "plan", "AWS_PUBLISH_ROLE": "publish", "AWS_REGION": "us-east-1"}
_STAND_INS: Final = {
    "aws-actions/configure-aws-credentials": """\
name: A login that exports what the test says
description: A stand-in
inputs: {role-to-assume: {description: role}, aws-region: {description: region}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {ROLE: "${{ inputs.role-to-assume }}", REGION: "${{ inputs.aws-region }}"}
      run: |
        test -n "$ROLE" && test -n "$REGION"
        cat "$GITHUB_ACTION_PATH/exported" >> "$GITHUB_ENV"
""",
    "actions/upload-artifact": """\
name: An upload that only looks at the file
description: A stand-in
inputs: {name: {description: name}, path: {description: path}, retention-days: {description: days}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FILE: "${{ inputs.path }}", NAME: "${{ inputs.name }}"}
      run: |
        test -s "$FILE"
        echo "Uploaded $NAME, which begins with $(head -n 1 "$FILE")"
""",
}


def copy_action(into: Path) -> Path:
    """Copy the action's own files, with the base image that is here: act passes no build arguments."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_IN_THE_ACTION]
    listed = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (into / name).write_bytes((ROOT / name).read_bytes())
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^ARG BASE_IMAGE=.*$", f"ARG BASE_IMAGE={BASE}", dockerfile, flags=re.MULTILINE)
    (into / "Dockerfile").write_text(text, encoding="utf-8")
    return into


def name_image(into: Path, image: str) -> Path:
    """Write the action's own `action.yml` for an image that is built already."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    text, count = re.subn(r"^  image: Dockerfile$", f"  image: docker://{image}", text, flags=re.MULTILINE)
    assert count == 1
    (into / "action.yml").write_text(text, encoding="utf-8")
    return into


@dataclass(slots=True, kw_only=True)
class ActRunner:
    """Runs the repository's workflow for an event. `env` is what the step that logs in to AWS exports.

    The token of a job may do what the job's `permissions` say.
    """

    action: Path
    folder: Path
    hub: FakeGitHub
    env: dict[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        """The checkout, whose workflows are played."""
        return self.folder / "workspace"

    def run(self, trigger: Trigger, *, api: str = "", **inputs: str) -> Step:
        """Run the workflow that the event starts; outputs and summary are those of the action's step."""
        token = inputs.pop("token", "of the job")
        if inputs or not isinstance(trigger.payload, dict):
            raise ValueError("the workflows of the example give no inputs, and act takes JSON only")
        name, job = _started_by(trigger)
        workflow = self.workspace / ".github" / "workflows" / name
        self.hub.tokens["of the job"] = Token(writes=_rights(workflow, job))
        event = self.folder / "event.json"
        event.write_text(json.dumps(trigger.payload), encoding="utf-8")
        options = ["--json", "-e", str(event), "-W", str(workflow), "-s", f"GITHUB_TOKEN={token}"]
        options += ["--github-instance", "github.example", "--env", f"GITHUB_API_URL={api}"]
        for variable, value in _VARIABLES.items():
            options += ["--var", f"{variable}={value}"]
        for action, stand_in in self._stand_ins(workflow).items():
            options += ["--local-repository", f"{action}={stand_in}"]
        return _step(play(self.workspace, self.folder / "home", trigger.name, *options), job)

    def _stand_ins(self, workflow: Path) -> dict[str, Path]:
        """Return a folder for each action that the workflow uses; act plays `actions/checkout` itself."""
        found = {_OURS: self.action}
        for match in _USES.finditer(workflow.read_text(encoding="utf-8")):
            if (name := match["name"]) in _STAND_INS:
                found[f"{name}@{match['ref']}"] = self._stand_in(name)
        return found

    def _stand_in(self, name: str) -> Path:
        folder = self.folder / "actions" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "action.yml").write_text(_STAND_INS[name], encoding="utf-8")
        exported = "".join(f"{name}={value}\n" for name, value in self.env.items())
        (folder / "exported").write_text(exported, encoding="utf-8")
        return folder


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Wait until no other process of this machine is in such a block."""
    with (Path(tempfile.gettempdir()) / f"lambda-layer-action-{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def play(workspace: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run act on a checkout, one at a time on this machine: two at once share names of containers, and one fails."""
    home.mkdir(exist_ok=True)
    command = [str(PROGRAM), *arguments, "--pull=false", "--rm", "--container-daemon-socket", "-"]
    command += [word for name in _MACHINES for word in ("-P", f"{name}={BASE}")]
    command += ["--cache-server-addr", "127.0.0.1", "--artifact-server-addr", "127.0.0.1"]
    with one_at_a_time("act"):
        return subprocess.run(
            command,
            cwd=workspace,
            env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def _started_by(trigger: Trigger) -> tuple[str, str]:
    """Return the example's workflow that an event starts, and its job; act asks no filter of branches and tags."""
    match trigger.name, trigger.ref.split("/")[1]:
        case "schedule", _:
            return "status.yml", "status"
        case "push", "tags":
            return "release.yml", "release"
        case "push", _:
            return "layers.yml", "publish"
        case _:
            return "layers.yml", "plan"


def _rights(workflow: Path, job: str) -> frozenset[str]:
    """Return what the token of a job may write."""
    permissions = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"][job]["permissions"]
    return frozenset(name for name, level in permissions.items() if level == "write")


def _step(played: subprocess.CompletedProcess[str], job: str) -> Step:
    """Read what act logged: one JSON object a line."""
    told: list[dict[str, Any]] = [json.loads(line) for line in played.stdout.splitlines()]
    ours = [entry for entry in told if entry.get("step") == _OURS]
    ran = [entry["jobID"] for entry in told if "jobResult" in entry]
    assert ran == [job], f"{ran} ran instead of {job}: {played.stdout}{played.stderr}"
    return Step(
        code=played.returncode,
        log="".join(entry.get("raw", entry["msg"]) for entry in ours if "raw" in entry or "raw_output" in entry),
        outputs={entry["name"]: entry["arg"] for entry in ours if entry.get("command") == "set-output"},
        summary="".join(entry["content"] for entry in ours if entry.get("command") == "summary"),
        later="".join(entry["msg"] for entry in told if "raw_output" in entry and entry not in ours),
    )
