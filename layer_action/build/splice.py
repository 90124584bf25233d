"""Write a layer's zip by copying the compressed streams of wheels: nothing is deflated that already is.

Same entries, same bytes: dates are 1980-01-01, modes 0644 or 0755, there are no extra fields, comments or data
descriptors. The sha256 that AWS will report is taken from the bytes as they go by; memory stays flat.
"""

import struct
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby
from typing import IO, BinaryIO, Final, NamedTuple, TypeAlias

from layer_action.build.contents import data_offset, raw
from layer_action.build.layout import Entry, Layout
from layer_action.build.members import ANY_EXECUTE, ROOT, is_executable
from layer_action.build.merge import KEY_BITS, KEY_MASK
from layer_action.build.packing import Packed
from layer_action.build.part import Copied, Part
from layer_action.build.sink import Sink
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import CENTRAL_SIGNATURE, DEFLATED, LOCAL_HEADER, LOCAL_SIGNATURE, OF_CENTRAL
from layer_action.formats.zipend import Read, end_records

_VERSION: Final = 20  # deflate and folders
_UNIX: Final = 3
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first that DOS knows
_FILE: Final = 0o100644 << 16
_EXECUTABLE: Final = 0o100755 << 16
_HEAD: Final = LOCAL_HEADER.size
_LOCAL: Final = LOCAL_HEADER.pack
_SAME: Final = len(LOCAL_SIGNATURE)  # from here on, the directory repeats the local header
_MADE_BY: Final = CENTRAL_SIGNATURE + struct.pack("<H", _UNIX << 8 | _VERSION)
_PLACE: Final = struct.Struct("<6x2I").pack  # no comment, one disk; external attributes, offset
_LENGTHS: Final = struct.Struct("<26x2H").unpack_from  # of name and extra field, in a local header
_AT_ONCE: Final = 1 << 17  # bytes that are read in one go, where members lie one behind the other
_MOST_IN_RUN: Final = 512  # entries
_GAP: Final = 1 << 12  # bytes between them that are read along: extra fields, members that stay behind
_GUESSED_EXTRA: Final = 32  # bytes of the last one's extra field
_LARGE_DIRECTORY: Final = 2 << 20  # bytes
_LARGEST: Final = 0xFFFFFFFF

_ROOT: Final = ROOT.encode()

Lying: TypeAlias = tuple[bytes, int, int, int, int, int, int, int]
"""A member of a run: path in the zip, method, CRC, sizes, external attributes, offset, least offset of its end."""
_END: Final = -1


class Run(NamedTuple):
    """Members that lie together in a wheel, from `start` on, and how to read them."""

    read: Read
    start: int
    members: list[Lying]


def splice(layout: Layout, into: BinaryIO) -> str:
    """Write the zip and return its sha256 in base64, as AWS reports it. Raises BuildError."""
    if layout.zipped > _LARGEST:
        raise BuildError(
            f"The layer would have {layout.zipped} bytes: more than a plain zip holds.",
            hint="Leave something out with exclude, or split the layer.",
        )
    with Sink(into) as sink, _aside(layout.directory) as directory:
        for run in _runs(layout):
            directory.write(_put_run(run, sink) if isinstance(run, Run) else _put_streamed(run, sink))
        start, size = sink.position, directory.tell()
        directory.seek(0)
        while piece := directory.read(_AT_ONCE):
            sink.put(piece)
        sink.put(end_records(members=len(layout.order), size=size, start=start))
        return sink.finish()


def _aside(size: int) -> "BytesIO | IO[bytes]":
    """Return where a directory of `size` bytes waits until all else is written."""
    if size < _LARGE_DIRECTORY:
        return BytesIO()
    import tempfile  # noqa: PLC0415 - few layers have so many files

    return tempfile.TemporaryFile()


