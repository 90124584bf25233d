"""What a compiled file asks of the machine it runs on: read as the loader does, by the program headers.

Section headers may be stripped, or lie. No count or offset of the file is believed.
"""

import struct
from collections.abc import Iterator, Sequence
from io import SEEK_END
from typing import BinaryIO, Final, NamedTuple

from layer_action.record import record

MAGIC: Final = b"\x7fELF"
_WORDS: Final = {1: False, 2: True}  # ELFCLASS32, ELFCLASS64
_ORDERS: Final = {1: True, 2: False}  # ELFDATA2LSB, ELFDATA2MSB
_LOADED: Final = 1  # PT_LOAD
_DYNAMIC: Final = 2  # PT_DYNAMIC
_END: Final = 0  # DT_NULL
_STRINGS: Final = 5  # DT_STRTAB
_NEEDED: Final = 0x6FFFFFFE  # DT_VERNEED
_COUNT: Final = 0x6FFFFFFF  # DT_VERNEEDNUM
_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader goes on without it
_LONGEST_NAME: Final = 256  # bytes
_MOST_HEADERS: Final = 512
_MOST_TAGS: Final = 4096
_MOST_VERSIONS: Final = 4096  # real files ask for some thirty
_PREFIX: Final = "GLIBC_"
# Versions that name an ability; by its NEWS, glibc has this one from 2.36 on.
_ABILITIES: Final = {"GLIBC_ABI_DT_RELR": (2, 36)}
_MACHINES: Final = {
    3: "i686",
    21: "ppc64le",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
_OURS: Final = (62, 183)


class CompiledFile(NamedTuple):
    """An ELF file of a wheel.

    `machine` is Linux's word (`x86_64`, `aarch64`) or another, with what else keeps it from being loaded there;
    `glibc` is the newest symbol version that it needs.
    """

    path: str
    machine: str
    glibc: tuple[int, int]


@record(kw_only=False)
class _Segment:
    """A program header: a piece of the file, and the address that it is loaded at."""

    kind: int
    offset: int
    address: int
    size: int


class _Elf:
    """A file and its byte order and word size; struct.error is raised for whatever lies beyond its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, SEEK_END)
        word, order = self._read(struct.Struct("4x2B"), 0)
        if word not in _WORDS or order not in _ORDERS:
            raise struct.error
        self.wide, self.little = _WORDS[word], _ORDERS[order]
        (self.machine,) = self._read(self._of("18xH"), 0)

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the name and flags of each version that is asked for of any library."""
        segments = list(self._segments())
        for segment in segments:
            if segment.kind == _DYNAMIC:
                tags = dict(self._tags(segment))
                if _NEEDED in tags and _STRINGS in tags:
                    place, names = (_offset(segments, tags[tag]) for tag in (_NEEDED, _STRINGS))
                    yield from self._needed(place, tags.get(_COUNT, 0), names)

    def _segments(self) -> Iterator[_Segment]:
        table, step, count = self._read(self._of("32xQ14x2H" if self.wide else "28xI10x2H"), 0)
        for number in range(min(count, _MOST_HEADERS)):
            at = table + number * step
            if self.wide:
                kind, offset, address, size = self._read(self._of("I4x2Q8xQ"), at)
            else:
                kind, offset, address, size = self._read(self._of("3I4xI"), at)
            yield _Segment(kind, offset, address, size)

    def _tags(self, segment: _Segment) -> Iterator[tuple[int, int]]:
        pair = self._of("2Q" if self.wide else "2I")
        for number in range(min(segment.size // pair.size, _MOST_TAGS)):
            tag, value = self._read(pair, segment.offset + number * pair.size)
            if tag == _END:
                return
            yield tag, value

    def _needed(self, place: int, libraries: int, names: int) -> Iterator[tuple[str, int]]:
        left = _MOST_VERSIONS
        for _ in range(min(libraries, _MOST_VERSIONS)):
            count, first, following = self._read(self._of("2xH4x2I"), place)
            at = place + first
            for _ in range(min(count, left)):
                flags, name, step = self._read(self._of("4xH2x2I"), at)
                yield self._text(names + name), flags
                at += step
            left -= min(count, left)
            place += following

    def _text(self, at: int) -> str:
        """Return a name; one without an end is none."""
        if at >= self._size:
            raise struct.error
        self._file.seek(at)
        name, end, _ = self._file.read(_LONGEST_NAME).partition(b"\0")
        return name.decode("ascii", "replace") if end else ""

    def _of(self, layout: str) -> struct.Struct:
        return struct.Struct(("<" if self.little else ">") + layout)

    def _read(self, layout: struct.Struct, at: int) -> tuple[int, ...]:
        if at + layout.size > self._size:
            raise struct.error
        self._file.seek(at)
        return layout.unpack(self._file.read(layout.size))


def read_elf(path: str, file: BinaryIO) -> CompiledFile | None:
    """Return what a file asks for; None when it only looks like ELF."""
    try:
        elf = _Elf(file)
    except (struct.error, OSError):
        return None
    try:
        glibc = max(filter(None, map(_glibc, elf.versions())), default=(0, 0))
    except (struct.error, OSError):
        glibc = (0, 0)  # cut short, or made up: the loader will not take it either
    return CompiledFile(path, _machine(elf), glibc)


def _machine(elf: _Elf) -> str:
    machine = _MACHINES.get(elf.machine, f"machine {elf.machine}")
    if elf.machine in _OURS:
        machine += "" if elf.wide else " in 32 bits"
        machine += "" if elf.little else " in big-endian order"
    return machine


def _glibc(version: tuple[str, int]) -> tuple[int, int] | None:
    """Return the release of glibc that a version stands for, if it does and the loader insists on it."""
    name, flags = version
    major, _, rest = name.removeprefix(_PREFIX).partition(".")
    minor = rest.partition(".")[0]
    if flags & _WEAK:
        return None
    if name.startswith(_PREFIX) and major.isdecimal() and minor.isdecimal():
        return int(major), int(minor)
    return _ABILITIES.get(name)


def _offset(segments: Sequence[_Segment], address: int) -> int:
    """Return where in the file an address is loaded from."""
    for segment in segments:
        if segment.kind == _LOADED and segment.address <= address < segment.address + segment.size:
            return address - segment.address + segment.offset
    raise struct.error
