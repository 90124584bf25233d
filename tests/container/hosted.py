"""A workflow runner as far as a container action sees it: the same mounts, variables, flags and file commands.

Read in the runner's own source; see the comments for what differs on purpose.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.standins.command_files import parse_command_file

ROOT = Path(__file__).parents[2]
# The user of GitHub's own machines; the container runs as root, and the workspace is this user's.
RUNNER_UID = 1001 if os.geteuid() == 0 else os.geteuid()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What started the workflow. `payload` is the event file's content, as JSON or as raw text."""

    name: str
    payload: dict[str, Any] | str
    ref: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a step ended: its exit code, its log, and what the runner collected from its files.

    `later` is what other steps of its job printed.
    """

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    later: str = ""


@dataclass(slots=True, kw_only=True)
class HostedRunner:
    """Runs the action's container on one workspace, again and again. `env` is the job's environment."""

    image: str
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    repository: str = "octocat/shop"
    steps: int = 0

    @property
    def workspace(self) -> Path:
        """The checkout."""
        return self.folder / "workspace"

    def run(self, trigger: Trigger, *, api: str = "", **inputs: str) -> Step:
        """Run the action as one step of a job of its own."""
        self.steps += 1
        folders = {
            "/github/runner_temp": self.folder / "temp",
            "/github/home": self.folder / "temp" / "_github_home",
            "/github/workflow": self.folder / "temp" / "_github_workflow",
            "/github/file_commands": self.folder / "temp" / f"_runner_file_commands_{self.steps}",
            "/github/workspace": self.workspace,
        }
        for path in folders.values():
            path.mkdir(parents=True, exist_ok=True)
        files = folders["/github/file_commands"]
        for name in ("output", "summary", "state", "env", "path"):
            (files / name).touch()
        payload = trigger.payload if isinstance(trigger.payload, str) else json.dumps(trigger.payload)
        (folders["/github/workflow"] / "event.json").write_text(payload, encoding="utf-8")
        self._give_to_the_runners_user()
        variables = self.env | self._variables(trigger, api) | self._inputs(inputs)
        command = ["docker", "run", "--workdir", "/github/workspace", "--rm", "--network", "host"]
        for name in variables:
            command += ["-e", name]
        command += ["-e", "GITHUB_ACTIONS=true", "-e", "CI=true"]
        for inside, outside in folders.items():
            command += ["-v", f"{outside}:{inside}"]
        done = subprocess.run(
            [*command, self.image],
            # `-e NAME` takes the value from the client's environment, as the runner does: dashes in names survive.
            env={"PATH": os.environ["PATH"], "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        return Step(
            code=done.returncode,
            log=done.stdout,
            outputs=parse_command_file((files / "output").read_text(encoding="utf-8")),
            summary=(files / "summary").read_text(encoding="utf-8"),
        )

    def _give_to_the_runners_user(self) -> None:
        for top in (self.workspace, self.folder / "temp"):
            for path in (top, *top.rglob("*")):
                os.chown(path, RUNNER_UID, RUNNER_UID, follow_symlinks=False)

    def _variables(self, trigger: Trigger, api: str) -> dict[str, str]:
        kind, _, short = trigger.ref.removeprefix("refs/").partition("/")
        files = "/github/file_commands"
        return {
            "HOME": "/github/home",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_EVENT_NAME": trigger.name,
            "GITHUB_REF": trigger.ref,
            "GITHUB_REF_NAME": short,
            "GITHUB_REF_TYPE": "tag" if kind == "tags" else "branch",
            "GITHUB_SHA": trigger.sha,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_OWNER": self.repository.partition("/")[0],
            "GITHUB_ACTOR": "octocat",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_RUN_NUMBER": str(self.steps),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "layers",
            "GITHUB_ACTION": "layers",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_API_URL": api or "http://127.0.0.1:9",  # nobody listens there: an unwanted call fails at once
            "GITHUB_GRAPHQL_URL": f"{api or 'http://127.0.0.1:9'}/graphql",
            "GITHUB_OUTPUT": f"{files}/output",
            "GITHUB_STEP_SUMMARY": f"{files}/summary",
            "GITHUB_STATE": f"{files}/state",
            "GITHUB_ENV": f"{files}/env",
            "GITHUB_PATH": f"{files}/path",
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "RUNNER_TEMP": "/github/runner_temp",
        }

    def _inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        declared = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
        values = {name: declaration["default"] for name, declaration in declared.items()} | {"token": "of the job"}
        values |= {name.replace("_", "-"): value for name, value in given.items()}
        return {f"INPUT_{name.upper()}": value for name, value in values.items()}
