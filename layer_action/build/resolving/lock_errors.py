"""What is wrong with a lock, at the line that it is about: what packaging says of one of PEP 751, and uv of its own."""

import re
from itertools import islice
from typing import Final

from layer_action.build.asking.lock_text import LOCK_AGAIN, lock_lines
from layer_action.errors import ConfigError, Location
from layer_action.model.layer import LayerSpec

_PLACE: Final = re.compile(r"\bpackages\[(\d+)\]")
_KEY: Final = re.compile(r"in '(?P<key>[a-z-]+)")
_UV_LINE: Final = re.compile(r"TOML parse error at line (?P<line>\d+), column \d+ .*\| \^+ (?P<reason>.+?)(?: \^+)?$")
_UV_NAME: Final = re.compile(r"(?P<kind>Package|Dependency) `?(?P<name>[a-z0-9-]+)`? (?P<rest>.*)")
_UV_CHOICE: Final = re.compile(r"\b(?P<kind>Extra|Group)s? `")
_UV_SAID: Final = re.compile(r"^uv failed: (?:Failed to parse `?uv\.lock`?: )?")
_UV_AGAIN: Final = "Run `uv lock`, and commit what it writes; a lock is not to be edited."
_OTHER_UV: Final = "Run `uv lock` with an older uv, or name its pyproject.toml as the layer's requirements."


def of_pylock(message: str, text: str, file: str, hint: str = "") -> ConfigError:
    """Return what is wrong with a lock of PEP 751, at its package or key."""
    return ConfigError(message, location=Location(file, _line_in_pylock(message, text)), hint=hint or LOCK_AGAIN)


def _line_in_pylock(message: str, text: str) -> int | None:
    lines = text.splitlines()
    if match := _PLACE.search(message):
        starts = (number for number, line in enumerate(lines, start=1) if line.strip() == "[[packages]]")
        return next(islice(starts, int(match[1]), None), None) or _first(lines, r"packages\s*=")
    match = _KEY.search(message)
    key = match["key"] if match else "lock-version" if "pylock version" in message else ""
    return _first(lines, rf"{key}\s*=") or 1  # of what is missing, the first


def of_uv_lock(message: str, text: str, file: str, spec: LayerSpec) -> ConfigError:
    """Return what uv says of its lock, in the user's terms: a line of the file, or a key of the config."""
    said = _UV_SAID.sub("", message)
    cannot = f"{file} cannot be read: "
    if choice := _UV_CHOICE.search(said):
        key = f"{choice['kind'].lower()}s"
        where = spec.location(key) or Location(file)
        return ConfigError(f"{cannot}{said}.", location=where, hint=f"Change `{key}` of the layer, or the project.")
    if match := _UV_LINE.search(said):
        where = Location(file, int(match["line"]))
        return ConfigError(f"{cannot}{match['reason']}.", location=where, hint=_UV_AGAIN)
    if match := _UV_NAME.match(said):
        return _of_name(match, text, file)
    if "unsupported schema version" in said:
        where = Location(file, _first(text.splitlines(), r"version\s*="))
        return ConfigError(f"{cannot}{said.partition('. ')[0]}.", location=where, hint=_OTHER_UV)
    return ConfigError(f"{cannot}{said}", location=Location(file), hint=_UV_AGAIN)


def _of_name(match: re.Match[str], text: str, file: str) -> ConfigError:
    """Return what is wrong with a package; of one that others need, uv says the same if there is none or several."""
    name, packages = match["name"], lock_lines(text, file)
    if match["kind"] == "Package":
        reason = f"the package {name} {match['rest']}"
        where = packages.get(name)
    else:
        have = "has several packages" if name in packages else "has no package"
        reason = f"{name} is needed, and the lock {have} of that name"
        where = Location(file, _first(text.splitlines(), rf"\s+\{{ name = \"{re.escape(name)}\""))
    return ConfigError(f"{file} cannot be read: {reason}.", location=where or Location(file), hint=_UV_AGAIN)


def _first(lines: list[str], pattern: str) -> int | None:
    found = re.compile(pattern)
    return next((number for number, line in enumerate(lines, start=1) if found.match(line)), None)
