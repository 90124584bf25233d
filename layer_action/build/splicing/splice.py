"""Write a layer's zip by copying the compressed streams of wheels: nothing is deflated that already is.

Same entries, same bytes: dates are 1980-01-01, modes 0644 or 0755, there are no extra fields, comments or data
descriptors. The sha256 that AWS will report is taken from the bytes as they go by; memory stays flat.
"""

from bisect import bisect_left, bisect_right
from io import BytesIO
from itertools import pairwise
from typing import IO, BinaryIO, Final

from layer_action.build.splicing.layout import Layout
from layer_action.build.splicing.part import Part
from layer_action.build.splicing.sink import Sink
from layer_action.build.wheels.contents import raw
from layer_action.build.wheels.packing import Packed
from layer_action.build.wheels.placement import AT_ONCE
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import LOCAL_SIGNATURE, OFFSET_AT
from layer_action.formats.zipend import end_records
from layer_action.formats.zipentry import (
    LARGEST,
    NAME_AT,
    SAME_FROM,
    SAME_TO,
    SHORTER,
    local_header,
    put_offset,
    with_offset,
)

_LARGE_DIRECTORY: Final = 2 << 20  # bytes


def splice(layout: Layout, into: BinaryIO) -> str:
    """Write the zip and return its sha256 in base64, as AWS reports it. Raises BuildError."""
    if layout.zipped > LARGEST:
        raise BuildError(
            f"The layer would have {layout.zipped} bytes: more than a plain zip holds.",
            hint="Leave something out with exclude, or split the layer.",
        )
    with Sink(into) as sink, _aside(layout.directory) as directory:
        for number, start, end in layout.order.runs():
            if number == len(layout.parts):
                for at in range(start, end):
                    directory.write(_put_packed(layout.packed[at], sink))
                continue
            part = layout.parts[number]
            breaks = part.placement.files.breaks
            inner = breaks[bisect_right(breaks, start) : bisect_left(breaks, end)]
            for first, behind in pairwise((start, *inner, end)):
                directory.write(_put_block(part, first, behind, sink))
        start, size = sink.position, directory.tell()
        directory.seek(0)
        while piece := directory.read(AT_ONCE):
            sink.put(piece)
        sink.put(end_records(members=len(layout.order), size=size, start=start))
        return sink.finish()


def _aside(size: int) -> "BytesIO | IO[bytes]":
    """Return where a directory of `size` bytes waits until all else is written."""
    if size < _LARGE_DIRECTORY:
        return BytesIO()
    import tempfile  # noqa: PLC0415 - few layers have so many files

    return tempfile.TemporaryFile()


def _put_block(part: Part, start: int, end: int, sink: Sink) -> bytes | bytearray:
    """Write files that lie together in a wheel, and return their entries of the directory.

    The loop is as flat as it is because layers have thousands.
    """
    files, read = part.placement.files, part.wheel.read
    if files.zipped[start] > AT_ONCE:
        return _put_large(part, start, sink)
    begin = files.places[start]
    size = files.starts[end - 1] + files.zipped[end - 1] - begin
    block = read(begin, size)
    if len(block) < size or not block.startswith(LOCAL_SIGNATURE):
        raise _changed(part)
    view = memoryview(block)
    bounds = files.begins[start : end + 1]
    base = bounds[0]
    entries = files.entries[base : bounds[-1]]
    directory, offset = bytearray(entries), sink.position
    same_from, same_to, name_at, offset_at = SAME_FROM - base, SAME_TO - base, NAME_AT - base, OFFSET_AT - base
    pieces: list[bytes | memoryview] = []
    sizes = zip(files.starts[start:end], files.zipped[start:end], strict=True)
    for (one, following), (data, zipped) in zip(pairwise(bounds), sizes, strict=True):
        head, name = entries[one + same_from : one + same_to], entries[one + name_at : following - base]
        pieces += (LOCAL_SIGNATURE, head, name, view[data - begin : data - begin + zipped])
        put_offset(directory, one + offset_at, offset)
        offset += following - one - SHORTER + zipped
    sink.put_all(pieces, offset - sink.position)
    return directory


def _put_large(part: Part, number: int, sink: Sink) -> bytes:
    """Write what is too large to be read at once, piece by piece; return its entry of the directory."""
    files = part.placement.files
    entry, offset = files.entry(number), sink.position
    sink.put(local_header(entry))
    try:
        for piece in raw(part.wheel.read, files[number].member, files.starts[number], at_once=AT_ONCE):
            sink.put(piece)
    except BadZipError as error:
        raise _changed(part) from error
    return with_offset(entry, offset)


def _put_packed(file: Packed, sink: Sink) -> bytes:
    """Write what we deflated ourselves; return its entry of the directory."""
    entry, offset = file.entry, sink.position
    head = local_header(entry)
    sink.put(head)
    for piece in file.stream():
        sink.put(piece)
    if sink.position != offset + len(head) + file.zipped:
        raise BuildError(f"{file.path} changed while the layer was built.", hint="Build again.")
    return with_offset(entry, offset)


def _changed(part: Part) -> BuildError:
    return BuildError(f"{part.wheel.filename} changed while the layer was built.", hint="Build again.")
