"""What is noted of a wheel beside it in the cache: that it was looked into, and what a build wants to know of it.

A line of JSON behind its checksum, and then the wheel's part of a layer's directory with what tells where in the wheel
the files are: a build from the cache reads that and the files' data, and nothing else.
"""

import json
import sys
import zlib
from array import array
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final

from layer_action.build.wheels.about import About
from layer_action.build.wheels.elf import CompiledFile
from layer_action.build.wheels.packing import Held, Packed
from layer_action.build.wheels.placement import RECORD, ROOT, Files, Placement
from layer_action.build.wheels.wheel import Verified
from layer_action.formats.zipdir import MOST_MEMBERS
from layer_action.on_disk import HELD, pieces_of, rest_of
from layer_action.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NUMBERS: Final = "I"
_CHECKSUM_LENGTH: Final = 9
LARGEST_NOTE: Final = 64 << 20  # bytes; what is read of a wheel has bounds that come to less


@record
class Note:
    """`stamp` tells of the file that was looked into: inode, size in bytes, change time in nanoseconds."""

    stamp: "Sequence[int]"
    verified: Verified


def encode(note: Note) -> "Iterator[bytes]":
    """Yield the bytes of a note, in pieces."""
    found = note.verified
    placement, files = found.placement, found.placement.files
    numbers = (files.begins, files.places, files.starts, files.zipped, files.unzipped, files.plain, files.breaks)
    record = found.record
    first = [*map(_little_endian, numbers), *(record.stream() if record else ())]
    crc = 0
    for piece in chain(first, pieces_of(files.entries)):
        crc = zlib.crc32(piece, crc)
    head = {
        "stamp": note.stamp,
        "compiled": found.compiled,
        "about": [found.about.license, found.about.changelog, found.about.pythons, found.about.needs],
        "dist-info": placement.dist_info,
        "record-changes": placement.record_changes,
        "apart": files.apart,
        "record": [record.zipped, record.unzipped, record.crc] if record else None,
        "numbers": [len(each) for each in numbers],
        "crc": crc,
    }
    line = json.dumps(head).encode() + b"\n"
    yield _checksum(line) + line
    yield from first
    yield from pieces_of(files.entries)


def decode(file: BinaryIO, most: int = HELD) -> Note:
    """Read a note, and at most so many bytes of entries into memory.

    Raises ValueError, TypeError, KeyError or EOFError for what is none.
    """
    checksum, line = file.read(_CHECKSUM_LENGTH), file.readline()
    if checksum != _checksum(line):
        raise ValueError("The note is damaged.")
    head = json.loads(line)
    if max(head["numbers"]) > MOST_MEMBERS:
        raise ValueError("The note is damaged.")
    numbers = []
    crc = 0
    for length in head["numbers"]:
        each = array(_NUMBERS)
        each.fromfile(file, length)
        crc = zlib.crc32(each, crc)
        if sys.byteorder == "big":
            each.byteswap()
        numbers.append(each)
    begins, places, starts, zipped, unzipped, plain, breaks = numbers
    dist_info, (license_, changelog, pythons, needs) = str(head["dist-info"]), head["about"]
    record = None
    if head["record"]:
        length, size, crc_of_record = map(int, head["record"])
        held = Held(file.read(length))
        crc = zlib.crc32(held.content, crc)
        record = Packed.of(f"{ROOT}{dist_info}/{RECORD}", held, zipped=length, unzipped=size, crc=crc_of_record)
    entries = rest_of(file, most)
    for piece in pieces_of(entries):
        crc = zlib.crc32(piece, crc)
    if crc != head["crc"]:
        raise ValueError("The note is damaged.")
    verified = Verified(
        placement=Placement(
            dist_info=dist_info,
            files=Files(entries, begins, places, starts, zipped, unzipped, plain, breaks, bool(head["apart"])),
            record_changes=bool(head["record-changes"]),
        ),
        compiled=tuple(CompiledFile(str(name), str(machine), (a, b)) for name, machine, (a, b) in head["compiled"]),
        about=About(str(license_), str(changelog), str(pythons), tuple(map(str, needs))),
        record=record,
    )
    return Note(stamp=[int(number) for number in head["stamp"]], verified=verified)


def _checksum(line: bytes) -> bytes:
    return b"%08x " % zlib.crc32(line)


def _little_endian(numbers: "array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()
