"""Locks as texts: where each name stands, what they say whatever their spelling, and which projects they name."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

from layer_action.errors import ConfigError, Location

LOCK_AGAIN: Final = "Lock again, with the tool that wrote it; a lock is not to be edited."
_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_PLACE: Final = re.compile(r"\bpackages\[(\d+)\]")
_NAME: Final = re.compile(r"""name\s*=\s*["'](?P<name>[a-z0-9-]+)["']""")


def lock_lines(text: str, file: str) -> dict[str, Location]:
    """Map each name in a lock to the line where its package begins."""
    found: dict[str, Location] = {}
    opened = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("[["):
            opened = True
        elif opened and (match := _NAME.match(line)):
            found.setdefault(match["name"], Location(file, number))
            opened = False
    return found


def line_of_package(content: bytes, file: str, text: str) -> Location:
    """Return the line of the package that a text means by its place, such as `packages[3].wheels`; else the file."""
    if match := _PLACE.search(text):
        starts = [
            number for number, line in enumerate(content.splitlines(), start=1) if line.strip() == b"[[packages]]"
        ]
        return Location(file, dict(enumerate(starts)).get(int(match[1])))
    return Location(file)


def canonical_lock(text: str, file: str) -> bytes:
    """Return what a lock says, without comments, spaces and dates. Raises ConfigError for what is not TOML."""
    try:
        return json.dumps(_undated(tomllib.loads(text)), sort_keys=True, default=str).encode()
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _LINE.search(str(error))
        where = Location(file, int(line[1]) if line else None)
        raise ConfigError(f"{file} is not TOML: {error}.", location=where, hint=LOCK_AGAIN) from error


def local_places(text: str) -> list[str]:
    """Return the paths of projects that a lock (uv.lock or PEP 751) names, but for its own project."""
    document = tomllib.loads(text)
    packages = [*document.get("package", []), *document.get("packages", [])]
    tables = [package.get("source") or package.get("directory") or {} for package in packages]
    places = [table.get("editable") or table.get("directory") or table.get("path") for table in tables]
    return sorted({place for place in places if isinstance(place, str) and place != "."})


def _undated(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _undated(item) for key, item in value.items() if key != "upload-time"}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_undated(item) for item in value]
    return value
