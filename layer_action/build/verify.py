"""The one full look into a wheel, when it enters the cache: each member must be what the zip says of it.

pip and uv believe sizes, checksums and overlaps, and a splice would copy the lie into the layer. So every member is
inflated once, a piece at a time; the compiled files met on the way are looked into for `inspect`.
"""

import zlib
from collections.abc import Iterable
from itertools import chain, pairwise, zip_longest
from typing import Final

from layer_action.build.about import About, about_wheel
from layer_action.build.claims import check_claims
from layer_action.build.contents import inflated
from layer_action.build.elf import MAGIC, CompiledFile, read_elf
from layer_action.build.members import not_a_zip, place
from layer_action.errors import BadZipError, LayerTooLargeError
from layer_action.formats.zipdir import LOCAL_HEADER, LOCAL_SIGNATURE, Directory, Member, read_directory
from layer_action.formats.zipend import Read
from layer_action.model.layer import UNZIPPED_LIMIT
from layer_action.record import record

MOST_MEMBERS: Final = 50_000  # no layer of 250 MiB has a reason for more; bounds the memory that a wheel can take
_MOST_NAMED: Final = 5 << 19  # bytes of all names; 13 000 files of torch have a quarter of it
_MOST_UNPACKED: Final = 1 << 30  # bytes; four times what a layer may hold, before anything is left out
_DESCRIPTOR: Final = 0x8  # sizes and CRC follow the data
_IN_ZIP64: Final = 0xFFFFFFFF


@record(kw_only=False)
class Verified:
    """The members of a wheel that keeps its word, its compiled files, and what it says of itself."""

    members: Directory
    compiled: tuple[CompiledFile, ...]
    about: About


def verify(read: Read, size: int, filename: str) -> Verified:
    """Read a whole wheel of `size` bytes. Raises UnsafeWheelError, LayerTooLargeError."""
    try:
        members = read_directory(read, size, most=MOST_MEMBERS)
        placement = place(members, filename)
        _bounds(members, filename)
        compiled = _contents(read, members, size)
    except BadZipError as error:
        raise not_a_zip(filename, error) from error
    check_claims(read, placement, filename)
    return Verified(members, compiled, about_wheel(read, placement, filename))


def _bounds(members: Directory, filename: str) -> None:
    names = members.names()
    named = sum(map(len, names))
    if named > _MOST_NAMED:
        raise BadZipError(f"The names in it have {named} bytes; more than {_MOST_NAMED} are not read.")
    unpacked = sum(member.uncompressed for member in members)
    if unpacked > _MOST_UNPACKED:
        raise LayerTooLargeError(
            f"{filename} unpacks to {unpacked / 1e6:.1f} MB; "
            f"a layer and its function hold {UNZIPPED_LIMIT / 1e6:.1f} MB.",
            hint="Ship it in a container image, or look for a smaller build of it.",
        )
    for first, second in pairwise(sorted(range(len(names)), key=names.__getitem__)):
        if names[first] == names[second]:
            one, other = members[first], members[second]
            if (one.crc, one.uncompressed) != (other.crc, other.uncompressed):
                raise BadZipError(f"{one.name} is in it twice, with different contents")


def _contents(read: Read, members: Directory, size: int) -> tuple[CompiledFile, ...]:
    in_order = sorted(members.begins, key=members.offset)
    compiled = []
    for begin, following in zip_longest(in_order, in_order[1:]):
        member, end = members.at(begin), size if following is None else members.offset(following)
        start = _local_end(read, member)
        if start + member.compressed > end:
            raise BadZipError(f"{member.name} reaches into what follows it")
        found = _content(read, member, start)
        if found:
            compiled.append(found)
    return tuple(sorted(compiled))


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
    if not flags & _DESCRIPTOR and any(a not in (b, _IN_ZIP64) for a, b in zip(told, true, strict=True)):
        raise BadZipError(f"{member.name} has other sizes, or another checksum, in its own header")
    return member.offset + LOCAL_HEADER.size + int(name_length) + int(extra_length)


def _content(read: Read, member: Member, start: int) -> CompiledFile | None:
    """Inflate a member; return what it asks for if it is compiled."""
    chunks = inflated(read, member, start)
    first = next(chunks, b"")
    if not first.startswith(MAGIC):
        _measure(chain([first], chunks), member)
        return None
    import tempfile  # noqa: PLC0415 - only a new wheel is looked into

    with tempfile.TemporaryFile() as kept:
        _measure((chunk for chunk in chain([first], chunks) if kept.write(chunk) >= 0), member)
        return read_elf(member.name, kept)


def _measure(chunks: Iterable[bytes], member: Member) -> None:
    crc = length = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        length += len(chunk)
    if length != member.uncompressed or crc != member.crc:
        raise BadZipError(f"{member.name} does not have the size or the checksum that the zip states")
