"""The one full look into a wheel, when it enters the cache: each member must be what the zip says of it.

pip and uv believe sizes, checksums and overlaps, and a splice would copy the lie into the layer. So every member is
inflated once, a piece at a time; the compiled files met on the way are looked into for `inspect`.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise, zip_longest
from operator import le
from typing import Final

from layer_action.build.wheels.about import about_wheel
from layer_action.build.wheels.claims import check_claims
from layer_action.build.wheels.contents import inflated
from layer_action.build.wheels.elf import MAGIC, CompiledFile, ReadElf, read_elf
from layer_action.build.wheels.members import layer_path, not_a_zip, place, unsafe
from layer_action.build.wheels.placement import RECORD, Placement
from layer_action.build.wheels.recorded import rewritten
from layer_action.build.wheels.wheel import Verified
from layer_action.errors import BadZipError, LayerTooLargeError
from layer_action.formats.zipdir import LOCAL_HEADER, LOCAL_SIGNATURE, Directory, Member, read_directory
from layer_action.formats.zipend import IN_ZIP64, Read
from layer_action.model.layer import UNZIPPED_LIMIT
from layer_action.record import replace

MOST_MEMBERS: Final = 50_000  # no layer of 250 MiB has a reason for more; bounds the memory that a wheel can take
_MOST_NAMED: Final = 5 << 19  # bytes of all names; 13 000 files of torch have a quarter of it
_MOST_UNPACKED: Final = 1 << 30  # bytes; four times what a layer may hold, before anything is left out
_DESCRIPTOR: Final = 0x8  # sizes and CRC follow the data


def verify(read: Read, size: int, filename: str, elf: ReadElf = read_elf) -> Verified:
    """Read a whole wheel of `size` bytes; `elf` reads its compiled files.

    Raises UnsafeWheelError, LayerTooLargeError.
    """
    try:
        members = read_directory(read, size, most=MOST_MEMBERS)
        _names_in_bounds(members)
        placement = place(members, filename)
        _sizes_in_bounds(members, filename)
        if not placement.files.apart:
            _no_two_of_one_name(members)
        placement, compiled = _contents(read, members, size, placement, elf)
    except BadZipError as error:
        raise not_a_zip(filename, error) from error
    check_claims(read, placement, filename)
    record = placement.metadata(RECORD)
    if record is None:
        raise unsafe(filename, "holds no RECORD, and neither pip nor uv installs such a wheel")
    return Verified(
        placement=placement,
        compiled=tuple(sorted(_placed(compiled, filename))),
        about=about_wheel(read, placement, filename),
        record=rewritten(read, record, placement, filename) if placement.record_changes else None,
    )


def _names_in_bounds(members: Directory) -> None:
    named = sum(map(len, members.names()))
    if named > _MOST_NAMED:
        raise BadZipError(f"The names in it have {named} bytes; more than {_MOST_NAMED} are not read.")


def _sizes_in_bounds(members: Directory, filename: str) -> None:
    unpacked = sum(member.uncompressed for member in members)
    if unpacked > _MOST_UNPACKED:
        raise LayerTooLargeError(
            f"{filename} unpacks to {unpacked / 1e6:.1f} MB; "
            f"a layer and its function hold {UNZIPPED_LIMIT / 1e6:.1f} MB.",
            hint="Ship it in a container image, or look for a smaller build of it.",
        )


def _no_two_of_one_name(members: Directory) -> None:
    for first, second in pairwise(sorted(range(len(members)), key=members.name)):
        if members.name(first) == members.name(second):
            one, other = members[first], members[second]
            if (one.crc, one.uncompressed) != (other.crc, other.uncompressed):
                raise BadZipError(f"{one.name} is in it twice, with different contents")


def _contents(
    read: Read, members: Directory, size: int, placement: Placement, elf: ReadElf
) -> tuple[Placement, list[CompiledFile]]:
    """Read all members in their order in the wheel; return where the data of files begin, and what is compiled."""
    in_order = _in_order(members)
    places, starts = array("I", map(members.offset, in_order)), array("I")
    compiled = []
    for begin, following in zip_longest(in_order, places[1:], fillvalue=size):
        member = members.at(begin)
        start = _local_end(read, member)
        if start + member.compressed > following:
            raise BadZipError(f"{member.name} reaches into what follows it")
        starts.append(start)
        if found := _content(read, member, start, elf):
            compiled.append(found)
    located = array("I", (starts[bisect_left(places, place)] for place in placement.files.places))
    return replace(placement, files=placement.files.located(located)), compiled


def _in_order(members: Directory) -> "array[int]":
    """Return where the entries of members begin, in the order of the wheel: as a rule that of the directory."""
    places = array("I", map(members.offset, members.begins))
    if all(map(le, places, places[1:])):
        return members.begins
    return array("I", sorted(members.begins, key=members.offset))


def _placed(compiled: Iterable[CompiledFile], filename: str) -> Iterator[CompiledFile]:
    for file in compiled:
        if path := layer_path(file.path.encode(), filename):
            yield file._replace(path=path.decode())


def _local_end(read: Read, member: Member) -> int:
    """Return where the data begins, if the local header tells the same as the directory."""
    name = member.name.encode("utf-8", "surrogateescape")
    head = read(member.offset, LOCAL_HEADER.size + len(name))
    if len(head) < LOCAL_HEADER.size or head[:4] != LOCAL_SIGNATURE:
        raise BadZipError(f"there is no member where the directory places {member.name}")
    _, _, flags, method, _, _, crc, compressed, uncompressed, name_length, extra_length = LOCAL_HEADER.unpack_from(head)
    if head[LOCAL_HEADER.size :] != name or name_length != len(name) or method != member.method:
        raise BadZipError(f"{member.name} has another name or method in its own header")
    told = (crc, compressed, uncompressed)
    true = (member.crc, member.compressed, member.uncompressed)
    if not flags & _DESCRIPTOR and any(a not in (b, IN_ZIP64) for a, b in zip(told, true, strict=True)):
        raise BadZipError(f"{member.name} has other sizes, or another checksum, in its own header")
    return member.offset + LOCAL_HEADER.size + int(name_length) + int(extra_length)


def _content(read: Read, member: Member, start: int, elf: ReadElf) -> CompiledFile | None:
    """Inflate a member; return what it asks for if it is compiled."""
    chunks = inflated(read, member, start)
    first = next(chunks, b"")
    if not first.startswith(MAGIC):
        _measure(chain([first], chunks), member)
        return None
    import tempfile  # noqa: PLC0415 - only a new wheel is looked into

    with tempfile.TemporaryFile() as kept:
        _measure((chunk for chunk in chain([first], chunks) if kept.write(chunk) >= 0), member)
        return elf(member.name, kept)


def _measure(chunks: Iterable[bytes], member: Member) -> None:
    crc = length = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        length += len(chunk)
    if length != member.uncompressed or crc != member.crc:
        raise BadZipError(f"{member.name} does not have the size or the checksum that the zip states")
