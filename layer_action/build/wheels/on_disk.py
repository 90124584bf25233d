"""Bytes that may be many: a few are held in memory; more than that stay on disk, and are read when asked for."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from io import SEEK_END, BytesIO
from typing import BinaryIO, Final, TypeAlias

from layer_action.errors import BuildError

HELD: Final = 1 << 16  # bytes; the entries of most wheels have fewer
_PAGE: Final = 1 << 12  # bytes that are read for less
_PAGES: Final = 4  # that are kept
_PIECE: Final = 1 << 16


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


def _page(handle: _Handle, begin: int, number: int) -> bytes:
    return handle.read(begin + number * _PAGE, _PAGE)
