"""What Linux's loader reads of a compiled file: its header, its segments, and the symbol versions that it needs.

By pyelftools' structures. Its own ELFFile would load all of DWARF, and read the header of each section. Loaded when a
new wheel is looked into.
"""

from collections.abc import Iterator
from functools import cache
from io import SEEK_SET
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from elftools.common.exceptions import ELFError
from elftools.common.utils import parse_cstring_from_stream, struct_parse
from elftools.construct.core import ConstructError
from elftools.elf.structs import ELFStructs

if TYPE_CHECKING:
    from elftools.construct.core import Struct
    from elftools.construct.lib.container import Container

_MOST_READS: Final = 4096  # that the headers of a file may take; real ones take some 200, those of LLVM 520
_MAGIC: Final = 4  # bytes
_BITS: Final = {1: 32, 2: 64}  # EI_CLASS
_LOW_BYTE_FIRST: Final = {1: True, 2: False}  # EI_DATA
_TAGS: Final = frozenset({"DT_VERNEED", "DT_VERNEEDNUM", "DT_STRTAB"})

BROKEN: Final = (
    ELFError,
    ConstructError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    OSError,
)
"""What a file raises that is made to look like ELF, or cut short, or without an end."""


class _EndlessError(OSError):
    """A file whose headers ask for more reads than any real one."""


class _Bounded:
    """A file for a parser that believes every count in it: its reads are counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_READS

    def read(self, count: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise _EndlessError
        return self._file.read(count)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class ElfFile:
    """A compiled file, as far as it is read. Everything that is asked of it may raise one of BROKEN."""

    def __init__(self, file: BinaryIO) -> None:
        """Read its header."""
        self._file = cast("BinaryIO", _Bounded(file))
        self._file.seek(0)
        identity = self._file.read(_MAGIC + 2)
        self.bits, self.little_endian = _BITS[identity[-2]], _LOW_BYTE_FIRST[identity[-1]]
        self._structs = _structs(self.bits, self.little_endian)
        self._header = self._read(self._structs.Elf_Ehdr, 0)

    @property
    def machine(self) -> str:
        """The processor it is for, such as `EM_X86_64`; a number where nobody knows it."""
        return str(self._header.e_machine)

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield name and flags of the symbol versions that it needs.

        They are found as the loader does it, by the dynamic segment: section headers may be stripped, or lie.
        """
        for dynamic in self._segments("PT_DYNAMIC"):
            tags = self._tags(dynamic) if dynamic.p_filesz else {}
            if "DT_VERNEED" in tags:
                yield from self._needed(self._place(tags["DT_VERNEED"]), self._place(tags["DT_STRTAB"]), tags)

    def libraries(self) -> Iterator[str]:
        """Yield the names of the libraries that it is linked with."""
        for dynamic in self._segments("PT_DYNAMIC"):
            tags = self._tags(dynamic) if dynamic.p_filesz else {}
            for tag in self._entries(dynamic) if "DT_STRTAB" in tags else ():
                if tag.d_tag == "DT_NEEDED":
                    name = parse_cstring_from_stream(self._file, self._place(tags["DT_STRTAB"]) + tag.d_val) or b""
                    yield name.decode(errors="replace")

    def _needed(self, library: int, names: int, tags: dict[str, int]) -> Iterator[tuple[str, int]]:
        for _ in range(tags.get("DT_VERNEEDNUM", 0)):
            needed = self._read(self._structs.Elf_Verneed, library)
            version = library + needed.vn_aux
            for _ in range(needed.vn_cnt):
                found = self._read(self._structs.Elf_Vernaux, version)
                name = parse_cstring_from_stream(self._file, names + found.vna_name) or b""
                yield name.decode(errors="replace"), found.vna_flags
                version += found.vna_next
            library += needed.vn_next

    def _segments(self, kind: str) -> "Iterator[Container]":
        """Find the program headers of a kind; they are read anew, as there may be sixty thousand of them."""
        for number in range(self._header.e_phnum):
            place = self._header.e_phoff + number * self._header.e_phentsize
            segment = self._read(self._structs.Elf_Phdr, place)
            if segment.p_type == kind:
                yield segment

    def _place(self, address: int) -> int:
        """Return where in the file an address is."""
        for segment in self._segments("PT_LOAD"):
            if segment.p_vaddr <= address < segment.p_vaddr + segment.p_filesz:
                return int(address - segment.p_vaddr + segment.p_offset)
        raise ValueError(address)

    def _tags(self, dynamic: "Container") -> dict[str, int]:
        """Return those of _TAGS that a dynamic segment has; of several of a kind the first."""
        found: dict[str, int] = {}
        for tag in self._entries(dynamic):
            if tag.d_tag in _TAGS:
                found.setdefault(tag.d_tag, tag.d_val)
        return found

    def _entries(self, dynamic: "Container") -> "Iterator[Container]":
        """Yield the entries of a dynamic segment, up to its end."""
        for place in count(dynamic.p_offset, self._structs.Elf_Dyn.sizeof()):
            tag = self._read(self._structs.Elf_Dyn, place)
            if tag.d_tag == "DT_NULL":
                return
            yield tag

    def _read(self, layout: "Struct", place: int) -> "Container":
        return cast("Container", struct_parse(layout, self._file, stream_pos=place))


@cache
def _structs(bits: int, little_endian: bool) -> ELFStructs:  # noqa: FBT001 - a key
    """Return how headers are laid out: made once for all files, as it takes 2 ms and 50 KB."""
    structs = ELFStructs(little_endian=little_endian, elfclass=bits)
    structs.create_basic_structs()
    structs.create_advanced_structs()
    return structs
