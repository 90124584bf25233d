"""Files that we deflate ourselves: own files, rewritten RECORDs, bytecode, and what a wheel stores plainly."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Final, NamedTuple, Self, TypeAlias

from layer_action.build.wheels.contents import CHUNK, deflated
from layer_action.formats.zipdir import DEFLATED, METHOD_AND_SIZES, OF_CENTRAL
from layer_action.formats.zipentry import NAME_AT, entry
from layer_action.record import record

_HELD: Final = 1 << 20  # bytes of deflated files in memory; more than that waits on disk
_EXECUTABLE: Final = 0o111  # of the mode

Chunks: TypeAlias = Callable[[], Iterable[bytes]]


class Packed(NamedTuple):
    """A file of the zip that no wheel holds as it must be.

    `entry` is the directory's, without an offset: there may be tens of thousands, and it says all of a file. `stream`
    yields its raw deflate stream.
    """

    entry: bytes
    stream: Chunks

    @classmethod
    def of(cls, path: str, stream: Chunks, *, zipped: int, unzipped: int, crc: int, executable: bool = False) -> Self:
        """Describe a file. Sizes in bytes."""
        sizes = {"compressed": zipped, "uncompressed": unzipped}
        return cls(entry(path.encode(), method=DEFLATED, crc=crc, executable=executable, **sizes), stream)

    @property
    def path(self) -> str:
        """The path in the zip."""
        return self.entry[NAME_AT:].decode()

    @property
    def zipped(self) -> int:
        """The length of its stream, in bytes."""
        return int(METHOD_AND_SIZES.unpack_from(self.entry)[1])

    @property
    def unzipped(self) -> int:
        """Its size, in bytes."""
        return int(METHOD_AND_SIZES.unpack_from(self.entry)[2])

    @property
    def crc(self) -> int:
        """Its checksum."""
        return int(OF_CENTRAL.unpack_from(self.entry)[2])

    @property
    def executable(self) -> bool:
        """Whether it may be executed."""
        return bool(OF_CENTRAL.unpack_from(self.entry)[6] >> 16 & _EXECUTABLE)


@record(kw_only=False)
class Held:
    """A stream in memory."""

    content: bytes

    def __call__(self) -> Iterable[bytes]:
        """Yield it in one piece."""
        return (self.content,)


class Waiting:
    """A stream among others in a file."""

    __slots__ = ("_end", "_spool", "_start")

    def __init__(self, spool: IO[bytes], start: int, end: int) -> None:
        """Remember where it is."""
        self._spool = spool
        self._start = start
        self._end = end

    def __call__(self) -> Iterator[bytes]:
        """Yield it in pieces."""
        for at in range(self._start, self._end, CHUNK):
            self._spool.seek(at)  # others may have read in between
            yield self._spool.read(min(CHUNK, self._end - at))


class Packer:
    """Deflates files, and keeps their streams until an ExitStack is closed."""

    def __init__(self, stack: ExitStack) -> None:
        """Keep nothing yet."""
        self._stack = stack
        self._spool: IO[bytes] | None = None

    def pack(self, path: str, chunks: Iterable[bytes], *, executable: bool) -> Packed:
        """Deflate a file of any size; `chunks` are read once."""
        if self._spool is None:
            import tempfile  # noqa: PLC0415 - most layers need none

            self._spool = tempfile.SpooledTemporaryFile(_HELD)  # noqa: SIM115 - the stack closes it
            self._stack.enter_context(self._spool)
        spool = self._spool
        start = spool.seek(0, 2)
        counted = _Counted(chunks)
        for piece in deflated(counted):
            spool.write(piece)
        end = spool.tell()
        return Packed.of(
            path,
            Waiting(spool, start, end),
            zipped=end - start,
            unzipped=counted.size,
            crc=counted.crc,
            executable=executable,
        )


def packed(path: str, chunks: Iterable[bytes]) -> Packed:
    """Deflate a file that is known to be small, and keep the result in memory."""
    counted = _Counted(chunks)
    content = b"".join(deflated(counted))
    return Packed.of(path, Held(content), zipped=len(content), unzipped=counted.size, crc=counted.crc)


class _Counted:
    """Chunks whose size and checksum are known once they have passed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.size = 0
        self.crc = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.crc = zlib.crc32(chunk, self.crc)
            self.size += len(chunk)
            yield chunk
