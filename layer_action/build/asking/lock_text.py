"""Locks as texts: where each name stands, what they say whatever their spelling, and which projects they name."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from layer_action.build.files.toml import table, tables
from layer_action.errors import Location

UV_LOCK: Final = "uv.lock"
LOCK_AGAIN: Final = "Lock again, with the tool that wrote it; a lock is not to be edited."
_PACKAGE: Final = re.compile(r"\[\[\s*packages?\s*\]\]")
_OVERRIDING: Final = re.compile(r"(?:#.*\n)*#.*\s--overrides?[\s=]")
_NAME: Final = re.compile(r"""name\s*=\s*["'](?P<name>[a-z0-9-]+)["']""")


def lock_lines(text: str, file: str) -> dict[str, Location]:
    """Map each name in a lock to the line where its package begins."""
    found: dict[str, Location] = {}
    opened = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            opened = bool(_PACKAGE.match(line))
        elif opened and (match := _NAME.match(line)):
            found.setdefault(match["name"], Location(file, number))
            opened = False
    return found


def has_untold_overrides(text: str) -> bool:
    """Tell whether a lock was made with overrides that it does not repeat, as the command in its head says."""
    return bool(_OVERRIDING.match(text))


def canonical_lock(document: Mapping[str, object]) -> bytes:
    """Return what a lock says, without comments, spaces and dates."""
    return json.dumps(_undated(document), sort_keys=True, default=str).encode()


def local_places(document: Mapping[str, object]) -> list[str]:
    """Return the paths of projects and files that a lock (uv.lock or PEP 751) names; not that of a uv.lock's own."""
    packages = tables(document.get("packages"))
    of_others = [each for package in packages for each in tables(package.get("wheels"))]
    of_others += [table(package, kind) for package in packages for kind in ("directory", "archive", "sdist")]
    places = [each.get("editable") or each.get("directory") or each.get("path") for each in _sources(document)]
    found = [place for place in places if place != "."] + [each.get("path") for each in of_others]
    return sorted({place for place in found if isinstance(place, str)})


def local_registries(document: Mapping[str, object]) -> list[str]:
    """Return the paths of folders of wheels that a uv.lock takes distributions from; it has no hashes of them."""
    found = (each.get("registry") for each in _sources(document))
    return sorted({place for place in found if isinstance(place, str) and "://" not in place})


def _sources(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return where a uv.lock has each package from."""
    return [table(package, "source") for package in tables(document.get("package"))]


def line_naming(place: str, text: str, file: str) -> Location:
    """Return the first line of a lock that names a place; the file, if it is spelt otherwise there."""
    lines = enumerate(text.splitlines(), start=1)
    return Location(file, next((number for number, line in lines if f'"{place}"' in line), None))


def line_asking(names: Iterable[str], project: str) -> int | None:
    """Return the first line of a pyproject.toml that states a requirement of one of these names, however spelt."""
    spellings = "|".join(re.escape(name).replace(r"\-", "[-_.]+") for name in names)
    asks = re.compile(rf"""["'](?:{spellings})(?![\w.-])""", re.IGNORECASE)
    return next((number for number, line in enumerate(project.splitlines(), start=1) if asks.search(line)), None)


def _undated(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _undated(item) for key, item in value.items() if key != "upload-time"}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_undated(item) for item in value]
    return value
