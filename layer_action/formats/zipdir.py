"""The central directory of a zip, read through `read(offset, count)`: from a file, or from a server by Range.

`zipfile` wants a seekable file, keeps 30 attributes a member and believes what it reads; this reader takes two small
reads, keeps eight values a member and refuses what contradicts itself. The layout is PKWARE's APPNOTE 6.3.9, §4.3.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from layer_action.errors import BadZipError

Read: TypeAlias = Callable[[int, int], bytes]
"""(offset, count) -> that many bytes, fewer only at the end of the file."""

STORED: Final = 0
DEFLATED: Final = 8
ENCRYPTED: Final = 0x1  # general purpose flag, bit 0

# signature, version, flags, method, time, date, crc, compressed, uncompressed, name length, extra length
LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
LOCAL_SIGNATURE: Final = b"PK\x03\x04"
# signature, made by, version, flags, method, time, date, crc, compressed, uncompressed, name length, extra length,
# comment length, disk, internal attributes, external attributes, offset
CENTRAL_HEADER: Final = struct.Struct("<4s6H3I5H2I")
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
# signature, disk, directory's disk, members on disk, members, directory size, directory offset, comment length
END_RECORD: Final = struct.Struct("<4s4H2IH")
END_SIGNATURE: Final = b"PK\x05\x06"
# what `Member` keeps of it: signature, flags, method, crc, sizes, lengths, external attributes, offset
_OF_CENTRAL: Final = struct.Struct("<4s4x2H4x3I3H4x2I")
# signature, disk of the zip64 end record, its offset, disks
_ZIP64_LOCATOR: Final = struct.Struct("<4sIQI")
_ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
# signature, size of what follows, made by, version, disk, directory's disk, members on disk, members, directory size,
# directory offset
_ZIP64_END: Final = struct.Struct("<4sQ2H2I4Q")
_ZIP64_END_SIGNATURE: Final = b"PK\x06\x06"
_ZIP64_VERSION: Final = 45
_BEFORE_SIZE: Final = 12  # bytes of a zip64 end record that its own size does not count

TAIL: Final = END_RECORD.size + 0xFFFF  # the end record with the longest comment
MOST_MEMBERS: Final = 100_000  # 40 MB of memory; a zip of Lambda's 250 MiB never comes near
_LARGEST_DIRECTORY: Final = 16 << 20
_LARGEST_MEMBER: Final = 8 << 20  # that `read_member` unpacks into memory
_NEED_ZIP64: Final = 0xFFFFFFFF
_MANY: Final = 0xFFFF
_LONGEST_EXTRA_GUESS: Final = 64


class Member(NamedTuple):
    """One entry of the directory; a tuple because layers have thousands.

    Sizes and `offset` (of the local header) are in bytes. `name` is UTF-8, with surrogate escapes for what is not.
    `external` are the external attributes: the Unix mode is `external >> 16`.
    """

    name: str
    compressed: int
    uncompressed: int
    crc: int
    method: int
    flags: int
    offset: int
    external: int

    @property
    def mode(self) -> int:
        """The Unix mode with its file type bits; 0 where the zip was made elsewhere."""
        return self.external >> 16


class _Directory(NamedTuple):
    """Where the directory lies; `shift` is the count of bytes before the zip proper."""

    start: int
    size: int
    members: int
    shift: int


def read_directory(read: Read, size: int, *, most: int = MOST_MEMBERS) -> tuple[Member, ...]:
    """Return the members in the order of the directory, in two reads (one for a small zip, three for zip64).

    `size` is the file's, in bytes. Raises BadZipError, also for more than `most` members.
    """
    tail_start = max(0, size - TAIL)
    tail = read(tail_start, size - tail_start)

    def cached(offset: int, count: int) -> bytes:
        inside = offset - tail_start
        return tail[inside : inside + count] if inside >= 0 else read(offset, count)

    place = _find(cached, tail, tail_start)
    if place.members > most or place.size > _LARGEST_DIRECTORY:
        raise BadZipError(f"The zip claims {place.members} members; more than {most} are not read.")
    directory = cached(place.start, place.size)
    if len(directory) != place.size:
        raise BadZipError("The zip's directory is cut short.")
    members = tuple(_members(directory, place))
    if len(members) != place.members:
        raise BadZipError(f"The zip says that it has {place.members} members, and lists {len(members)}.")
    return members


def read_member(read: Read, member: Member) -> bytes:
    """Return the bytes of one member (up to 8 MiB), in one read as a rule.

    Raises BadZipError, also when size or CRC are not as claimed.
    """
    if max(member.uncompressed, member.compressed) > _LARGEST_MEMBER:
        raise BadZipError(f"{member.name} has {member.uncompressed} bytes: too many to read into memory.")
    head = LOCAL_HEADER.size + len(member.name.encode("utf-8", "surrogateescape"))
    block = read(member.offset, head + _LONGEST_EXTRA_GUESS + member.compressed)
    start = data_start(block, member)
    raw = block[start : start + member.compressed]
    if len(raw) < member.compressed:
        raw = read(member.offset + start, member.compressed)
    content = inflate(raw, member)
    if len(content) != member.uncompressed or zlib.crc32(content) != member.crc:
        raise BadZipError(f"{member.name} does not have the size or the checksum that the zip states.")
    return content


def data_start(block: bytes, member: Member) -> int:
    """Return where the data begins in `block`, which begins at the local header: only that one knows.

    Raises BadZipError.
    """
    if len(block) < LOCAL_HEADER.size or block[:4] != LOCAL_SIGNATURE:
        raise BadZipError(f"There is no member where the directory places {member.name}.")
    name_length, extra_length = LOCAL_HEADER.unpack_from(block)[-2:]
    return LOCAL_HEADER.size + int(name_length) + int(extra_length)


def inflate(raw: bytes, member: Member) -> bytes:
    """Return a member's content, never more than one byte beyond what it claims. Raises BadZipError."""
    if member.flags & ENCRYPTED:
        raise BadZipError(f"{member.name} is encrypted.")
    if member.method == STORED:
        return raw
    if member.method != DEFLATED:
        raise BadZipError(f"{member.name} is compressed by method {member.method}; only deflate is read.")
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, member.uncompressed + 1)
    except zlib.error as error:
        raise BadZipError(f"{member.name} cannot be decompressed: {error}.") from error


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


