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


def beside_limit(count: int, limit: int) -> tuple[str, str]:
    """Return a size and what it is held against: as `61.0 MB`, or in bytes where both would read the same."""
    told = size_in_words(count), size_in_words(limit)
    return told if told[0] != told[1] else (_in_bytes(count), _in_bytes(limit))


def _in_bytes(count: int) -> str:
    return f"{count:,} byte{'s' * (count != 1)}".replace(",", "\N{NO-BREAK SPACE}")