def _put_run(run: Run, sink: Sink) -> bytearray:
    """Write members that lie together in a wheel, and return their entries of the directory.

    The loop is as flat as it is because layers have thousands.
    """
    read, start, members = run
    directory = bytearray()
    block = read(start, members[-1][_END] - start + _GUESSED_EXTRA)
    view = memoryview(block)
    pieces: list[bytes | memoryview] = []
    offset = sink.position
    for path, method, crc, compressed, uncompressed, attributes, place, _ in members:
        at = place - start
        if len(block) < at + _HEAD or not block.startswith(LOCAL_SIGNATURE, at):
            raise BadZipError(f"There is no member where the directory places {path.decode()}.")
        name_length, extra_length = _LENGTHS(block, at)
        begin = at + _HEAD + name_length + extra_length
        data = view[begin : begin + compressed]
        if len(data) < compressed:  # a longer extra field than most
            data = memoryview(read(start + begin, compressed))
        if len(data) < compressed:
            raise _changed(path)
        head = _head(path, method, crc, compressed, uncompressed)
        pieces += (head, data)
        directory += _MADE_BY
        directory += head[_SAME:_HEAD]
        executable = attributes & ANY_EXECUTE and is_executable(attributes)
        directory += _PLACE(_EXECUTABLE if executable else _FILE, offset)
        directory += head[_HEAD:]
        offset += len(head) + compressed
    sink.put_all(pieces, offset - sink.position)
    return directory


def _put_streamed(entry: Entry, sink: Sink) -> bytes:
    """Write what is made on the way, or too large to be held, piece by piece; return its entry of the directory."""
    path = entry.path.encode()
    if isinstance(entry, Packed):
        head = _head(path, DEFLATED, entry.crc, entry.zipped, entry.unzipped)
        data, executable, stream = entry.zipped, entry.executable, entry.stream()
    else:
        read, member = entry.part.wheel.read, entry.member
        head = _head(path, member.method, member.crc, member.compressed, member.uncompressed)
        data, executable = member.compressed, is_executable(member.external)
        stream = raw(read, member, data_offset(read, member), at_once=_AT_ONCE)
    offset = sink.position
    sink.put(head)
    for piece in stream:
        sink.put(piece)
    if sink.position != offset + len(head) + data:
        raise _changed(path)
    return _MADE_BY + head[_SAME:_HEAD] + _PLACE(_EXECUTABLE if executable else _FILE, offset) + head[_HEAD:]


def _head(path: bytes, method: int, crc: int, compressed: int, uncompressed: int) -> bytes:
    """Return a local header with its name."""
    flags = 0 if path.isascii() else _UTF8
    fixed = _LOCAL(LOCAL_SIGNATURE, _VERSION, flags, method, 0, _DATE, crc, compressed, uncompressed, len(path), 0)
    return fixed + path


def _changed(path: bytes) -> BuildError:
    return BuildError(f"{path.decode()} changed while the layer was built.", hint="Build again.")


def _runs(layout: Layout) -> Iterator[Run | Entry]:
    """Group what lies one behind the other in a wheel, as most of it does; what is large or packed stays alone."""
    for number, keys in groupby(layout.order, lambda key: key >> KEY_BITS):
        if number < len(layout.parts):
            yield from _runs_of(layout.parts[number], keys)
        else:
            yield from map(layout.entry, keys)


def _runs_of(part: Part, keys: Iterable[int]) -> Iterator[Run | Copied]:
    read, files = part.wheel.read, part.placement.files
    begins, starts, ends = files.begins, files.starts, files.ends
    entries, shift, unpack = files.directory.entries, files.directory.shift, OF_CENTRAL.unpack_from
    run: list[Lying] = []
    start = end = 0
    for key in keys:
        at = key & KEY_MASK
        begin = begins[at]
        _, method, crc, compressed, uncompressed, length, attributes, place = unpack(entries, begin)
        place += shift
        last = place + _HEAD + length + compressed
        if not (end <= place <= end + _GAP and last - start <= _AT_ONCE and len(run) < _MOST_IN_RUN):
            if run:
                yield Run(read, start, run)
            run, start = [], place
        end = last
        if compressed > _AT_ONCE:
            yield Copied(part, *files[at])
            continue
        path = _ROOT + entries[starts[at] : ends[at]]
        run.append((path, method, crc, compressed, uncompressed, attributes, place, last))
    if run:
        yield Run(read, start, run)