def _find(read: Read, tail: bytes, tail_start: int) -> _Directory:
    at = tail.rfind(END_SIGNATURE)
    while at >= 0:
        comment = len(tail) - at - END_RECORD.size
        if comment >= 0 and END_RECORD.unpack_from(tail, at)[-1] == comment:
            return _place(read, END_RECORD.unpack_from(tail, at), tail_start + at)
        at = tail.rfind(END_SIGNATURE, 0, at)
    raise BadZipError("The file is not a zip, or its end is missing.")


def _place(read: Read, record: tuple[int, ...], position: int) -> _Directory:
    _, disk, _, _, members, size, offset, _ = record
    end = position
    if _MANY in (disk, members) or _NEED_ZIP64 in (size, offset):
        locator = read(max(0, position - _ZIP64_LOCATOR.size), _ZIP64_LOCATOR.size)
        if locator[:4] == _ZIP64_LOCATOR_SIGNATURE and len(locator) == _ZIP64_LOCATOR.size:
            end = _ZIP64_LOCATOR.unpack(locator)[2]
            wide = read(end, _ZIP64_END.size)
            if len(wide) != _ZIP64_END.size or wide[:4] != _ZIP64_END_SIGNATURE:
                raise BadZipError("The zip64 end record is not where its locator says.")
            *_, members, size, offset = _ZIP64_END.unpack(wide)
    start = end - size
    if start < 0 or offset > start:
        raise BadZipError("The zip's end record points outside of the file.")
    return _Directory(start=start, size=size, members=members, shift=start - offset)


def _members(directory: bytes, place: _Directory) -> Iterator[Member]:
    unpack, fixed, length, shift = _OF_CENTRAL.unpack_from, CENTRAL_HEADER.size, len(directory), place.shift
    at = same = 0
    while at + fixed <= length:
        (
            signature, flags, method, crc, compressed, uncompressed, name_length, extra_length, comment_length,
            external, offset,
        ) = unpack(directory, at)  # fmt: skip
        if signature != CENTRAL_SIGNATURE:
            raise BadZipError("The zip's directory is damaged.")
        name_end = at + fixed + name_length
        name = directory[at + fixed : name_end].decode("utf-8", "surrogateescape")
        if _NEED_ZIP64 in (compressed, uncompressed, offset):
            extra = directory[name_end : name_end + extra_length]
            uncompressed, compressed, offset = _wide(extra, uncompressed, compressed, offset)
        at = name_end + extra_length + comment_length
        if at > length or offset + shift >= place.start:
            raise BadZipError(f"The directory's entry of {name} points outside of the zip.")
        same = same if external == same else external  # one number for all that have it
        yield Member(name, compressed, uncompressed, crc, method, flags, offset + shift, same)
    if at != length:
        raise BadZipError("The zip's directory is cut short.")


def _wide(extra: bytes, *values: int) -> list[int]:
    """Replace each value that says "see the zip64 field" by what that field holds, in its fixed order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1 and at + 4 + length <= len(extra):
            numbers = iter(struct.unpack(f"<{length // 8}Q", extra[at + 4 : at + 4 + length // 8 * 8]))
            try:
                return [next(numbers) if value == _NEED_ZIP64 else value for value in values]
            except StopIteration:
                break
        at += 4 + length
    raise BadZipError("A member's zip64 field is missing or too short.")
