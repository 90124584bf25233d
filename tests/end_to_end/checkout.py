"""A small repository, the AWS it publishes to, and the real command line as a process of its own."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.standins.wheels import make_wheel, wheel_filename

ROOT = Path(__file__).parents[2]
_GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@shop.example",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@shop.example",
}
_DROPPED = ("AWS_", "GITHUB_", "INPUT_", "RUNNER_", "PIP_", "UV_", "PYTHON")
_KEPT = ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_PYTHON_DOWNLOADS")


@dataclass(slots=True, kw_only=True)
class Checkout:
    """A git repository at `root`; `env` reaches the AWS to publish to."""

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file of the repository."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _GIT
        done = subprocess.run(["git", *arguments], cwd=self.root, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything, in a repository that is made when there is none; return the commit."""
        if not (self.root / ".git").exists():
            self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def lock_wheel(self, layer: str, name: str, version: str, code: str = "") -> None:
        """Commit to one tiny wheel: put it into the repository, and a pylock.toml that names it."""
        content = make_wheel(name, version, {f"{name}.py": code or f"version = '{version}'\n"})
        self.lock_wheels(layer, {(name, version): content})

    def lock_wheels(self, layer: str, wheels: Mapping[tuple[str, str], bytes]) -> None:
        """Commit to wheels, by name and version: put them into the repository, and a pylock.toml that names them."""
        lock = 'lock-version = "1.0"\ncreated-by = "a test"\n'
        for (name, version), content in wheels.items():
            filename = wheel_filename(name, version)
            self.write(f"wheels/{filename}", content)
            lock += (
                f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n\n[[packages.wheels]]\n'
                f'name = "{filename}"\npath = "../../wheels/{filename}"\nsize = {len(content)}\n'
                f'hashes = {{sha256 = "{hashlib.sha256(content).hexdigest()}"}}\n'
            )
        self.write(f"layers/{layer}/pylock.toml", lock)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start the command line; its output is one stream."""
        machine = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED) or name in _KEPT}
        return subprocess.Popen(
            [sys.executable, ROOT / "entrypoint.py", *arguments],
            cwd=self.root,
            env={**machine, "PIP_CONFIG_FILE": "/dev/null", **self.env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0, **more: str) -> str:
        """Run the command line to its end, expect an exit code, return the output."""
        process = self.start(*arguments, **more)
        output, _ = process.communicate(timeout=300)
        assert process.returncode == code, output
        return output
