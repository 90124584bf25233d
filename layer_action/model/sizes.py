"""Sizes as everyone tells them."""

from typing import Final

_KB: Final = 1_000
_MB: Final = 1_000_000
# Below this, one decimal of a megabyte says nothing.
_SMALLEST_IN_MB: Final = 50_000


def size_in_words(count: int) -> str:
    """Return bytes as `61.0 MB` (10^6), small ones as `12 kB`."""
    if abs(count) >= _SMALLEST_IN_MB:
        return f"{count / _MB:.1f} MB"
    return f"{-(-count // _KB)} kB"
