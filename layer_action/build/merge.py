"""The paths of several wheels in one order."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

KEY_BITS: Final = 32
KEY_MASK: Final = (1 << KEY_BITS) - 1


class Paths(Protocol):
    """Paths in UTF-8, sorted."""

    def __len__(self) -> int:
        """Count them."""
        ...

    def path(self, number: int) -> bytes:
        """Return one of them."""
        ...

    def paths(self, start: int, end: int) -> Iterator[bytes]:
        """Yield some of them."""
        ...


def merged(sources: Sequence[Paths]) -> Iterator[tuple[bytes, int]]:
    """Yield all paths in order; of one path, the later source's comes later.

    Beside each stands its key: the source's number, shifted by 32 bits, and the path's number there. Sources take
    turns run by run, because as a rule each has folders of its own.
    """
    heads = [(source.path(0), key_of(number, 0)) for number, source in enumerate(sources) if len(source)]
    heapify(heads)
    while heads:
        _, key = heappop(heads)
        number, start = split(key)
        source = sources[number]
        end = bisect_left(range(len(source)), heads[0][0], start + 1, key=source.path) if heads else len(source)
        for path in source.paths(start, end):
            yield path, key
            key += 1
        if end < len(source):
            heappush(heads, (source.path(end), key))


def key_of(source: int, path: int) -> int:
    """Return the key of a source's path."""
    return source << KEY_BITS | path


def split(key: int) -> tuple[int, int]:
    """Return the source's number and the path's number there."""
    return key >> KEY_BITS, key & KEY_MASK
