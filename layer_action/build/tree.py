"""Folders of the repository, read the same on every machine: what counts, in which order, with which mode."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# what editors, version control and earlier builds leave behind
_NOT_SOURCE: Final = frozenset(
    {
        "__pycache__",
        ".git",
        ".hg",
        ".svn",
        ".venv",
        ".tox",
        ".nox",
        ".eggs",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".idea",
        ".vscode",
        "node_modules",
        ".DS_Store",
    }
)
# below a project's top only: a package may be called so
_BUILD_OUTPUT: Final = frozenset({"build", "dist"})
_OWNER_MAY_EXECUTE: Final = 0o100


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file below a folder; `relative` is its path in POSIX spelling. The only mode that counts is `executable`."""

    relative: str
    path: Path
    executable: bool


def files_below(folder: Path) -> Iterator[TreeFile]:
    """Yield the source files below a folder, sorted. Symbolic links to folders are not followed."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_SOURCE and not name.endswith(".egg-info")]
        found.extend(
            Path(parent) / name for name in names if name not in _NOT_SOURCE and not name.endswith((".pyc", ".pyo"))
        )
    for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
        yield tree_file(folder, path)


def tree_file(folder: Path, path: Path) -> TreeFile:
    """Return one file below a folder."""
    executable = bool(path.stat().st_mode & _OWNER_MAY_EXECUTE)
    return TreeFile(relative=path.relative_to(folder).as_posix(), path=path, executable=executable)


def project_files(folder: Path) -> Iterator[TreeFile]:
    """Yield the files that a build of a project can depend on: `files_below` without its build outputs."""
    for file in files_below(folder):
        if file.relative.partition("/")[0] not in _BUILD_OUTPUT:
            yield file


def tree_hash(folder: Path) -> str:
    """Return the sha256, as 64 hex digits, over path, mode bit and content of a project's files."""
    state = hashlib.sha256()
    for file in project_files(folder):
        fact = [file.relative, "755" if file.executable else "644", sha256_of(file.path)]
        state.update(json.dumps(fact).encode() + b"\n")
    return state.hexdigest()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
