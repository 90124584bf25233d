"""What git says of a project's files: some backends leave out what it ignores, and a copy without git would not.

Others, such as setuptools, pack what git ignores too: generated modules, which a step before ours may have made.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from layer_action import process
from layer_action.build.asking.poetry_include import included_by_poetry
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table
from layer_action.build.files.tree import BUILD_OUTPUT
from layer_action.errors import BuildError
from layer_action.exhausted import exhausted
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
    """Paths below a project that its backend leaves out, and those that it packs `but`; folders end in a slash."""

    paths: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()

    def __contains__(self, relative: object) -> bool:
        """Tell whether a file is left out: itself, or with a folder that it is in."""
        path = str(relative)
        return _is_among(path, self.paths) and not _is_among(path, self.but)


def ignored_by_backend(folder: Path, root: Path) -> Ignored:
    """Return what the backend of a project in the repository at `root` leaves out because git ignores it.

    hatchling reads the nearest .gitignore itself, as if it lay in the project: what git tracks is no exception.
    """
    pyproject = read_pyproject_of(folder)
    backend = str(table(pyproject, "build-system").get("build-backend"))
    hatch = [table(pyproject, *path) for path in _HATCH]
    if backend not in _HEEDING or any(each.get("ignore-vcs") for each in hatch) or (folder / "hatch.toml").exists():
        return Ignored()
    found = _named_by_nearest(folder.resolve(), root.resolve()) if backend == _HATCHLING else ignored(folder)
    return replace(found, but=frozenset(_wanted(folder, pyproject, hatch))) if found.paths else found


def ignored(folder: Path) -> Ignored:
    """Return what git ignores below a folder; nothing outside of a checkout."""
    return Ignored(paths=frozenset(_listed(folder, (*_IGNORED, "--exclude-standard"))))


def _named_by_nearest(folder: Path, root: Path) -> Ignored:
    """Return what the nearest .gitignore names, in a checkout or not; nothing where there is none."""
    above = (each / ".gitignore" for each in (folder, *folder.parents) if each.is_relative_to(root))
    nearest = next((each for each in above if each.is_file()), None)
    if nearest is None:
        return Ignored()
    return Ignored(paths=frozenset(_matched(folder, nearest)))


def _matched(folder: Path, patterns: Path) -> list[str]:
    """Return what patterns in a file like a .gitignore match below a folder, in a checkout or not."""
    with TemporaryDirectory(prefix="lambda-layer-") as name:
        # all that git takes to be a repository: in this one nothing is tracked
        (Path(name) / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        for part in ("objects", "refs"):
            (Path(name) / part).mkdir()
        apart = {"GIT_DIR": name, "GIT_WORK_TREE": str(folder)}
        return _listed(folder, (*_IGNORED, f"--exclude-from={patterns}"), **apart)


def _wanted(folder: Path, pyproject: Mapping[str, object], hatch: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Yield the paths of what is to be packed although git ignores it."""
    if artifacts := [str(pattern) for each in hatch for pattern in array(each.get("artifacts"))]:
        with TemporaryDirectory(prefix="lambda-layer-") as name:
            patterns = Path(name) / "artifacts"
            patterns.write_text("".join(f"{pattern}\n" for pattern in artifacts), encoding="utf-8")
            yield from _matched(folder.resolve(), patterns)
    for each in hatch:
        yield from (name for path in table(each, "force-include") for name in _file_or_folder(str(path).strip("/")))
    yield from included_by_poetry(folder, pyproject)


def _file_or_folder(path: str) -> tuple[str, str]:
    return path, f"{path}/"


def _is_among(path: str, names: frozenset[str]) -> bool:
    """Tell whether a path, or a folder that it is in, is one of the names."""
    parts = path.split("/") if names else []
    return path in names or any("/".join(parts[:count]) + "/" in names for count in range(1, len(parts)))


def passed_over(folder: Path) -> list[str]:
    """Return files of a project that git tracks, and that are taken for what tools leave behind: pip would see them."""
    return [path for path in _listed(folder, ("--cached",)) if _looks_made(path)]


def _looks_made(path: str) -> bool:
    parts = [part for part in path.split("/") if not part.startswith(".") and not part.endswith(".egg-info")]
    # bytecode beside its source is a slip, and nobody packs it
    return bool(parts) and "__pycache__" not in parts and (parts[0] in BUILD_OUTPUT or not all(map(is_source, parts)))


def _listed(folder: Path, options: Sequence[str], **variables: str) -> list[str]:
    """Return what git lists below a folder; nothing where there is no git, or no checkout of it.

    Raises BuildError where it does not answer: what is ignored would be packed.
    """
    git = shutil.which("git")
    if git is None:
        return []
    command = [git, *_GIT, "ls-files", "-z", *options, "--", "."]
    try:
        done = process.run(command, env=_ENVIRONMENT | variables, cwd=folder, timeout=_TIMEOUT)
    except OSError as error:  # what is called so cannot be run
        if exhausted(error):
            raise
        return []
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"git has not listed the files of {folder.name} in {_TIMEOUT:.0f} seconds.",
            hint="Run again; see that `git ls-files` answers there.",
        ) from error
    return [path for path in done.stdout.split("\0") if path] if done.code == 0 else []
