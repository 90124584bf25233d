"""Where wheels are kept between runs."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from layer_action.errors import InputError, Location
from layer_action.model.leftovers import CACHE_SIGNATURE, CACHE_TAG

# what is kept in it; another user's run may have made the folder before
_PARTS: Final = ("wheels-*", "metadata*", "built", "uv")


def cache_folder(given: str, root: Path, env: Mapping[str, str]) -> Path:
    """Return what the input `cache-dir` names, else the runner's temporary folder, else the user's cache."""
    if given:
        return root / given
    if env.get("RUNNER_TEMP"):
        return Path(env["RUNNER_TEMP"]) / "lambda-layer-action"
    home = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME") or Path.home()) / ".cache")
    return Path(home) / "lambda-layer-action"


def open_cache(given: str, root: Path, env: Mapping[str, str], stack: ExitStack) -> Path:
    """Make the cache folder, or one for this run alone where nobody named any and the usual one cannot be made.

    A `cache-dir` that was filled before may be one that can only be read. Raises InputError for one that cannot be had.
    """
    folder = cache_folder(given, root, env)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = [part for name in _PARTS for part in folder.glob(name)]
        rights = os.R_OK | os.X_OK | (0 if given else os.W_OK)
        problem = next(filter(None, (_problem(part, rights) for part in (folder, *parts))), "")
    except OSError as error:
        problem = error.strerror or str(error)
    if not problem:
        _tag(folder)
        return folder
    if given:
        raise InputError(
            f"the cache folder {given} cannot be used: {problem}",
            hint="Name another folder, or leave `cache-dir` empty.",
            location=Location("input cache-dir"),
        )
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambda-layer-")))


def _tag(folder: Path) -> None:
    """Say to all tools that what is in a folder can be made again; the cache may lie in the repository."""
    tag = folder / CACHE_TAG
    with suppress(OSError):
        if not tag.exists():
            tag.write_text(f"{CACHE_SIGNATURE}\n# What lambda-layer-action downloaded and built.\n", encoding="ascii")


def _problem(folder: Path, rights: int) -> str:
    """Say why a folder is of no use to who needs these rights, "" where it is."""
    if not folder.is_dir():
        return f"{folder.name} is no folder"
    return "" if os.access(folder, rights) else "Permission denied"
