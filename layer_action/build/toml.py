"""TOML that users wrote, or a tool of theirs: what is wrong with it is told at its line."""

import re
import tomllib
from typing import Final

from layer_action.errors import ConfigError, Location

_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_END: Final = "(at end of document)"


def read_toml(text: str, file: str, hint: str) -> dict[str, object]:
    """Return the document that a text is. Raises ConfigError, with the hint."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        location = Location(file, _line(str(error), text))
        raise ConfigError(f"{file} is not TOML: {error}.", location=location, hint=hint) from error


def _line(message: str, text: str) -> int | None:
    if _END in message:
        return max(1, len(text.splitlines()))
    return int(match[1]) if (match := _LINE.search(message)) else None
