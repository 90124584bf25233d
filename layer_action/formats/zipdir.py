"""The central directory of a zip, read through `read(offset, count)`: from a file, or from a server by Range.

`zipfile` wants a seekable file, keeps 30 attributes a member and believes what it reads; this reader takes two small
reads, keeps the bytes that it read and refuses what contradicts itself. The layout is PKWARE's APPNOTE 6.3.9, §4.3.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, overload

from layer_action.errors import BadZipError
from layer_action.formats.zipend import IN_ZIP64, TAIL, Place, Read, find_directory

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
# what members are made of: flags, method, crc, compressed, uncompressed, name length, external attributes, offset
OF_CENTRAL: Final = struct.Struct("<8x2H4x3IH8x2I")
METHOD_AND_SIZES: Final = struct.Struct("<10xH8x2I")
# what leads from one to the next: signature, compressed, uncompressed, lengths of name, extra and comment, offset
_STEP: Final = struct.Struct("<4s16x2I3H8xI")
_SIZES_AT: Final = 20  # of an entry: compressed, uncompressed
OFFSET_AT: Final = 42  # of an entry
_OFFSET: Final = struct.Struct(f"<{OFFSET_AT}xI")
MOST_MEMBERS: Final = 100_000  # a zip of Lambda's 250 MiB never comes near
_LARGEST_DIRECTORY: Final = 16 << 20
_FURTHEST: Final = IN_ZIP64 - (1 << 18)  # so that 32 bits hold where data begin, whatever lies before the zip
_LARGEST_MEMBER: Final = 8 << 20  # that `read_member` unpacks into memory
_LONGEST_EXTRA_GUESS: Final = 64


class Member(NamedTuple):
    """One entry of the directory.

    Sizes and `offset` (of the local header) are in bytes. `name` is UTF-8, with surrogate escapes for what is not.
    `external` are the external attributes: the Unix mode, with its type bits, is `external >> 16`; 0 from elsewhere.
    """

    name: str
    compressed: int
    uncompressed: int
    crc: int
    method: int
    flags: int
    offset: int
    external: int


class Directory(Sequence[Member]):
    """Members in the order of the directory: its bytes, and where in them each entry begins, and its name ends.

    A member is made when it is asked for: layers have tens of thousands. Who writes a whole layer reads `entries`
    itself; offsets there lack `shift`, the count of bytes before the zip proper.
    """

    __slots__ = ("begins", "ends", "entries", "shift")

    def __init__(self, entries: bytes, begins: "array[int]", ends: "array[int]", shift: int) -> None:
        """Take entries that were looked at, with no size or offset in a zip64 field."""
        self.entries = entries
        self.begins = begins
        self.ends = ends
        self.shift = shift

    def __len__(self) -> int:
        """Count the members."""
        return len(self.begins)

    @overload
    def __getitem__(self, number: int) -> Member: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Member, ...]: ...
    def __getitem__(self, number: int | slice) -> Member | tuple[Member, ...]:
        """Return a member, or some of them."""
        if isinstance(number, slice):
            return tuple(map(self.at, self.begins[number]))
        return self.at(self.begins[number])

    def __iter__(self) -> Iterator[Member]:
        """Make one member after the other."""
        return map(self.at, self.begins)

    def at(self, begin: int) -> Member:
        """Return the member whose entry begins there."""
        flags, method, crc, compressed, uncompressed, length, external, offset = OF_CENTRAL.unpack_from(
            self.entries, begin
        )
        name = self.entries[begin + CENTRAL_HEADER.size : begin + CENTRAL_HEADER.size + length]
        return Member(
            name.decode("utf-8", "surrogateescape"),
            compressed,
            uncompressed,
            crc,
            method,
            flags,
            offset + self.shift,
            external,
        )

    def offset(self, begin: int) -> int:
        """Return where the local header lies of the member whose entry begins there."""
        (offset,) = _OFFSET.unpack_from(self.entries, begin)
        return int(offset) + self.shift

    def name(self, number: int) -> bytes:
        """Return what a member is called, without making it."""
        return self.entries[self.begins[number] + CENTRAL_HEADER.size : self.ends[number]]

    def names(self) -> Iterator[bytes]:
        """Yield what all members are called."""
        return map(self.name, range(len(self)))


def read_directory(read: Read, size: int, *, most: int = MOST_MEMBERS) -> Directory:
    """Return the members of a zip, in two reads (one for a small zip, three for zip64).

    `size` is the file's, in bytes. Raises BadZipError, also for more than `most` members.
    """
    tail_start = max(0, size - TAIL)
    tail = read(tail_start, size - tail_start)

    def cached(offset: int, count: int) -> bytes:
        inside = offset - tail_start
        return tail[inside : inside + count] if inside >= 0 else read(offset, count)

    place = find_directory(cached, tail, tail_start)
    if place.members > most or place.size > _LARGEST_DIRECTORY:
        raise BadZipError(f"The zip claims {place.members} members; more than {most} are not read.")
    if place.start > _FURTHEST:
        raise BadZipError("The zip's directory lies beyond 4 GiB; no layer holds such.")
    entries = cached(place.start, place.size)
    if len(entries) != place.size:
        raise BadZipError("The zip's directory is cut short.")
    directory = _looked_at(entries, place)
    if len(directory) != place.members:
        raise BadZipError(f"The zip says that it has {place.members} members, and lists {len(directory)}.")
    return directory


def read_member(read: Read, member: Member) -> bytes:
    """Return the bytes of one member (up to 8 MiB), in one read as a rule.

    Raises BadZipError, also when size or CRC are not as claimed.
    """
    content = inflate(read_raw(read, member), member)
    if len(content) != member.uncompressed or zlib.crc32(content) != member.crc:
        raise BadZipError(f"{member.name} does not have the size or the checksum that the zip states.")
    return content


def read_raw(read: Read, member: Member) -> bytes:
    """Return the data of one member (up to 8 MiB) as they are stored, in one read as a rule. Raises BadZipError."""
    if max(member.uncompressed, member.compressed) > _LARGEST_MEMBER:
        raise BadZipError(f"{member.name} has {member.uncompressed} bytes: too many to read into memory.")
    head = LOCAL_HEADER.size + len(member.name.encode("utf-8", "surrogateescape"))
    block = read(member.offset, head + _LONGEST_EXTRA_GUESS + member.compressed)
    start = data_start(block, member)
    raw = block[start : start + member.compressed]
    return raw if len(raw) == member.compressed else read(member.offset + start, member.compressed)


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


def _looked_at(entries: bytes, place: Place) -> Directory:
    step, fixed, length, furthest = _STEP.unpack_from, CENTRAL_HEADER.size, len(entries), place.start - place.shift
    begins, ends = array("I"), array("I")
    wide: dict[int, list[int]] = {}
    at = 0
    while at + fixed <= length:
        signature, compressed, uncompressed, name_length, extra_length, comment_length, offset = step(entries, at)
        if signature != CENTRAL_SIGNATURE:
            raise BadZipError("The zip's directory is damaged.")
        name_end = at + fixed + name_length
        if IN_ZIP64 in (compressed, uncompressed, offset):
            extra = entries[name_end : name_end + extra_length]
            uncompressed, compressed, offset = wide[at] = _wide(extra, uncompressed, compressed, offset)
        begins.append(at)
        ends.append(name_end)
        end = name_end + extra_length + comment_length
        if end > length or offset >= furthest:
            name = entries[at + fixed : name_end].decode("utf-8", "surrogateescape")
            raise BadZipError(f"The directory's entry of {name} points outside of the zip.")
        at = end
    if at != length:
        raise BadZipError("The zip's directory is cut short.")
    return Directory(_narrowed(entries, wide) if wide else entries, begins, ends, place.shift)


def _narrowed(entries: bytes, wide: Mapping[int, Sequence[int]]) -> bytes:
    """Put what zip64 fields hold into the entries themselves, where all who read them look."""
    narrow = bytearray(entries)
    for at, (uncompressed, compressed, offset) in wide.items():
        if max(uncompressed, compressed, offset) >= IN_ZIP64:
            raise BadZipError(f"The zip has a member of {uncompressed} bytes, or beyond 4 GiB; no layer holds such.")
        struct.pack_into("<2I", narrow, at + _SIZES_AT, compressed, uncompressed)
        struct.pack_into("<I", narrow, at + OFFSET_AT, offset)
    return bytes(narrow)


def _wide(extra: bytes, *values: int) -> list[int]:
    """Replace each value that says "see the zip64 field" by what that field holds, in its fixed order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1 and at + 4 + length <= len(extra):
            numbers = iter(struct.unpack(f"<{length // 8}Q", extra[at + 4 : at + 4 + length // 8 * 8]))
            try:
                return [next(numbers) if value == IN_ZIP64 else value for value in values]
            except StopIteration:
                break
        at += 4 + length
    raise BadZipError("A member's zip64 field is missing or too short.")
