"""The real command line, run as its users run it: as a process of its own, in the shop's checkout."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from examples.demo.stage import Stage, UntrueError

_ENTRYPOINT: Final = Path(__file__).parents[2] / "entrypoint.py"
# Settings of this machine that would make the demo depend on where it runs.
_DROPPED: Final = ("AWS_", "GITHUB_", "INPUT_", "RUNNER_", "PIP_", "UV_", "PYTHON")
_KEPT: Final = ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "AWS_CA_BUNDLE")


class Tool:
    """Runs `lambda-layer-action …` and shows what it prints."""

    def __init__(self, stage: Stage, checkout: Path, settings: Mapping[str, str]) -> None:
        machine = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED) or name in _KEPT}
        self._stage = stage
        self._checkout = checkout
        self._env = (
            machine | {"PIP_CONFIG_FILE": "/dev/null", "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"} | dict(settings)
        )

    def run(self, *arguments: str, quiet: bool = False, settings: Mapping[str, str] | None = None) -> str:
        """Run one command to its end and return what it printed. Raises UntrueError when it fails."""
        if not quiet:
            self._stage.ran(f"lambda-layer-action {' '.join(arguments)}".rstrip())
        process = subprocess.Popen(
            [sys.executable, _ENTRYPOINT, *arguments],
            cwd=self._checkout,
            env=self._env | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        lines = []
        with process:
            for line in process.stdout or ():
                lines.append(line)
                if not quiet:
                    self._stage.show([line])
        if process.returncode != 0:
            shown = "".join(lines) if quiet else ""
            raise UntrueError(
                f"lambda-layer-action {' '.join(arguments)} ended with exit code {process.returncode}\n{shown}"
            )
        return "".join(lines)
