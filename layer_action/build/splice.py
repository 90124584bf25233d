"""Write a layer's zip by copying the compressed streams of wheels: nothing is deflated that already is.

Same entries, same bytes: dates are 1980-01-01, modes 0644 or 0755, there are no extra fields, comments or data
descriptors. The sha256 that AWS will report is taken from the bytes as they go by; memory stays flat.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from layer_action.build.contents import CHUNK
from layer_action.build.layout import Entry, Layout, Packed
from layer_action.build.members import is_executable
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import (
    CENTRAL_HEADER,
    CENTRAL_SIGNATURE,
    DEFLATED,
    END_RECORD,
    END_SIGNATURE,
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    data_start,
)

_VERSION: Final = 20  # deflate and folders
_UNIX: Final = 3 << 8 | _VERSION
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first that DOS knows
_FILE: Final = 0o100644 << 16
_EXECUTABLE: Final = 0o100755 << 16
_BLOCK: Final = 1 << 20  # bytes gathered before they are hashed and written
_PIECES: Final = 1 << 11  # or so many of them: each costs memory of its own
_GUESSED_EXTRA: Final = 32  # bytes of a local extra field that are read along
_LARGEST: Final = 0xFFFFFFFF
_MOST: Final = 0xFFFE


class _Head(NamedTuple):
    """What both headers of an entry say."""

    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    uncompressed: int
    external: int


def splice(layout: Layout, into: BinaryIO) -> str:
    """Write the zip and return its sha256 in base64, as AWS reports it. Raises BuildError."""
    if len(layout.entries) > _MOST or layout.zipped > _LARGEST:
        raise BuildError(
            f"The layer would have {len(layout.entries)} files and {layout.zipped} bytes: more than a plain zip holds.",
            hint="Leave something out with exclude, or split the layer.",
        )
    sink = _Sink(into)
    directory = bytearray()
    for entry in layout.entries:
        head = _head(entry)
        directory += _central(head, sink.position)
        sink.put(_local(head))
        sink.put(head.name)
        before = sink.position
        for chunk in _data(entry):
            sink.put(chunk)
        if sink.position - before != head.compressed:
            raise BuildError(f"{entry.path} changed while the layer was built.", hint="Build again.")
    start = sink.position
    size = len(directory)
    sink.put(directory)
    count = len(layout.entries)
    sink.put(END_RECORD.pack(END_SIGNATURE, 0, 0, count, count, size, start, 0))
    return sink.finish()


class _Sink:
    """Where the zip goes: gathers small pieces, hashes and writes large ones."""

    def __init__(self, into: BinaryIO) -> None:
        self.position = 0
        self._into = into
        self._pieces: list[bytes | bytearray | memoryview] = []
        self._gathered = 0
        self._sha256 = hashlib.sha256()

    def put(self, piece: bytes | bytearray | memoryview) -> None:
        length = len(piece)
        self.position += length
        self._gathered += length
        self._pieces.append(piece)
        if self._gathered >= _BLOCK or len(self._pieces) >= _PIECES:
            self._flush()

    def _flush(self) -> None:
        block = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._gathered = 0
        self._sha256.update(block)
        self._into.write(block)

    def finish(self) -> str:
        if self._pieces:
            self._flush()
        return base64.b64encode(self._sha256.digest()).decode()


def _head(entry: Entry) -> _Head:
    name = entry.path.encode()
    flags = 0 if name.isascii() else _UTF8
    if isinstance(entry, Packed):
        size, external = entry.size, _EXECUTABLE if entry.executable else _FILE
        return _Head(name, flags, DEFLATED, size.crc, size.compressed, size.uncompressed, external)
    member = entry.member
    external = _EXECUTABLE if is_executable(member) else _FILE
    return _Head(name, flags, member.method, member.crc, member.compressed, member.uncompressed, external)


def _local(head: _Head) -> bytes:
    name, flags, method, crc, compressed, uncompressed, _ = head
    return LOCAL_HEADER.pack(
        LOCAL_SIGNATURE, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, len(name), 0
    )


def _central(head: _Head, offset: int) -> bytes:
    name, flags, method, crc, compressed, uncompressed, external = head
    fixed = CENTRAL_HEADER.pack(
        CENTRAL_SIGNATURE, _UNIX, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, len(name),
        0, 0, 0, 0, external, offset,
    )  # fmt: skip
    return fixed + name


def _data(entry: Entry) -> Iterator[bytes | bytearray | memoryview]:
    if isinstance(entry, Packed):
        yield from entry.stream()
        return
    member, read = entry.member, entry.part.wheel.read
    wanted = LOCAL_HEADER.size + len(member.name) * 2 + _GUESSED_EXTRA + member.compressed
    block = read(member.offset, min(wanted, CHUNK))
    start = data_start(block, member)
    yield memoryview(block)[start : start + member.compressed]
    position, end = member.offset + max(len(block), start), member.offset + start + member.compressed
    while position < end:
        block = read(position, min(CHUNK, end - position))
        if not block:
            raise BadZipError(f"{member.name} is cut short.")
        position += len(block)
        yield block
