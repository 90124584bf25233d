"""The front door, called in this process: a small repository, an environment of its own, and what came out."""

import io
import json
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layer_action.cli.main import main
from tests.end_to_end.checkout import Checkout
from tests.standins.command_files import Log, parse_command_file, read_log

CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: layers/parcel/pylock.toml
"""
REPOSITORY = {"full_name": "octo/shop", "default_branch": "main"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended. `outputs` and `summary` are what a runner collects."""

    code: int
    out: str
    err: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def said(self) -> str:
        """All that was printed."""
        return self.out + self.err

    @property
    def log(self) -> Log:
        """The output as the runner takes it."""
        return read_log(self.out)

    @property
    def places(self) -> list[str]:
        """Where each error was told: `file:line`, or the name of an input."""
        return re.findall(r"^(\S+(?: \S+)?): error: ", self.err, re.MULTILINE)

    @property
    def json(self) -> Any:
        """Standard output, which must be JSON and nothing else."""
        return json.loads(self.out)


@dataclass(slots=True, kw_only=True)
class Door:
    """A repository, and the environment that commands run in. `folder` is outside of the repository."""

    checkout: Checkout
    folder: Path
    env: dict[str, str]

    @property
    def root(self) -> Path:
        """The top of the repository."""
        return self.checkout.root

    def run(self, *argv: str, here: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """Run the command line; `env` are more variables."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(argv, {**self.env, **(env or {})}, here or self.root)
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def event(self, name: str, payload: Any = None, ref: str = "refs/heads/main", **more: str) -> Ran:
        """Run as a step of a workflow that an event started; `payload` is text for a file that is not JSON.

        `more` are variables, with an underscore for each dash of an input.
        """
        files = {name: self.folder / name for name in ("event.json", "output", "summary")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        text = payload if isinstance(payload, str) else json.dumps({"repository": REPOSITORY, **(payload or {})})
        files["event.json"].write_text(text, encoding="utf-8")
        runner = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": "http://127.0.0.1:9/no-github",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_REF": ref,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_SHA": self.checkout.git("rev-parse", "HEAD"),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_WORKSPACE": str(self.root),
        }
        ran = self.run(env={**runner, **{_variable(name): value for name, value in more.items()}})
        outputs = parse_command_file(files["output"].read_text(encoding="utf-8"))
        summary = files["summary"].read_text(encoding="utf-8")
        return Ran(code=ran.code, out=ran.out, err=ran.err, outputs=outputs, summary=summary)

    def raise_parcel(self, version: str) -> str:
        """Lock another version of the layer's one wheel, and commit; return the commit."""
        self.checkout.lock_wheel("parcel", "parcel", version)
        return self.checkout.commit(f"Raise parcel to {version}")


def pull_request(action: str = "synchronize") -> dict[str, Any]:
    """Return the payload of a pull request from the repository itself."""
    side = {"sha": "c" * 40, "repo": {"full_name": "octo/shop"}}
    return {"action": action, "pull_request": {"number": 7, "head": side, "base": side}}


def _variable(name: str) -> str:
    return name.replace("_", "-").replace("INPUT-", "INPUT_") if name.startswith("INPUT_") else name
