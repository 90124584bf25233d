"""What Linux's loader reads of a compiled file: its header, its segments, and the symbol versions that it needs.

The structures are those of elf(5). Loaded when a new wheel is looked into.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count
from struct import Struct
from struct import error as StructError  # noqa: N812 - a class, whatever its name
from typing import BinaryIO, Final, NamedTuple

_MOST_READS: Final = 4096  # that the headers of a file may take; real ones take some 40, those of LLVM 150
_IDENTITY: Final = 16  # bytes of e_ident, before the header's other fields
_BITS: Final = {1: 32, 2: 64}  # EI_CLASS
_LOW_BYTE_FIRST: Final = {1: True, 2: False}  # EI_DATA
_NAME_PIECE: Final = 64  # bytes
_PT_LOAD: Final = 1
_PT_DYNAMIC: Final = 2
_DT_NULL: Final = 0
_DT_NEEDED: Final = 1
_DT_STRTAB: Final = 5
_DT_VERNEED: Final = 0x6FFFFFFE
_DT_VERNEEDNUM: Final = 0x6FFFFFFF
# of the Ehdr after its identity, Phdr and Dyn, which differ in size and order
_OF: Final = {32: ("2xH4x4xI4x4x2xHH", "III4xI", "iI"), 64: ("2xH4x8xQ8x4x2xHH", "I4xQQ8xQ", "qQ")}
_VERNEED: Final = "2xH4xII"
_VERNAUX: Final = "4xH2xII"
_TAGS: Final = frozenset({_DT_VERNEED, _DT_VERNEEDNUM, _DT_STRTAB})

BROKEN: Final = (StructError, ValueError, KeyError, IndexError, OverflowError, OSError)
"""What a file raises that is made to look like ELF, or cut short, or without an end."""


class _EndlessError(OSError):
    """A file whose headers ask for more reads than any real one."""


class _Header(NamedTuple):
    machine: int
    place: int  # of the program headers
    size: int  # of each of them
    segments: int


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int  # in the file


class _Needed(NamedTuple):
    """A library of which versions are needed; places are relative to this one."""

    versions: int
    first: int
    next: int


class _Version(NamedTuple):
    """A version of a library; the name is a place among the names."""

    flags: int
    name: int
    next: int


class _Layouts(NamedTuple):
    """How the structures lie in files of one kind."""

    header: Struct
    segment: Struct
    entry: Struct
    needed: Struct
    version: Struct


class ElfFile:
    """A compiled file, as far as it is read. Everything that is asked of it may raise one of BROKEN."""

    def __init__(self, file: BinaryIO) -> None:
        """Read its header."""
        self._file = file
        self._reads = 0
        identity = self._bytes(0, _IDENTITY)
        self.bits, self.little_endian = _BITS[identity[4]], _LOW_BYTE_FIRST[identity[5]]
        self._layouts = _layouts(self.bits, self.little_endian)
        self._header = _Header(*self._read(self._layouts.header, _IDENTITY))

    @property
    def machine(self) -> int:
        """The processor it is for, by its number."""
        return self._header.machine

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield name and flags of the symbol versions that it needs.

        They are found as the loader does it, by the dynamic segment: section headers may be stripped, or lie.
        """
        for dynamic in self._segments(_PT_DYNAMIC):
            tags = self._tags(dynamic) if dynamic.size else {}
            if _DT_VERNEED in tags:
                yield from self._needed(self._place(tags[_DT_VERNEED]), self._place(tags[_DT_STRTAB]), tags)

    def libraries(self) -> Iterator[str]:
        """Yield the names of the libraries that it is linked with."""
        for dynamic in self._segments(_PT_DYNAMIC):
            tags = self._tags(dynamic) if dynamic.size else {}
            for tag, value in self._entries(dynamic) if _DT_STRTAB in tags else ():
                if tag == _DT_NEEDED:
                    yield self._name(self._place(tags[_DT_STRTAB]) + value)

    def _needed(self, library: int, names: int, tags: dict[int, int]) -> Iterator[tuple[str, int]]:
        for _ in range(tags.get(_DT_VERNEEDNUM, 0)):
            needed = _Needed(*self._read(self._layouts.needed, library))
            place = library + needed.first
            for _ in range(needed.versions):
                version = _Version(*self._read(self._layouts.version, place))
                yield self._name(names + version.name), version.flags
                place += version.next
            library += needed.next

    def _segments(self, kind: int) -> Iterator[_Segment]:
        """Find the program headers of a kind; they are read anew, as there may be sixty thousand of them."""
        for number in range(self._header.segments):
            place = self._header.place + number * self._header.size
            segment = _Segment(*self._read(self._layouts.segment, place))
            if segment.kind == kind:
                yield segment

    def _place(self, address: int) -> int:
        """Return where in the file an address is."""
        for segment in self._segments(_PT_LOAD):
            if segment.address <= address < segment.address + segment.size:
                return address - segment.address + segment.offset
        raise ValueError(address)

    def _tags(self, dynamic: _Segment) -> dict[int, int]:
        """Return those of _TAGS that a dynamic segment has; of several of a kind the first."""
        found: dict[int, int] = {}
        for tag, value in self._entries(dynamic):
            if tag in _TAGS:
                found.setdefault(tag, value)
        return found

    def _entries(self, dynamic: _Segment) -> Iterator[tuple[int, int]]:
        """Yield tag and value of the entries of a dynamic segment, up to its end."""
        for place in count(dynamic.offset, self._layouts.entry.size):
            tag, value = self._read(self._layouts.entry, place)
            if tag == _DT_NULL:
                return
            yield tag, value

    def _name(self, place: int) -> str:
        """Return what stands at a place, up to a zero byte or the file's end."""
        found = b""
        while b"\0" not in found and (piece := self._bytes(place + len(found), _NAME_PIECE)):
            found += piece
        return found.partition(b"\0")[0].decode(errors="replace")

    def _read(self, layout: Struct, place: int) -> tuple[int, ...]:
        return layout.unpack(self._bytes(place, layout.size))

    def _bytes(self, place: int, count: int) -> bytes:
        self._reads += 1
        if self._reads > _MOST_READS:
            raise _EndlessError
        self._file.seek(place)
        return self._file.read(count)


@cache
def _layouts(bits: int, little_endian: bool) -> _Layouts:  # noqa: FBT001 - a key
    """Return how structures lie; what nobody asks for is passed over."""
    order = "<" if little_endian else ">"
    return _Layouts(*(Struct(order + fields) for fields in (*_OF[bits], _VERNEED, _VERNAUX)))
