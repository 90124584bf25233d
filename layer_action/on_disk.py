"""Bytes that may be many: a few are held in memory; more than that stay on disk, and are read when asked for."""

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from heapq import merge
from io import SEEK_END, BytesIO
from itertools import pairwise
from typing import BinaryIO, Final, TypeAlias, overload

from layer_action.errors import BuildError

HELD: Final = 1 << 16  # bytes; the entries of most wheels have fewer
_PAGE: Final = 1 << 12  # bytes that are read for less
_PAGES: Final = 4  # that are kept
_PIECE: Final = 1 << 16
_SORTED_AT_ONCE: Final = 1 << 18  # bytes, with what each line costs as an object
_LINE: Final = 41  # bytes: an object and its place in a list
_READ_AT_ONCE: Final = 1 << 13  # bytes of each part that was sorted
_LENGTH: Final = 4  # bytes before a line on disk


class _Handle:
    """A file that is open as long as somebody has this."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)

    def read(self, at: int, count: int) -> bytes:
        return os.pread(self.number, count, at)


class OnDisk:
    """Bytes of a file from one place on, which nobody changes, to be cut like those in memory."""

    __slots__ = ("_begin", "_handle", "_length", "_page")

    def __init__(self, file: BinaryIO, begin: int, length: int) -> None:
        """Take a file, which may then be closed."""
        self._handle = _Handle(os.dup(file.fileno()))
        self._begin = begin
        self._length = length
        self._page = lru_cache(_PAGES)(partial(_page, self._handle, begin))

    def __len__(self) -> int:
        """Count the bytes."""
        return self._length

    def __getitem__(self, at: slice) -> bytes:
        """Read some of them. Raises BuildError when somebody cut the file short."""
        start, end, _ = at.indices(self._length)
        first, last = start // _PAGE, (end - 1) // _PAGE
        if first == last:
            found = self._page(first)[start - first * _PAGE : end - first * _PAGE]
        else:
            found = self._handle.read(self._begin + start, max(0, end - start))
        if len(found) < end - start:
            raise BuildError("A file of the cache was cut short while it was read.", hint="Build again.")
        return found


Many: TypeAlias = bytes | OnDisk


def kept(pieces: Iterable[bytes], most: int = HELD) -> Many:
    """Put pieces behind each other: at most so many bytes in memory, else in a file without a name."""
    left, held = iter(pieces), BytesIO()
    for piece in left:
        held.write(piece)
        if held.tell() > most:
            break
    else:
        return held.getvalue()
    import tempfile  # noqa: PLC0415 - few wheels have so many files

    with tempfile.TemporaryFile() as file:
        file.write(held.getbuffer())
        file.writelines(left)
        file.flush()
        return OnDisk(file, 0, file.tell())


def rest_of(file: BinaryIO, most: int = HELD) -> Many:
    """Return what a file holds from here on, at most so many bytes in memory; it must not change any more."""
    begin = file.tell()
    length = file.seek(0, SEEK_END) - begin
    if length > most:
        return OnDisk(file, begin, length)
    file.seek(begin)
    return file.read(length)  # said how many, it makes room once


def pieces_of(many: Many) -> Iterator[bytes]:
    """Yield all of them, piece by piece."""
    return (many[at : at + _PIECE] for at in range(0, len(many), _PIECE))


class Lines(Sequence[bytes]):
    """Bytes of many lengths behind each other, found by their numbers; of many, only where each begins is in memory."""

    __slots__ = ("_begins", "_together")

    def __init__(self, lines: Iterable[bytes], most: int = HELD) -> None:
        """Take lines, at most so many bytes into memory."""
        self._begins = array("I", [0])
        self._together = kept(map(self._counted, lines), most)

    def _counted(self, line: bytes) -> bytes:
        self._begins.append(self._begins[-1] + len(line))
        return line

    def __len__(self) -> int:
        """Count the lines."""
        return len(self._begins) - 1

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[bytes, ...]: ...
    def __getitem__(self, number: int | slice) -> bytes | tuple[bytes, ...]:
        """Return a line, or some of them."""
        if isinstance(number, slice):
            return tuple(self[at] for at in range(len(self))[number])
        at = range(len(self))[number]
        return self._together[self._begins[at] : self._begins[at + 1]]

    def __iter__(self) -> Iterator[bytes]:
        """Yield all lines: quicker than one by one."""
        piece, first = b"", 0
        for begin, end in pairwise(self._begins):
            if end > first + len(piece):
                piece, first = self._together[begin : max(end, begin + _PIECE)], begin
            yield piece[begin - first : end - first]


class Spool:
    """Bytes that are put behind each other and read in between: more than so many of them wait on disk.

    For one thread; to be closed.
    """

    def __init__(self, most: int = HELD) -> None:
        """Hold nothing yet."""
        self._most = most
        self._on_disk = False
        self._file: BinaryIO = BytesIO()
        self._length = 0
        self._at_end = True

    def __len__(self) -> int:
        """Count the bytes."""
        return self._length

    def put(self, piece: bytes) -> None:
        """Add some at the end."""
        if not self._at_end:
            self._file.seek(self._length)
            self._at_end = True
        self._file.write(piece)
        self._length += len(piece)
        if self._length > self._most and not self._on_disk:
            self._move()

    def read(self, at: int, count: int) -> bytes:
        """Return some of them."""
        self._at_end = False
        self._file.seek(at)
        return self._file.read(count)

    def close(self) -> None:
        """Forget all."""
        self._file.close()

    def _move(self) -> None:
        import tempfile  # noqa: PLC0415 - few layers have so much

        held, self._file, self._on_disk = self._file, tempfile.TemporaryFile(), True  # noqa: SIM115 - see `close`
        held.seek(0)
        while piece := held.read(_PIECE):
            self._file.write(piece)


def in_order(lines: Iterable[bytes], most: int = _SORTED_AT_ONCE) -> Iterator[bytes]:
    """Yield lines sorted. Of many, parts are sorted in memory, wait on disk and are merged."""
    left = iter(lines)
    last = _sorted_part(left, most)
    part = _sorted_part(left, most)
    if not part:
        yield from last
        return
    import tempfile  # noqa: PLC0415 - few layers have so many files

    ends = array("Q", [0])
    with tempfile.TemporaryFile() as file:
        while part:
            file.writelines(map(_with_length, last))
            ends.append(file.tell())
            last, part = part, _sorted_part(left, most)
        file.flush()
        whole = OnDisk(file, 0, ends[-1])
    yield from merge(last, *(_read_back(whole, begin, end) for begin, end in pairwise(ends)))


def _sorted_part(lines: Iterator[bytes], most: int) -> list[bytes]:
    """Take some lines, and sort them."""
    part, size = [], 0
    for line in lines:
        part.append(line)
        size += len(line) + _LINE
        if size > most:
            break
    part.sort()
    return part


def _with_length(line: bytes) -> bytes:
    return len(line).to_bytes(_LENGTH, "little") + line


def _read_back(many: OnDisk, at: int, end: int) -> Iterator[bytes]:
    """Yield the lines of a part."""
    while at < end:
        piece = many[at : min(end, at + _READ_AT_ONCE)]
        if (first := _end_of_line(piece, 0)) > len(piece):
            piece = many[at : at + first]
        begin = 0
        while begin < len(piece) and (behind := _end_of_line(piece, begin)) <= len(piece):
            yield piece[begin + _LENGTH : behind]
            begin = behind
        at += begin


def _end_of_line(piece: bytes, begin: int) -> int:
    """Return where the line ends whose length stands there; of half a length, that is behind the piece."""
    return begin + _LENGTH + int.from_bytes(piece[begin : begin + _LENGTH], "little")


def _page(handle: _Handle, begin: int, number: int) -> bytes:
    return handle.read(begin + number * _PAGE, _PAGE)
