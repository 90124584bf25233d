"""TOML that users wrote, or a tool of theirs: what is wrong with it is told at its line, what is not there is empty."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

from layer_action.errors import ConfigError, Location

_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_ENDLESS: Final = re.compile(r"=\s*0[xob][0-9a-fA-F_]{1000}")  # of others, Python itself refuses so many digits
_END: Final = "(at end of document)"


def read_toml(text: str, file: str, hint: str) -> dict[str, object]:
    """Return the document that a text is. Raises ConfigError, with the hint."""
    if endless := _ENDLESS.search(text):
        location = Location(file, text.count("\n", 0, endless.start()) + 1)
        raise ConfigError(f"A number in {file} has more digits than can be read.", location=location, hint=hint)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        location = Location(file, _line(str(error), text))
        raise ConfigError(f"{file} is not TOML: {error}.", location=location, hint=hint) from error


def table(found: object, *keys: str) -> Mapping[str, object]:
    """Return a table, or one within it; an empty one where there is none."""
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def array(value: object) -> Sequence[object]:
    """Return what an array holds; nothing where there is none."""
    return value if isinstance(value, list) else ()


def tables(value: object) -> Sequence[Mapping[str, object]]:
    """Return the tables of an array."""
    return [item for item in array(value) if isinstance(item, dict)]


def _line(message: str, text: str) -> int | None:
    if _END in message:
        return max(1, len(text.splitlines()))
    return int(match[1]) if (match := _LINE.search(message)) else None
