"""The Pythons that projects of the repository are for: a layer for another one is refused, as installers refuse it."""

import re
from pathlib import Path
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from layer_action.build.asking.asked import Asked, RequiresPython
from layer_action.build.files.places import relative
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.select import admits
from layer_action.errors import ConfigError, Location, ResolutionError
from layer_action.model.target import Target

_NUMBER: Final = re.compile(r"\d+(\.\d+)*")
_STATES: Final = re.compile(r"""\s*["']?requires-python["']?\s*=""")


def stated_in(said: object, text: str, file: str) -> list[RequiresPython]:
    """Return what the `requires-python` of a pyproject.toml says, with its line; nothing where there is none.

    Raises ConfigError for what is no set of versions.
    """
    if said is None:
        return []
    here = _location(text, file)
    if isinstance(said, str) and _is_specifier(said):
        return [RequiresPython(by=file, pythons=said, location=here)]
    number = _NUMBER.search(str(said))
    raise ConfigError(
        f"`requires-python` of {file} says no versions: {said}.",
        location=here,
        hint=f"Write it as `>={number.group() if number else '3.12'}`.",
    )


def stated_by(asked: Asked, metadata: Metadata, root: Path) -> list[RequiresPython]:
    """Return the same of a project that is asked for by its path; where no file says it, at the line that asks."""
    path = root / asked.path / "pyproject.toml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if any(map(_STATES.match, text.splitlines())):
        by = relative(root, path)
        return [RequiresPython(by=by, pythons=metadata.requires_python, location=_location(text, by))]
    return [RequiresPython(by=asked.path, pythons=metadata.requires_python, location=asked.location)]


def without_python(found: list[RequiresPython], target: Target) -> list[ResolutionError]:
    """Return one error for each project that is not for the target. Of its patch levels, Lambda's is among the last."""
    return [
        ResolutionError(
            f"{each.by} is for Python {each.pythons}, not for {target}.",
            location=each.location,
            hint="Change its requires-python, or the `runtimes` of the layer.",
        )
        for each in found
        if not admits(each.pythons, target)
    ]


def _location(text: str, file: str) -> Location:
    lines = enumerate(text.splitlines(), start=1)
    return Location(file, next((number for number, each in lines if _STATES.match(each)), None))


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True
