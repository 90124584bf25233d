"""The shop's repository as its team has it: a git clone with history, a remote, branches and tags."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Final

_SHOP: Final = Path(__file__).parents[1] / "shop"
_UV: Final = Path(__file__).parents[2] / ".venv" / "bin" / "uv"
# The command of the shop's README.
_LOCK: Final = (
    "pip compile requirements.in --format pylock.toml -o pylock.toml --quiet --no-config"
    " --python-version 3.12 --python-platform x86_64-manylinux_2_28 --only-binary :all:"
)
# Nothing of the machine's own git settings may decide how the demo goes.
_GIT: Final = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@shop.example",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@shop.example",
}


class Shop:
    """A working copy. Every change goes through git, as the team's would."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, folder: Path) -> "Shop":
        """Copy the example, lock pandas as the team does, and commit all of it."""
        shop = cls(folder / "shop")
        shutil.copytree(_SHOP, shop.root, ignore=shutil.ignore_patterns("__pycache__"))
        shop.lock("data")
        shop.git("init", "--quiet", "--initial-branch=main")
        shop.commit("Declare the layers of the shop")
        shop.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "origin.git"))
        shop.git("remote", "add", "origin", str(folder / "origin.git"))
        shop.push()
        shop.git("remote", "set-head", "origin", "main")
        return shop

    def git(self, *arguments: str) -> str:
        """Run git in the working copy and return what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _GIT
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=env, check=True, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return done.stdout.strip()

    def lock(self, layer: str) -> None:
        """Write the layer's pylock.toml from its requirements.in, with the command of the shop's README."""
        folder = self.root / "layers" / layer
        env = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        subprocess.run(
            [str(_UV), *_LOCK.split()],
            cwd=folder,
            env=env | {"UV_PYTHON_DOWNLOADS": "never"},
            check=True,
        )

    def locked(self, layer: str) -> tuple[str, ...]:
        """Return `name==version` for each package of the layer's lock."""
        lock = tomllib.loads((self.root / "layers" / layer / "pylock.toml").read_text(encoding="utf-8"))
        return tuple(f"{package['name']}=={package['version']}" for package in lock["packages"])

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file that must be there."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{path} does not hold {old!r}")
        file.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def push(self) -> None:
        """Push the branch and all tags."""
        self.git("push", "--quiet", "--tags", "--set-upstream", "origin", "HEAD")

    def branch(self, name: str) -> None:
        """Start a branch from here."""
        self.git("switch", "--quiet", "--create", name)

    def merge(self, branch: str) -> None:
        """Merge a branch into main, as the button on GitHub does, and push."""
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "-m", f"Merge pull request from {branch}", branch)
        self.push()

    def tag(self, name: str) -> None:
        """Tag the head and push."""
        self.git("tag", name)
        self.push()
