"""Write a layer's zip by copying the compressed streams of wheels: nothing is deflated that already is.

Same entries, same bytes: dates are 1980-01-01, modes 0644 or 0755, there are no extra fields, comments or data
descriptors. The sha256 that AWS will report is taken from the bytes as they go by; memory stays flat.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final, TypeAlias

from layer_action.build.contents import data_offset, raw
from layer_action.build.layout import Copied, Entry, Layout, Packed
from layer_action.build.members import ROOT, is_executable
from layer_action.build.sink import Sink
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import (
    CENTRAL_SIGNATURE,
    DEFLATED,
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    end_records,
)

_VERSION: Final = 20  # deflate and folders
_UNIX: Final = 3
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first that DOS knows
_FILE: Final = 0o100644 << 16
_EXECUTABLE: Final = 0o100755 << 16
_ANY_EXECUTE: Final = 0o111 << 16
_HEAD: Final = LOCAL_HEADER.size
_LOCAL: Final = LOCAL_HEADER.pack
_SAME: Final = len(LOCAL_SIGNATURE)  # from here on, the directory repeats the local header
_MADE_BY: Final = CENTRAL_SIGNATURE + struct.pack("<H", _UNIX << 8 | _VERSION)
_PLACE: Final = struct.Struct("<6x2I").pack  # no comment, one disk; external attributes, offset
_LENGTHS: Final = struct.Struct("<26x2H").unpack_from  # of name and extra field, in a local header
_AT_ONCE: Final = 1 << 18  # bytes that are read in one go, where members lie one behind the other
_MOST_IN_RUN: Final = 512  # entries
_GAP: Final = 1 << 12  # bytes between them that are read along: extra fields, members that stay behind
_GUESSED_EXTRA: Final = 32  # bytes of the last one's extra field
_LARGEST: Final = 0xFFFFFFFF

Run: TypeAlias = Sequence[Copied]


def splice(layout: Layout, into: BinaryIO) -> str:
    """Write the zip and return its sha256 in base64, as AWS reports it. Raises BuildError."""
    if layout.zipped > _LARGEST:
        raise BuildError(
            f"The layer would have {layout.zipped} bytes: more than a plain zip holds.",
            hint="Leave something out with exclude, or split the layer.",
        )
    directory = bytearray()
    with Sink(into) as sink:
        for run in _runs(layout.entries):
            if isinstance(run, Packed) or run[0].member.compressed > _AT_ONCE:
                _put_streamed(run if isinstance(run, Packed) else run[0], sink, directory)
            else:
                _put_run(run, sink, directory)
        start = sink.position
        sink.put(memoryview(directory))
        sink.put(end_records(members=len(layout.entries), size=len(directory), start=start))
        return sink.finish()


def _put_run(run: Run, sink: Sink, directory: bytearray) -> None:
    """Write members that lie together in a wheel. The loop is as flat as it is because layers have thousands."""
    read, start = run[0].part.wheel.read, run[0].member.offset
    block = _read(run)
    view = memoryview(block)
    pieces: list[bytes | memoryview] = []
    offset = sink.position
    for inside, _, member in run:
        _, compressed, uncompressed, crc, method, _, place, attributes = member
        at = place - start
        if len(block) < at + _HEAD or not block.startswith(LOCAL_SIGNATURE, at):
            raise BadZipError(f"There is no member where the directory places {member.name}.")
        name_length, extra_length = _LENGTHS(block, at)
        begin = at + _HEAD + name_length + extra_length
        data = view[begin : begin + compressed]
        if len(data) < compressed:  # a longer extra field than most
            data = memoryview(read(start + begin, compressed))
        if len(data) < compressed:
            raise _changed(ROOT + inside)
        executable = attributes & _ANY_EXECUTE and is_executable(member)
        head = _head(ROOT + inside, method, crc, compressed, uncompressed)
        pieces += (head, data)
        directory += _MADE_BY
        directory += head[_SAME:_HEAD]
        directory += _PLACE(_EXECUTABLE if executable else _FILE, offset)
        directory += head[_HEAD:]
        offset += len(head) + compressed
    sink.put_all(pieces, offset - sink.position)


def _put_streamed(entry: Entry, sink: Sink, directory: bytearray) -> None:
    """Write what is made on the way, or too large to be held, piece by piece."""
    if isinstance(entry, Packed):
        compressed, uncompressed, crc = entry.size
        method, executable = DEFLATED, entry.executable
    else:
        _, compressed, uncompressed, crc, method, _, _, _ = entry.member
        executable = is_executable(entry.member)
    offset, head = sink.position, _head(entry.path, method, crc, compressed, uncompressed)
    directory += _MADE_BY + head[_SAME:_HEAD] + _PLACE(_EXECUTABLE if executable else _FILE, offset) + head[_HEAD:]
    sink.put(head)
    for piece in _stream(entry):
        sink.put(piece)
    if sink.position != offset + len(head) + compressed:
        raise _changed(entry.path)


def _head(path: str, method: int, crc: int, compressed: int, uncompressed: int) -> bytes:
    """Return a local header with its name."""
    name = path.encode()
    flags = 0 if name.isascii() else _UTF8
    fixed = _LOCAL(LOCAL_SIGNATURE, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, len(name), 0)
    return fixed + name


def _changed(path: str) -> BuildError:
    return BuildError(f"{path} changed while the layer was built.", hint="Build again.")


def _runs(entries: Iterable[Entry]) -> Iterator[Packed | Run]:
    """Group what lies one behind the other in a wheel, as most of it does; large members stay alone."""
    run: list[Copied] = []
    part, start, end = None, 0, 0
    for entry in entries:
        if isinstance(entry, Packed):
            if run:
                yield run
            run, part = [], None
            yield entry
            continue
        name, compressed, _, _, _, _, offset, _ = entry.member
        last = offset + _HEAD + len(name) + compressed
        near = end <= offset <= end + _GAP and last - start <= _AT_ONCE and len(run) < _MOST_IN_RUN
        if entry.part is not part or not near:
            if run:
                yield run
            run, part, start = [], entry.part, offset
        run.append(entry)
        end = last
    if run:
        yield run


def _read(run: Run) -> bytes:
    """Read members that lie together, with their headers: one read for all of them."""
    start, last = run[0].member.offset, run[-1].member
    known = last.offset - start + _HEAD + len(last.name.encode("utf-8", "surrogateescape")) + last.compressed
    return run[0].part.wheel.read(start, known + _GUESSED_EXTRA)


def _stream(entry: Entry) -> Iterable[bytes]:
    """Yield an entry's compressed data piece by piece."""
    if isinstance(entry, Packed):
        return entry.stream()
    read = entry.part.wheel.read
    return raw(read, entry.member, data_offset(read, entry.member), at_once=_AT_ONCE)
