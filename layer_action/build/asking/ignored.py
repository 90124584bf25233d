"""What git says of a project's files: some backends leave out what it ignores, and a copy without git would not.

Others, such as setuptools, pack what git ignores too: generated modules, which a step before ours may have made.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from layer_action import process
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table
from layer_action.build.files.tree import BUILD_OUTPUT
from layer_action.model.leftovers import is_source
from layer_action.record import record, replace

_TIMEOUT: Final = 60.0  # seconds
_HATCHLING: Final = "hatchling.build"
_HEEDING: Final = frozenset({_HATCHLING, "poetry.core.masonry.api", "maturin"})
# the repository's settings are a pull request's to write, and a person's own are no other machine's
_GIT: Final = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ENVIRONMENT: Final = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
_IGNORED: Final = ("--others", "--ignored", "--directory")
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


def ignored_by_backend(folder: Path, root: Path) -> Ignored:
    """Return what the backend of a project in the repository at `root` leaves out because git ignores it.

    hatchling reads the nearest .gitignore itself, as if it lay in the project: what git tracks is no exception.
    """
    pyproject = read_pyproject_of(folder)
    backend = table(pyproject, "build-system").get("build-backend")
    hatch = [table(pyproject, *path) for path in _HATCH]
    if backend not in _HEEDING or any(each.get("ignore-vcs") for each in hatch) or (folder / "hatch.toml").exists():
        return Ignored()
    found = _named_by_nearest(folder.resolve(), root.resolve()) if backend == _HATCHLING else ignored(folder)
    return replace(found, but=tuple(_wanted(pyproject, hatch)))


def ignored(folder: Path) -> Ignored:
    """Return what git ignores below a folder; nothing outside of a checkout."""
    return Ignored(paths=frozenset(_listed(folder, (*_IGNORED, "--exclude-standard"))))


def _named_by_nearest(folder: Path, root: Path) -> Ignored:
    """Return what the nearest .gitignore names, in a checkout or not; nothing where there is none."""
    above = (each / ".gitignore" for each in (folder, *folder.parents) if each.is_relative_to(root))
    nearest = next((each for each in above if each.is_file()), None)
    if nearest is None:
        return Ignored()
    with TemporaryDirectory(prefix="lambda-layer-") as name:
        # all that git takes to be a repository: in this one nothing is tracked
        (Path(name) / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        for part in ("objects", "refs"):
            (Path(name) / part).mkdir()
        apart = {"GIT_DIR": name, "GIT_WORK_TREE": str(folder)}
        return Ignored(paths=frozenset(_listed(folder, (*_IGNORED, f"--exclude-from={nearest}"), **apart)))


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
    # bytecode beside its source is a slip, and nobody packs it
    return bool(parts) and "__pycache__" not in parts and (parts[0] in BUILD_OUTPUT or not all(map(is_source, parts)))


def _listed(folder: Path, options: Sequence[str], **variables: str) -> list[str]:
    """Return what git lists below a folder; nothing where there is no git, or no checkout of it."""
    git = shutil.which("git")
    if git is None:
        return []
    command = [git, *_GIT, "ls-files", "-z", *options, "--", "."]
    try:
        done = process.run(command, env=_ENVIRONMENT | variables, cwd=folder, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [path for path in done.stdout.split("\0") if path] if done.code == 0 else []
