"""Whether a target loads a wheel, by the tags in its file name.

The answer is that of `packaging.tags`, whose import takes longer than a small layer; the tests hold one to the other.
"""

from functools import lru_cache
from typing import Final

from layer_action.model.target import Target

_ANY: Final = "any"
_FIRST_ABI3: Final = 2  # Python 3.2, PEP 384
_TAGS: Final = 3


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
