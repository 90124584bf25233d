"""What a compiled file asks of the machine it runs on.

It is read as the loader reads it, by program headers: section headers may be stripped, or lie. Every count and every
offset in it is a stranger's word, so each read is bounded, and each walk goes forward only.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

MAGIC: Final = b"\x7fELF"
_PREFIX: Final = "GLIBC_"
_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader goes on without it

# The layout is that of elf(5). A header's first 20 bytes are the same for 32 and 64 bits.
_IDENTITY: Final = 20
_WIDE: Final = 2  # ELFCLASS64
_BYTE_ORDERS: Final = {1: "<", 2: ">"}
_HEADER: Final = struct.Struct("<32xQ14x2H6x")  # of 64 bits: program headers' offset, size of each, count
_PROGRAM: Final = struct.Struct("<2I2Q8xQ16x")  # type, flags, offset, address, size in the file
_DYNAMIC: Final = struct.Struct("<2Q")  # tag, value
_NEEDED: Final = struct.Struct("<2H3I")  # version, count, file, offset of the first of them, offset of the next record
_AUXILIARY: Final = struct.Struct("<I2H2I")  # hash, flags, other, name, offset of the next
_LOAD, _IS_DYNAMIC = 1, 2
_STRINGS, _VERSIONS = 5, 0x6FFFFFFE  # DT_STRTAB, DT_VERNEED
_MOST_PROGRAMS: Final = 1 << 10
_MOST_READ: Final = 1 << 18  # bytes, of dynamic section and versions; libraries of real wheels have a few thousand
_LONGEST_NAME: Final = 64


class CompiledFile(NamedTuple):
    """An ELF file of a wheel.

    `machine` is Linux's word (`x86_64`, `aarch64`) or another; `glibc` the newest symbol version that it needs.
    """

    path: str
    machine: str
    glibc: tuple[int, int]


_MACHINES: Final = {
    3: "i686",
    8: "mips",
    20: "ppc",
    21: "ppc64le",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}


class _Segment(NamedTuple):
    """A piece of the file, and the address where it gets."""

    kind: int
    offset: int
    address: int
    size: int


def read_elf(path: str, file: BinaryIO) -> CompiledFile | None:
    """Return what a file asks for; None when it only looks like ELF."""
    identity = _read(file, 0, _IDENTITY)
    order = _BYTE_ORDERS.get(identity[5]) if len(identity) == _IDENTITY else None
    if order is None:
        return None
    number = int(struct.unpack_from(f"{order}H", identity, 18)[0])
    machine = _MACHINES.get(number, f"machine {number}")
    if identity[4] != _WIDE or order != "<":
        return CompiledFile(path, machine, (0, 0))  # no machine of Lambda's
    try:
        return CompiledFile(path, machine, max(_glibc(file), default=(0, 0)))
    except struct.error:
        return None  # cut short: the loader will not take it either


def _glibc(file: BinaryIO) -> Iterator[tuple[int, int]]:
    segments = _segments(file)
    dynamic = next((segment for segment in segments if segment.kind == _IS_DYNAMIC), None)
    if dynamic is None:
        return
    block = _read(file, dynamic.offset, min(dynamic.size, _MOST_READ))
    values = dict(_DYNAMIC.iter_unpack(block[: len(block) // _DYNAMIC.size * _DYNAMIC.size]))
    strings, versions = (_place(values.get(tag), segments) for tag in (_STRINGS, _VERSIONS))
    if strings is None or versions is None:
        return
    for offset, flags in _names(_read(file, versions, _MOST_READ)):
        name = _read(file, strings + offset, _LONGEST_NAME).partition(b"\0")[0].decode("ascii", "replace")
        major, _, rest = name.removeprefix(_PREFIX).partition(".")
        minor = rest.partition(".")[0]
        if name.startswith(_PREFIX) and major.isdecimal() and minor.isdecimal() and not flags & _WEAK:
            yield int(major), int(minor)


def _segments(file: BinaryIO) -> list[_Segment]:
    start, size, count = _HEADER.unpack(_read(file, 0, _HEADER.size))
    if size != _PROGRAM.size or count > _MOST_PROGRAMS:
        return []
    found = []
    for number in range(count):
        kind, _, offset, address, length = _PROGRAM.unpack(_read(file, start + number * size, size))
        found.append(_Segment(kind, offset, address, length))
    return found


def _place(address: int | None, segments: Sequence[_Segment]) -> int | None:
    """Return where in the file an address is."""
    for kind, offset, start, size in segments:
        if address is not None and kind == _LOAD and start <= address < start + size:
            return offset + address - start
    return None


def _names(block: bytes) -> Iterator[tuple[int, int]]:
    """Yield offset and flags of the name of each version that is needed."""
    at, seen = 0, 0
    while True:
        _, count, _, first, following = _NEEDED.unpack_from(block, at)
        auxiliary = at + first
        for _ in range(count):
            _, flags, _, name, step = _AUXILIARY.unpack_from(block, auxiliary)
            yield name, flags
            seen += 1
            auxiliary += step
            if not step or seen > len(block) // _AUXILIARY.size:  # more than can stand in it: they go in circles
                break
        at += following
        if not following or seen > len(block) // _AUXILIARY.size:
            return


def _read(file: BinaryIO, offset: int, count: int) -> bytes:
    """Read at an offset; nothing where no file reaches."""
    if offset.bit_length() > 62:  # noqa: PLR2004 - a file offset has 63 bits
        return b""
    file.seek(offset)
    return file.read(count)
