"""What is to be said of a source although it became a wheel."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layer_action.build.asking.ignored import passed_over
from layer_action.build.files.tree import BUILD_OUTPUT
from layer_action.build.sources.history import may_fall_back
from layer_action.model.layer import Finding, Severity
from layer_action.model.lock import LockedDistribution, Source, SourceKind
from layer_action.model.own_files import POINTER
from layer_action.model.target import Target
from layer_action.record import replace

_LONGEST_POINTER: Final = 1024  # bytes
_QUOTED: Final = 3  # files
_STATE_ALL: Final = "Or let its pyproject.toml say all: [project] with a version and dependencies, and no setup.py."
_BESIDE: Final = re.compile(
    rb"""["']\.\.["'/]|\.parent\s*\.parent\b|\.parents\[[1-9]|\bdirname\(\s*(?:os\.path\.)?dirname\("""
)


def built_by_another(found: LockedDistribution, python: str, target: Target) -> Finding:
    """Say that a source became a wheel by another Python than the one that will run it."""
    is_own = isinstance(found.origin, Source) and found.origin.kind is SourceKind.DIRECTORY
    return Finding(
        severity=Severity.WARNING,
        check="built-by-another-python",
        distribution=found.name,
        message=f"{found.name} {found.version} is built by Python {python} for {target.runtime}, "
        "and its build may look at that.",
        ways_out=(
            f"Let uv fetch Python {target.python}, or install it where every user may run it.",
            *((_STATE_ALL,) if is_own else ()),
        ),
    )


def of_public_index(found: LockedDistribution, variable: str) -> list[Finding]:
    """Say that what a build asks for comes from the public index, where a variable names one that needs a login."""
    if not variable:
        return []
    return [
        Finding(
            severity=Severity.WARNING,
            check="build-asks-public-index",
            distribution=found.name,
            message=f"What the build of {found.name} {found.version} asks for came from the public index: "
            f"no build sees the login in {variable}.",
            ways_out=("Give builds an index without a login in PIP_INDEX_URL, beside UV_DEFAULT_INDEX for all else.",),
        )
    ]


def pointers(found: LockedDistribution, source: Source, wheel: Path) -> list[Finding]:
    """Say which files of a wheel are what Git LFS has in the place of files."""
    with zipfile.ZipFile(wheel) as archive:
        small = [info for info in archive.infolist() if len(POINTER) < info.file_size <= _LONGEST_POINTER]
        paths = [info.filename for info in small if archive.read(info).startswith(POINTER)]
    here = source.kind is SourceKind.DIRECTORY
    hint = "Check out with `lfs: true` (actions/checkout)." if here else "Git addresses are read without Git LFS."
    return _told(found, "pointer-of-lfs", "holds pointers of Git LFS, not the files", paths, hint)


def leftovers(found: LockedDistribution, source: Source, root: Path) -> list[Finding]:
    """Say which files of a project git tracks, and a build does not see."""
    paths = passed_over(root / source.location) if source.kind is SourceKind.DIRECTORY else []
    hint = "Call them otherwise, if the project packs them: such names are what tools leave behind."
    told = _told(found, "taken-for-leftovers", "is built without files that git tracks", paths, hint)
    if all(path.partition("/")[0] in BUILD_OUTPUT for path in paths):  # beside the packages, most often
        return [replace(each, severity=Severity.NOTICE) for each in told]
    return told


def beside(found: LockedDistribution, source: Source, root: Path) -> list[Finding]:
    """Say that a project may read what lies beside it: a build that finds nothing there often makes no fuss."""
    script = root / source.location / source.subdirectory / "setup.py"
    if source.kind is not SourceKind.DIRECTORY or not script.is_file() or not _BESIDE.search(script.read_bytes()):
        return []
    return [
        Finding(
            severity=Severity.WARNING,
            check="reads-beside",
            distribution=found.name,
            message=f"{found.name} {found.version} speaks in its setup.py of what lies beside it: no build sees that.",
            ways_out=("Bring what it reads into its folder; a link will do.",),
        )
    ]


def without_history(found: LockedDistribution, source: Source, root: Path) -> list[Finding]:
    """Say that a version is none, or may be, because a build sees no history: versioneer makes no fuss of it."""
    if source.kind is not SourceKind.DIRECTORY:
        return []
    is_unknown = found.version.endswith("+unknown")
    if not is_unknown and not may_fall_back(root / source.location / source.subdirectory):
        return []
    has_it = "is" if is_unknown else "may be"
    return [
        Finding(
            severity=Severity.WARNING,
            check="version-unknown",
            distribution=found.name,
            message=f"{found.name} has the version {found.version}: its own {has_it} in git's history, "
            "which no build sees.",
            ways_out=("Write its version in its pyproject.toml.",),
        )
    ]


def _told(found: LockedDistribution, check: str, what: str, paths: Sequence[str], hint: str) -> list[Finding]:
    more = f" and {len(paths) - _QUOTED} more" if len(paths) > _QUOTED else ""
    finding = Finding(
        severity=Severity.WARNING,
        check=check,
        distribution=found.name,
        message=f"{found.name} {found.version} {what}: {', '.join(sorted(paths)[:_QUOTED])}{more}.",
        ways_out=(hint,),
    )
    return [finding] if paths else []
