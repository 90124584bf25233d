"""Variables of the environment in URLs and index options, filled in as pip does."""

import re
from collections.abc import Mapping
from typing import Final

from layer_action.build.files.places import CORRECT_URL, is_address
from layer_action.credentials import CANNOT_BE_ASKED, WHOLE_ADDRESS, can_be_asked
from layer_action.errors import ConfigError, Location

_NO_INDEX: Final = ("--no-index", "--trusted-host")
_VARIABLE: Final = re.compile(r"\$\{([A-Z0-9_]+)\}")
# What no requirement needs, and no server but AWS's and the runner's own may be told.
_NEVER_FILLED: Final = ("AWS_", "ACTIONS_", "INPUT_")


class IndexOptionError(ConfigError):
    """A line that names an index that may not be asked, or cannot be: what that index holds, nobody knows."""


def filled(text: str, env: Mapping[str, str]) -> str:
    """Return a text with `${NAME}` replaced where the environment has it."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return ("" if name.startswith(_NEVER_FILLED) else env.get(name, "")) or match[0]

    return _VARIABLE.sub(value, text)


def may_be_address(url: str) -> bool:
    """Tell whether an URL can be one once its variables are filled in."""
    return is_address(_VARIABLE.sub("0", url))


def filled_url(url: str, env: Mapping[str, str], location: Location) -> str:
    """Return an URL with its variables filled in. Raises ConfigError where it is none then."""
    url = filled(url, env)
    check_filled(url, location)
    return url


def check_filled(url: str, location: Location) -> None:
    """Hold an URL whose variables are filled in to be one; it may hold a login, and is not told."""
    if not is_address(url):
        raise ConfigError("With its variables filled in, this URL is none.", location=location, hint=CORRECT_URL)


def check_index(option: str, value: str, location: Location) -> None:
    """Hold what an index option names, its variables filled in, to be what can be asked. Raises IndexOptionError."""
    if option not in _NO_INDEX and not can_be_asked(value):
        raise IndexOptionError(f"{option} {CANNOT_BE_ASKED}", location=location, hint=WHOLE_ADDRESS)
