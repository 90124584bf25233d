"""A wheel's RECORD as it is true of a layer: moved files where they are now, what stays behind not listed."""

import csv
import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from layer_action.build.wheels.contents import inflated
from layer_action.build.wheels.members import layer_path, unsafe
from layer_action.build.wheels.packing import Packed, packed
from layer_action.build.wheels.placement import RECORD, ROOT, Placement
from layer_action.errors import BadZipError, UnsafeWheelError
from layer_action.formats.zipdir import Member, read_raw
from layer_action.formats.zipend import Read

_PIECE: Final = 1 << 16  # characters


def rewritten(read: Read, member: Member, placement: Placement, filename: str) -> Packed:
    """Return the RECORD `member`, deflated. Raises UnsafeWheelError."""
    try:
        data = read_raw(read, member)
        content = inflated(lambda at, count: data[at : at + count], member, 0)
        return packed(f"{ROOT}{placement.dist_info}/{RECORD}", rewritten_record(content, placement))
    except (BadZipError, csv.Error) as error:
        raise unsafe(filename, f"has a RECORD that cannot be read: {str(error).rstrip('.')}") from error


def rewritten_record(record: Iterable[bytes], placement: Placement) -> Iterator[bytes]:
    """Yield RECORD, given in pieces, as it is true of the layer. Raises `csv.Error`."""
    files, number = placement.files, 0
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    for row in csv.reader(_lines(record)):
        path = _listed(row[0]) if row else b""
        if number == len(files) or files.path(number) != path:  # RECORD is in order, as a rule
            number = bisect_left(range(len(files)), path, key=files.path)
        if number < len(files) and files.path(number) == path:
            writer.writerow([path.decode(), *row[1:]])
            number += 1
        if into.tell() > _PIECE:
            yield _encoded(into.getvalue())
            into.seek(0)
            into.truncate()
    yield _encoded(into.getvalue())


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).splitlines(keepends=True) or [b""]
        for line in lines:
            yield _decoded(line)
    yield _decoded(rest)


def _decoded(line: bytes) -> str:
    """Return what is UTF-8 as a rule, so that `_encoded` returns the same bytes whatever it is."""
    return line.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _listed(name: str) -> bytes:
    """Return where a file goes that RECORD lists, b"" for one that is no file of the layer."""
    try:
        return layer_path(_encoded(name), "")
    except UnsafeWheelError:
        return b""
