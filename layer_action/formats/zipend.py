"""The end of a zip, which tells where its directory is: written, and found. PKWARE's APPNOTE 6.3.9, §4.3.14 to 16."""

import struct
from collections.abc import Callable
from typing import Final, TypeAlias

from layer_action.errors import BadZipError
from layer_action.record import record

Read: TypeAlias = Callable[[int, int], bytes]
"""(offset, count) -> that many bytes, fewer only at the end of the file."""

# signature, disk, directory's disk, members on disk, members, directory size, directory offset, comment length
END_RECORD: Final = struct.Struct("<4s4H2IH")
END_SIGNATURE: Final = b"PK\x05\x06"
# signature, disk of the zip64 end record, its offset, disks
_ZIP64_LOCATOR: Final = struct.Struct("<4sIQI")
_ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
# signature, size of what follows, made by, version, disk, directory's disk, members on disk, members, directory size,
# directory offset
_ZIP64_END: Final = struct.Struct("<4sQ2H2I4Q")
_ZIP64_END_SIGNATURE: Final = b"PK\x06\x06"
_ZIP64_VERSION: Final = 45
_BEFORE_SIZE: Final = 12  # bytes of a zip64 end record that its own size does not count

IN_ZIP64: Final = 0xFFFFFFFF  # stands where a zip64 field holds the number
_MANY: Final = 0xFFFF
TAIL: Final = END_RECORD.size + 0xFFFF  # the end record with the longest comment


@record
class Place:
    """Where the directory lies; `shift` is the count of bytes before the zip proper."""

    start: int
    size: int
    members: int
    shift: int


def end_records(*, members: int, size: int, start: int) -> bytes:
    """Return what stands behind a directory of `size` bytes at `start`: its end, before it zip64's where it must be.

    A plain end record counts up to 65 534 members; offsets stay below 4 GiB.
    """
    end = END_RECORD.pack(END_SIGNATURE, 0, 0, min(members, _MANY), min(members, _MANY), size, start, 0)
    if members < _MANY:
        return end
    version, rest = _ZIP64_VERSION, _ZIP64_END.size - _BEFORE_SIZE
    wide = _ZIP64_END.pack(_ZIP64_END_SIGNATURE, rest, version, version, 0, 0, members, members, size, start)
    return wide + _ZIP64_LOCATOR.pack(_ZIP64_LOCATOR_SIGNATURE, 0, start + size, 1) + end


def end_size(members: int) -> int:
    """Return the length of the end records of so many members, in bytes."""
    return END_RECORD.size if members < _MANY else END_RECORD.size + _ZIP64_END.size + _ZIP64_LOCATOR.size


def find_directory(read: Read, tail: bytes, tail_start: int) -> Place:
    """Return where the directory is, from the last bytes of a file, which begin at `tail_start`. Raises BadZipError."""
    at = tail.rfind(END_SIGNATURE)
    while at >= 0:
        comment = len(tail) - at - END_RECORD.size
        if comment >= 0 and END_RECORD.unpack_from(tail, at)[-1] == comment:
            return _place(read, END_RECORD.unpack_from(tail, at), tail_start + at)
        at = tail.rfind(END_SIGNATURE, 0, at)
    raise BadZipError("The file is not a zip, or its end is missing.")


def _place(read: Read, record: tuple[int, ...], position: int) -> Place:
    *_, members, size, offset, _ = record
    end, *told = _wide_end(read, position) or (position, members, size, offset)
    plain = zip((members, size, offset), (_MANY, IN_ZIP64, IN_ZIP64), told, strict=True)
    if any(value not in (elsewhere, wide) for value, elsewhere, wide in plain):
        raise BadZipError("The zip's two end records tell of two directories.")
    members, size, offset = told
    start = end - size
    if start < 0 or offset > start:
        raise BadZipError("The zip's end record points outside of the file.")
    return Place(start=start, size=size, members=members, shift=start - offset)


def _wide_end(read: Read, position: int) -> tuple[int, int, int, int] | None:
    """Return where zip64's end record lies before the plain one at `position`, and its members, size and offset.

    Some write it where nothing needs it: then, too, the directory ends there. Bytes before the zip move it.
    """
    at = position - _ZIP64_LOCATOR.size
    locator = read(at, _ZIP64_LOCATOR.size) if at >= 0 else b""
    if locator[:4] != _ZIP64_LOCATOR_SIGNATURE:
        return None
    for start in (_ZIP64_LOCATOR.unpack(locator)[2], at - _ZIP64_END.size):
        wide = read(start, _ZIP64_END.size) if 0 <= start < at else b""
        if len(wide) == _ZIP64_END.size and wide[:4] == _ZIP64_END_SIGNATURE:
            return start, *_ZIP64_END.unpack(wide)[-3:]
    raise BadZipError("The zip64 end record is not where its locator says.")
