"""Wheels built from source, kept by what they were built from; machines of other architectures hand theirs over so.

    <cache>/built/<name>/<identity>/<runtime>-<architecture>/<file name>   the wheel
    <cache>/built/<name>/<identity>/<runtime>-<architecture>/wheel.json    its name and sha256, and who built it

A job copies the folder `built` of its `cache-dir` to another job as it is: no name in it holds a colon. A wheel is used
only for the source identity that the plan counts, and only if it is what `wheel.json` says and fits the target.
"""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from layer_action.build.sources.wanted import BuiltWheel, Wanted
from layer_action.build.wheels.fit import fits
from layer_action.errors import BuildError, UnsafeWheelError
from layer_action.exhausted import exhausted
from layer_action.formats.digest import sha256_of
from layer_action.model.layer import LayerContent
from layer_action.model.lock import LockedDistribution, Source

_FOLDER: Final = "built"
_NOTE: Final = "wheel.json"
_BUILT_BY: Final = "built-by"
_IDENTITY: Final = re.compile(r"(tree|sha256|commit):[0-9a-f]{40,64}")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ForeignWheelError(BuildError):
    """A wheel that was compiled for another machine, or another Python, than the target's."""


def wanted_by(content: LayerContent, found: LockedDistribution) -> Wanted:
    """Return what a build of one of an artifact's distributions must come to: for the oldest Python of its targets.

    What that compiles, if anything, loads on the others too.
    """
    first, *also = sorted(content.targets, key=lambda target: (target.python_version, target.architecture))
    return Wanted(name=found.name, version=found.version, target=first, also=tuple(also))


class BuiltWheels:
    """What was built, below a cache folder that need not exist."""

    def __init__(self, cache: Path) -> None:
        """Touch nothing yet."""
        self._folder = cache / _FOLDER

    def find(self, source: Source, wanted: Wanted) -> BuiltWheel | None:
        """Return the wheel of a source for a target, None where nobody built it.

        Raises UnsafeWheelError for one that is not what its note says, BuildError for one that does not fit.
        """
        folder = self._place(source, wanted)
        note = folder / _NOTE if folder else None
        if folder is None or note is None or not note.is_file():
            return None
        try:
            said = json.loads(note.read_bytes())
            path = folder / Path(str(said["filename"])).name
            intact = not path.is_symlink() and path.is_file() and sha256_of(path) == said["sha256"]
            python = str(said[_BUILT_BY])
        except (OSError, ValueError, TypeError, KeyError) as error:
            if exhausted(error):
                raise
            path, intact, python = note, False, ""
        if not intact:
            raise UnsafeWheelError(
                f"The wheel that was handed over for {wanted.name} {wanted.version} is not the one that was built.",
                hint=f"Remove {folder} and build it again.",
            )
        check_built(path, wanted, source)
        return BuiltWheel(path=path, python=python)

    def keep(self, source: Source, wanted: Wanted, built: BuiltWheel) -> None:
        """Keep a wheel that was just built and checked. Raises BuildError where that cannot be."""
        folder = self._place(source, wanted)
        try:
            if folder is not None:
                _keep(built, folder)
        except OSError as error:
            if exhausted(error):
                raise
            raise BuildError(
                f"The wheel of {wanted.name} {wanted.version} cannot be kept in the cache: {error.strerror or error}.",
                hint="Let `cache-dir` name a folder that can be written to.",
            ) from error

    def otherwise(self, source: Source, wanted: Wanted) -> str:
        """Say what there is of a name instead of the wheel that is missing; "" when there is nothing."""
        folder = self._place(source, wanted)
        if folder is None or not folder.parent.parent.is_dir():
            return ""
        notes = folder.parent.parent.glob(f"*/*/{_NOTE}")
        found = sorted(f"{note.parent.name} from {note.parent.parent.name[:17]}" for note in notes)
        return f"Of {wanted.name} there is only: {', '.join(found)}." if found else ""

    def _place(self, source: Source, wanted: Wanted) -> Path | None:
        """Return the folder of a wheel; what a lock says becomes a path only if it is tame."""
        if not (_IDENTITY.fullmatch(source.identity) and _NAME.fullmatch(wanted.name)):
            return None
        target = f"{wanted.target.runtime}-{wanted.target.architecture}"
        return self._folder / wanted.name / source.filename / target


def _keep(built: BuiltWheel, folder: Path) -> None:
    """Copy a wheel; its note appears last, so half a copy is never found."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="part-") as name:
        wheel = built.path
        copy = Path(shutil.copyfile(wheel, Path(name) / wheel.name))
        note = Path(name) / _NOTE
        said = {"filename": wheel.name, "sha256": sha256_of(copy), _BUILT_BY: built.python}
        note.write_text(json.dumps(said) + "\n", encoding="utf-8")
        os.replace(copy, folder / wheel.name)  # noqa: PTH105 - said as what it is: atomic
        os.replace(note, folder / _NOTE)  # noqa: PTH105


def check_built(wheel: Path, wanted: Wanted, source: Source) -> None:
    """Hold the name of a source's wheel against what was wanted. Raises BuildError."""
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise BuildError(
            f"The build of {wanted.name} gave {wheel.name}, which is not a wheel's name.",
            hint="Its build backend is at fault: ask for another version, or for one with wheels.",
        ) from error
    if name != canonicalize_name(wanted.name) or (wanted.version and version != Version(wanted.version)):
        place = "…" if "://" in source.location else f"./{source.location}"
        hint = "Name and version of a source must follow from its files alone: see its pyproject.toml or setup.py."
        if name != canonicalize_name(wanted.name):
            hint += f"\nIf it is the one that is meant, write its name before its place: `{name} @ {place}`."
        raise BuildError(
            f"The build of {f'{wanted.name} {wanted.version}'.rstrip()} gave {wheel.name}: "
            "another distribution or version.",
            hint=hint,
        )
    for target in () if wanted.metadata_only else (wanted.target, *wanted.also):
        if not fits(wheel.name, target):
            raise ForeignWheelError(
                f"{wanted.name} {version} was compiled for another platform: {wheel.name} does not run on {target}.",
                hint=f"Ask for a version that has a wheel for {target}, or make the project pure Python.\n"
                f"Or build it on Python {target.python} and {target.architecture}: run `build` there with a "
                "`cache-dir`, and bring the folder `built` in it into the `cache-dir` of this run.",
            )
