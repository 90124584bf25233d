"""Which files of a folder hold what a layer is to have, where nobody has named one."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PYPROJECT: Final = "pyproject.toml"


def asking_in(folder: Path, names: Iterable[str]) -> list[str]:
    """Return those of the names that are files of the folder.

    A pyproject.toml beside others is left out where it asks for nothing itself: many only configure tools.
    """
    there = [name for name in names if (folder / name).is_file()]
    if _PYPROJECT in there and len(there) > 1 and not _asks(folder / _PYPROJECT):
        there.remove(_PYPROJECT)
    return there


def _asks(pyproject: Path) -> bool:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError, RecursionError):
        return True  # what is wrong with it is to be told
    return isinstance(project, dict) and bool(project.get("dependencies"))
