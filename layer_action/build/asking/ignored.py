"""What git says of a project's files: some backends leave out what it ignores, and a copy without git would not.

Others, such as setuptools, pack what git ignores too: generated modules, which a step before ours may have made.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from layer_action import process
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table
from layer_action.build.files.tree import BUILD_OUTPUT
from layer_action.model.leftovers import is_source
from layer_action.record import record, replace

_TIMEOUT: Final = 60.0  # seconds
_HEEDING: Final = frozenset({"hatchling.build", "poetry.core.masonry.api", "maturin"})
# the repository's settings are a pull request's to write, and a person's own are no other machine's
_GIT: Final = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ENVIRONMENT: Final = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
_IGNORED: Final = ("--others", "--ignored", "--exclude-standard", "--directory")
_HATCH: Final = (("tool", "hatch", "build"), ("tool", "hatch", "build", "targets", "wheel"))


@record
class Ignored:
    """Paths below a project that its backend leaves out; folders end in a slash."""

    paths: frozenset[str] = frozenset()
    but: tuple[str, ...] = ()

    def __contains__(self, relative: object) -> bool:
        """Tell whether a file is left out: itself, or with a folder that it is in."""
        if not self.paths:
            return False
        path = str(relative)
        parts = path.split("/")
        folders = ("/".join(parts[:count]) + "/" for count in range(1, len(parts)))
        is_ignored = path in self.paths or any(each in self.paths for each in folders)
        return is_ignored and not self._is_wanted(path)

    def _is_wanted(self, relative: str) -> bool:
        name = relative.rpartition("/")[2]
        return any(
            fnmatchcase(relative, each) or fnmatchcase(name, each) or relative.startswith(f"{each}/")
            for each in self.but
        )


def ignored_by_backend(folder: Path) -> Ignored:
    """Return what git ignores of a project, and its backend leaves out for that; nothing outside of a checkout."""
    pyproject = read_pyproject_of(folder)
    if table(pyproject, "build-system").get("build-backend") not in _HEEDING:
        return Ignored()
    hatch = [table(pyproject, *path) for path in _HATCH]
    if any(each.get("ignore-vcs") for each in hatch) or (folder / "hatch.toml").exists():
        return Ignored()
    return replace(ignored(folder), but=tuple(_wanted(pyproject, hatch)))


def ignored(folder: Path) -> Ignored:
    """Return what git ignores below a folder; nothing outside of a checkout."""
    return Ignored(paths=frozenset(_listed(folder, _IGNORED)))


def _wanted(pyproject: Mapping[str, object], hatch: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Yield patterns of what is to be packed although git ignores it."""
    for each in hatch:
        yield from (str(pattern).strip("/") for pattern in array(each.get("artifacts")))
        yield from (str(path).strip("/") for path in table(each, "force-include"))
    for item in array(table(pyproject, "tool", "poetry").get("include")):
        yield str(item.get("path") if isinstance(item, dict) else item).strip("/")


def passed_over(folder: Path) -> list[str]:
    """Return files of a project that git tracks, and that are taken for what tools leave behind: pip would see them."""
    return [path for path in _listed(folder, ("--cached",)) if _looks_made(path)]


def _looks_made(path: str) -> bool:
    parts = [part for part in path.split("/") if not part.startswith(".") and not part.endswith(".egg-info")]
    return bool(parts) and (parts[0] in BUILD_OUTPUT or not all(map(is_source, parts)))


def _listed(folder: Path, options: Sequence[str]) -> list[str]:
    """Return what git lists below a folder; nothing where there is no git, or no checkout of it."""
    git = shutil.which("git")
    if git is None:
        return []
    command = [git, *_GIT, "ls-files", "-z", *options, "--", "."]
    try:
        done = process.run(command, env=_ENVIRONMENT, cwd=folder, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [path for path in done.stdout.split("\0") if path] if done.code == 0 else []
