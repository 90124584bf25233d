"""The paths of several wheels in one order."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple, Protocol

_KEY_BITS: Final = 32
_KEY_MASK: Final = (1 << _KEY_BITS) - 1


class Paths(Protocol):
    """Paths in UTF-8, sorted."""

    @property
    def apart(self) -> bool:
        """Tell whether no path is there twice, nor both as a file and a folder."""
        ...

    def __len__(self) -> int:
        """Count them."""
        ...

    def path(self, number: int) -> bytes:
        """Return one of them."""
        ...


class Run(NamedTuple):
    """Files of one source that follow each other: from the number `start` on, before the number `end`."""

    source: int
    start: int
    end: int


def merged(sources: Sequence[Paths]) -> Iterator[Run]:
    """Yield all files in the order of their paths; of one path, the later source's comes later.

    Sources take turns run by run, because as a rule each has folders of its own. One that is not apart has runs of one.
    """
    heads = [(source.path(0), number, 0) for number, source in enumerate(sources) if len(source)]
    heapify(heads)
    while heads:
        _, number, start = heappop(heads)
        source = sources[number]
        end = start + 1
        if source.apart:
            end = _first_from(heads[0][0], source, end) if heads else len(source)
        yield Run(number, start, end)
        if end < len(source):
            heappush(heads, (source.path(end), number, end))


def _first_from(path: bytes, source: Paths, start: int) -> int:
    """Return the number, from `start` on, of the first that does not come before a path: as a rule it is near."""
    step, end = 1, start
    while end < len(source) and source.path(end) < path:
        start, end, step = end + 1, end + step, step * 2
    return bisect_left(range(min(end, len(source))), path, start, key=source.path)


class Order:
    """Files in an order of their own, each a key: the number of its source, shifted by 32 bits, and its number there.

    Keys that follow each other are kept as one: a layer has many files, and few runs.
    """

    __slots__ = ("_counts", "_firsts", "_length")

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._firsts = array("Q")
        self._counts = array("I")
        self._length = 0

    def add(self, key: int, count: int = 1) -> None:
        """Put a file at the end, and those of its source that follow it."""
        if self._firsts and self._firsts[-1] + self._counts[-1] == key:
            self._counts[-1] += count
        else:
            self._firsts.append(key)
            self._counts.append(count)
        self._length += count

    def __len__(self) -> int:
        """Count the files."""
        return self._length

    def __iter__(self) -> Iterator[int]:
        """Yield the key of each file."""
        for first, count in zip(self._firsts, self._counts, strict=True):
            yield from range(first, first + count)

    def runs(self) -> Iterator[Run]:
        """Yield the files as runs."""
        for first, count in zip(self._firsts, self._counts, strict=True):
            number, start = split(first)
            yield Run(number, start, start + count)


def key_of(source: int, path: int) -> int:
    """Return the key of a source's path."""
    return source << _KEY_BITS | path


def split(key: int) -> tuple[int, int]:
    """Return the source's number and the path's number there."""
    return key >> _KEY_BITS, key & _KEY_MASK
