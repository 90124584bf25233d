"""Files that we deflate ourselves: own files, rewritten RECORDs, bytecode, and what a wheel stores plainly."""

import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Final, NamedTuple, Self, TypeAlias, overload

from layer_action.build.wheels.contents import CHUNK, deflated
from layer_action.formats.zipdir import DEFLATED, METHOD_AND_SIZES, OF_CENTRAL
from layer_action.formats.zipentry import NAME_AT, entry
from layer_action.on_disk import HELD, Spool
from layer_action.record import record

_HELD: Final = 1 << 18  # bytes of deflated files in memory; more than that waits on disk
_EXECUTABLE: Final = 0o111  # of the mode
_START: Final = 8  # bytes

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

    def content(self) -> Iterator[bytes]:
        """Yield what it holds, a piece at a time: a few bytes of a stream may be very many."""
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        for piece in self.stream():
            left = piece
            while left:
                yield engine.decompress(left, CHUNK)
                left = engine.unconsumed_tail
        yield engine.flush()


@record(kw_only=False)
class Held:
    """A stream in memory."""

    content: bytes

    def __call__(self) -> Iterable[bytes]:
        """Yield it in one piece."""
        return (self.content,)


class Waiting:
    """A stream among others."""

    __slots__ = ("_end", "_spool", "start")

    def __init__(self, spool: Spool, start: int, end: int) -> None:
        """Remember where it is."""
        self._spool = spool
        self.start = start
        self._end = end

    def __call__(self) -> Iterator[bytes]:
        """Yield it in pieces."""
        return (self._spool.read(at, min(CHUNK, self._end - at)) for at in range(self.start, self._end, CHUNK))


class Packer:
    """Deflates files, and keeps their streams until an ExitStack is closed."""

    def __init__(self, stack: ExitStack) -> None:
        """Keep nothing yet."""
        self._stack = stack
        self._streams = self.spool(_HELD)

    def spool(self, most: int) -> Spool:
        """Return a spool that is closed with the streams."""
        return self._stack.enter_context(closing(Spool(most)))

    def pack(self, path: str, chunks: Iterable[bytes], *, executable: bool) -> Packed:
        """Deflate a file of any size; `chunks` are read once."""
        start = len(self._streams)
        counted = _Counted(chunks)
        for piece in deflated(counted):
            self._streams.put(piece)
        end = len(self._streams)
        return Packed.of(
            path,
            Waiting(self._streams, start, end),
            zipped=end - start,
            unzipped=counted.size,
            crc=counted.crc,
            executable=executable,
        )

    def waiting(self, start: int, size: int) -> Waiting:
        """Return the stream of a file that was packed."""
        return Waiting(self._streams, start, start + size)


class PackedFiles(Sequence[Packed]):
    """Packed files behind each other, each made when it is asked for: there may be tens of thousands."""

    __slots__ = ("_begins", "_entries", "_held", "_packer")

    def __init__(self, packer: Packer) -> None:
        """Hold none yet."""
        self._packer = packer
        self._entries = packer.spool(HELD)  # each behind the place of its stream
        self._begins = array("I", [0])
        self._held: dict[int, Chunks] = {}  # streams that do not wait, by number of a file

    def add(self, file: Packed) -> None:
        """Put one more at the end."""
        start = file.stream.start if isinstance(file.stream, Waiting) else 0
        if not isinstance(file.stream, Waiting):
            self._held[len(self)] = file.stream
        self._entries.put(start.to_bytes(_START, "little") + file.entry)
        self._begins.append(len(self._entries))

    def __len__(self) -> int:
        """Count the files."""
        return len(self._begins) - 1

    @overload
    def __getitem__(self, number: int) -> Packed: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Packed, ...]: ...
    def __getitem__(self, number: int | slice) -> Packed | tuple[Packed, ...]:
        """Return a file, or some of them."""
        if isinstance(number, slice):
            return tuple(self[at] for at in range(len(self))[number])
        at = range(len(self))[number]
        begin, end = self._begins[at : at + 2]
        found = self._entries.read(begin, end - begin)
        start, entry = int.from_bytes(found[:_START], "little"), found[_START:]
        return Packed(entry, self._held.get(at) or self._packer.waiting(start, METHOD_AND_SIZES.unpack_from(entry)[1]))

    def path(self, number: int) -> str:
        """Return the path in the zip of one of them."""
        begin, end = self._begins[number : number + 2]
        begin += _START + NAME_AT
        return self._entries.read(begin, end - begin).decode()


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
