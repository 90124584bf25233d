"""Write a layer's zip by copying the compressed streams of wheels: nothing is deflated that already is.

Same entries, same bytes: dates are 1980-01-01, modes 0644 or 0755, there are no extra fields, comments or data
descriptors. The sha256 that AWS will report is taken from the bytes as they go by; memory stays flat.
"""

import base64
import hashlib
import struct
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Final, Self

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
    Member,
    Read,
)

_VERSION: Final = 20  # deflate and folders
_UNIX: Final = 3 << 8 | _VERSION
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first that DOS knows
_FILE: Final = 0o100644 << 16
_EXECUTABLE: Final = 0o100755 << 16
_BLOCK: Final = 1 << 20  # bytes gathered before they are hashed and written
_PIECES: Final = 1 << 11  # or so many pieces: each costs memory of its own
_LOCAL: Final = LOCAL_HEADER.pack
_CENTRAL: Final = CENTRAL_HEADER.pack
_LENGTHS: Final = struct.Struct("<26x2H").unpack_from  # of name and extra field, in a local header
_ANY_EXECUTE: Final = 0o111 << 16
_HEAD: Final = LOCAL_HEADER.size
_GUESSED_EXTRA: Final = 32  # bytes of a local extra field that are read along
_LARGEST: Final = 0xFFFFFFFF
_MOST: Final = 0xFFFE


def splice(layout: Layout, into: BinaryIO) -> str:
    """Write the zip and return its sha256 in base64, as AWS reports it. Raises BuildError."""
    count, zipped = len(layout.entries), layout.zipped
    if count > _MOST or zipped > _LARGEST:
        raise BuildError(
            f"The layer would have {count} files and {zipped} bytes: more than a plain zip holds.",
            hint="Leave something out with exclude, or split the layer.",
        )
    with _Sink(into) as sink:
        directory = _put_entries(layout.entries, sink)
        start = sink.position
        sink.put(directory)
        sink.put(END_RECORD.pack(END_SIGNATURE, 0, 0, count, count, len(directory), start, 0))
        return sink.finish()


def _put_entries(entries: Iterable[Entry], sink: "_Sink") -> bytes:
    """Write every entry and return the directory. The loop is as flat as it is because layers have thousands."""
    directory = bytearray()
    for entry in entries:
        offset, name = sink.position, entry.path.encode()
        if isinstance(entry, Packed):
            compressed, uncompressed, crc = entry.size
            method, executable = DEFLATED, entry.executable
        else:
            _, compressed, uncompressed, crc, method, _, _, attributes = entry.member
            executable = attributes & _ANY_EXECUTE != 0 and is_executable(entry.member)
        length = len(name)
        flags = 0 if name.isascii() else _UTF8
        local = _LOCAL(LOCAL_SIGNATURE, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, length, 0)
        directory += _CENTRAL(
            CENTRAL_SIGNATURE, _UNIX, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, length,
            0, 0, 0, 0, _EXECUTABLE if executable else _FILE, offset,
        )  # fmt: skip
        directory += name
        if isinstance(entry, Packed):
            sink.put(local + name)
            for piece in entry.stream():
                sink.put(piece)
        else:
            _copy(entry.member, entry.part.wheel.read, local + name, sink)
        if sink.position != offset + _HEAD + length + compressed:
            raise BuildError(f"{entry.path} changed while the layer was built.", hint="Build again.")
    return bytes(directory)


def _copy(member: Member, read: Read, header: bytes, sink: "_Sink") -> None:
    """Write a header and the raw data of a member; its own header and its data come with one read, as a rule."""
    compressed, position = member.compressed, member.offset
    wanted = _HEAD + len(member.name) + _GUESSED_EXTRA + compressed
    block = read(position, min(CHUNK, wanted))
    if block[:4] != LOCAL_SIGNATURE:
        raise BadZipError(f"There is no member where the directory places {member.name}.")
    name_length, extra_length = _LENGTHS(block)
    start: int = _HEAD + name_length + extra_length
    end = start + compressed
    if end <= len(block):
        sink.put(header + block[start:end])
        return
    sink.put(header)
    sink.put(block[start:])
    done = max(len(block), start)
    while done < end:
        block = read(position + done, min(CHUNK, end - done))
        if not block:
            raise BadZipError(f"{member.name} is cut short.")
        done += len(block)
        sink.put(block)


class _Sink:
    """Where the zip goes: gathers small pieces; of large ones, one is hashed while the next is made."""

    def __init__(self, into: BinaryIO) -> None:
        self.position = 0
        self._into = into
        self._pieces: list[bytes] = []
        self._gathered = 0
        self._sha256 = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1)
        self._hashing: Future[None] | None = None

    def put(self, piece: bytes) -> None:
        length = len(piece)
        self.position += length
        self._gathered += length
        self._pieces.append(piece)
        if self._gathered >= _BLOCK or len(self._pieces) >= _PIECES:
            self._flush()

    def _flush(self) -> None:
        block = b"".join(self._pieces)
        self._pieces.clear()
        self._gathered = 0
        if self._hashing:
            self._hashing.result()
        self._hashing = self._thread.submit(self._sha256.update, block)
        self._into.write(block)

    def finish(self) -> str:
        """Write what is left and return the sha256 of everything, in base64."""
        self._flush()
        if self._hashing:
            self._hashing.result()
        return base64.b64encode(self._sha256.digest()).decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
