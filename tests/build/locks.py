"""Locks of a repository, made as a team makes them: by uv."""

import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from tests.build.workshop import Site

PYLOCK = ("pylock.toml",)
UV_LOCK = ("uv.lock",)
UV_PROJECT = """\
[project]
name = "data"
version = "0"
requires-python = ">=3.11"
dependencies = ["shop"]
[project.optional-dependencies]
more = ["six"]
[dependency-groups]
dev = ["attrs"]
lambda = ["attrs"]
"""


def stocked(site: Site) -> Site:
    """Fill the index with what the locks here are made of."""
    site.index.wheel("shop", "1.0", "cart", 'tomli ; python_version < "3.12"')
    site.index.wheel("cart", "2.1")
    site.index.wheel("tomli", "2.0")
    site.index.wheel("six", "1.17")
    site.index.wheel("attrs", "26.1")
    return site


def run_uv(site: Site, *arguments: str) -> None:
    # with a Python named, `uv lock` does not ask each one of the machine who it is
    python = [f"--python={sys.executable}"] if "lock" in arguments else []
    subprocess.run(
        [find_uv_bin(), *arguments, *python],
        cwd=site.root,
        env=site.env | {"UV_CACHE_DIR": str(site.cache / "uv"), "UV_PYTHON_DOWNLOADS": "never"},
        check=True,
        capture_output=True,
    )


def locked_by_uv(site: Site, text: str, *options: str) -> None:
    """Make pylock.toml as a team would."""
    site.write("requirements.in", text)
    run_uv(site, "pip", "compile", "--format=pylock.toml", "-o", "pylock.toml", "requirements.in", *options)
    (site.root / "requirements.in").unlink()


def silence(site: Site) -> None:
    """Take the index away."""
    site.env["UV_DEFAULT_INDEX"] = "http://127.0.0.1:9/simple"
    site.index.files.clear()


def line_of(site: Site, file: str, text: str) -> int:
    lines = Path(site.root / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line == text)
