"""Files that we deflate ourselves: own files, rewritten RECORDs, bytecode, and what a wheel stores plainly."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Final, NamedTuple, TypeAlias

from layer_action.build.contents import CHUNK, deflated
from layer_action.formats.zipdir import DEFLATED
from layer_action.formats.zipentry import entry
from layer_action.record import record

_HELD: Final = 4 << 20  # bytes of deflated files in memory; more than that waits on disk

Chunks: TypeAlias = Callable[[], Iterable[bytes]]


class Packed(NamedTuple):
    """A file of the zip that no wheel holds as it must be: `stream` yields its raw deflate stream. Sizes in bytes."""

    path: str
    stream: Chunks
    zipped: int
    unzipped: int
    crc: int
    executable: bool

    @property
    def entry(self) -> bytes:
        """The directory's entry, without an offset."""
        return entry(
            self.path.encode(),
            method=DEFLATED,
            crc=self.crc,
            compressed=self.zipped,
            uncompressed=self.unzipped,
            executable=self.executable,
        )


@record(kw_only=False)
class Held:
    """A stream in memory."""

    content: bytes

    def __call__(self) -> Iterable[bytes]:
        """Yield it in one piece."""
        return (self.content,)


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

        def stream() -> Iterator[bytes]:
            for at in range(start, end, CHUNK):
                spool.seek(at)  # others may have read in between
                yield spool.read(min(CHUNK, end - at))

        return Packed(path, stream, end - start, counted.size, counted.crc, executable)


def packed(path: str, chunks: Iterable[bytes]) -> Packed:
    """Deflate a file that is known to be small, and keep the result in memory."""
    counted = _Counted(chunks)
    content = b"".join(deflated(counted))
    return Packed(path, Held(content), len(content), counted.size, counted.crc, executable=False)


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
