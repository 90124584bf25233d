"""Projects that look at git: for their version, and for the files to pack, in the one commit of a copy."""

import re
import subprocess
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action import process
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table
from layer_action.build.wheels.pep508 import readable
from layer_action.errors import BuildError

_TIMEOUT: Final = 120.0  # seconds
_PACKS_BY_GIT: Final = frozenset({"setuptools-scm", "setuptools-git"})
_FALLS_BACK: Final = frozenset({"setuptools-git-versioning"})
_IN_SCRIPT: Final = re.compile(rb"""["'\s](setuptools[-_.](?:scm|git(?:[-_.]versioning)?))(?![-_.\w])""", re.IGNORECASE)
_ASKS_GIT: Final = re.compile(rb"""\bgit\b["',\s]+(?:describe|rev-list|rev-parse)\b""")
_ASKS_HISTORY: Final = b"use_scm_version"
_BY_ITSELF: Final = "simple"  # an extra with which it needs no table of its own
_WHEN: Final = "1980-01-01T00:00:00Z"
_NOBODY: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    **{f"GIT_{role}_{part}": "copy" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    "GIT_AUTHOR_DATE": _WHEN,
    "GIT_COMMITTER_DATE": _WHEN,
}


def packs_by_git(project: Path) -> bool:
    """Tell whether a build asks git for the files of a project, and states a version without its history."""
    extras = _extras_of_it(project)
    return extras is not None and (bool(stated_version(project)) or not _asks_history(project, extras))


def stated_version(project: Path) -> str:
    """Return the version that a project states for builds without history."""
    version = table(read_pyproject_of(project), "tool", "setuptools_scm").get("fallback_version")
    return version if isinstance(version, str) else ""


def may_fall_back(project: Path) -> bool:
    """Tell whether a build may state a version of its own where it finds no history, without a word."""
    if "version" in table(read_pyproject_of(project), "project"):
        return False
    asked = {name for name, _ in _asked_for(project)}
    return bool(asked & _FALLS_BACK) or any(_ASKS_GIT.search(text) for text in _scripts(project))


def _asks_history(project: Path, extras: Container[str]) -> bool:
    """Tell whether a project takes its version from history."""
    pyproject = read_pyproject_of(project)
    if "version" in table(pyproject, "project"):
        return False
    in_script = any(_ASKS_HISTORY in text for text in _scripts(project))
    return in_script or "setuptools_scm" in table(pyproject, "tool") or _BY_ITSELF in extras


def _extras_of_it(project: Path) -> Container[str] | None:
    """Return the extras of what packs by git that a build asks for; None where it does without."""
    return next((extras for name, extras in _asked_for(project) if name in _PACKS_BY_GIT), None)


def _asked_for(project: Path) -> Iterator[tuple[str, Container[str]]]:
    """Yield names and extras of what a build asks for, also in `setup_requires`, as far as that is known to matter."""
    for each in array(table(read_pyproject_of(project), "build-system").get("requires")):
        if requirement := readable(str(each)):
            yield canonicalize_name(requirement.name), requirement.extras
    for text in _scripts(project):
        yield from ((canonicalize_name(name.decode()), ()) for name in _IN_SCRIPT.findall(text))


def _scripts(project: Path) -> list[bytes]:
    paths = (project / "setup.py", project / "setup.cfg")
    return [path.read_bytes() for path in paths if path.is_file()]


def commit_copy(folder: Path, paths: Iterable[str], env: Mapping[str, str]) -> None:
    """Make a repository of a folder, in which these paths are committed. Raises BuildError."""
    settings = process.plain_environment(env) | _NOBODY
    named = "\0".join(paths)
    commands = (
        (["init", "--quiet"], ""),
        (["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"], named),
        (["commit", "--quiet", "--allow-empty", "--message=copy"], ""),
    )
    for command, stdin in commands:
        try:
            done = process.run(
                ["git", "--literal-pathspecs", *command], env=settings, cwd=folder, timeout=_TIMEOUT, stdin=stdin
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise BuildError(
                f"The program git is missing, or does not answer: {type(error).__name__}.",
                hint="Install it: setuptools-scm asks it for the files of a project.",
            ) from error
        if done.code != 0:
            raise BuildError(f"git {command[0]} failed: {done.stderr.strip()}", hint="See that git works here.")
