"""Whether a target loads a wheel, by the tags in its file name, and whether it is one of the wheel's Pythons.

The answers are those of `packaging`, whose import takes longer than a small layer; the tests hold one to the other.
"""

import re
from functools import lru_cache
from typing import Final

from layer_action.model.target import Target

_ANY: Final = "any"
_FIRST_ABI3: Final = 2  # Python 3.2, PEP 384
_TAGS: Final = 3
# a part of Requires-Python
_BOUND: Final = re.compile(
    r"(?P<sign>>=|<|!=)\s*(?P<major>\d{1,9})(?:\.(?P<minor>\d{1,9})(?P<patch>\.\d+)?)?(?P<any>\.\*)?"
)


def fits(filename: str, target: Target) -> bool:
    """Tell whether a target loads a wheel; never for a name that is no wheel's."""
    parts = filename.lower().removesuffix(".whl").rsplit("-", _TAGS)
    if len(parts) <= _TAGS:
        return False
    interpreters, abis, platforms = (frozenset(part.split(".")) for part in parts[1:])
    on_platform = not platforms.isdisjoint(_platforms(target))
    loaded = _loaded(target.python_version)
    return any(
        (on_platform or (abi == "none" and _ANY in platforms)) and not interpreters.isdisjoint(loaded.get(abi, ()))
        for abi in abis
    )


def clearly_admits(pythons: str, target: Target) -> bool:
    """Tell whether a Requires-Python holds for some patch level of a target, as far as that can be told at a glance."""
    return all(_holds(part.strip(), target.python_version) for part in pythons.split(",")) if pythons else True


def _holds(part: str, python: tuple[int, int]) -> bool:
    bound = _BOUND.fullmatch(part)
    if not bound:
        return False
    version = (int(bound["major"]), int(bound["minor"] or 0))
    match bound["sign"], bool(bound["any"]):
        case ">=", False:
            return version <= python
        case "<", False:
            return version > python
        case "!=", is_any:
            return (bool(bound["minor"]) and version != python) if is_any else bool(bound["patch"])
        case _:
            return False


@lru_cache(maxsize=32)
def _platforms(target: Target) -> frozenset[str]:
    return frozenset(target.platforms)


@lru_cache(maxsize=32)
def _loaded(python: tuple[int, int]) -> dict[str, frozenset[str]]:
    """Return the interpreter tags that count, by ABI tag (PEP 425)."""
    major, minor = python
    own = f"cp{major}{minor}"
    older = (f"cp{major}{number}" for number in range(_FIRST_ABI3, minor))
    generic = (f"py{major}{number}" for number in range(minor + 1))
    return {own: frozenset({own}), "abi3": frozenset({own, *older}), "none": frozenset({own, f"py{major}", *generic})}
