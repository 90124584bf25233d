"""What a compiled file asks of the machine it runs on."""

from collections.abc import Iterator
from functools import cache
from io import SEEK_END, SEEK_SET
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

if TYPE_CHECKING:
    from elftools.construct.lib.container import Container
    from elftools.elf.elffile import ELFFile
    from elftools.elf.gnuversions import Version, VersionAuxiliary
    from elftools.elf.structs import ELFStructs

MAGIC: Final = b"\x7fELF"
_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader goes on without it
_PREFIX: Final = "GLIBC_"
# Versions that name an ability; by its NEWS, glibc has this one from 2.36 on.
_ABILITIES: Final = {"GLIBC_ABI_DT_RELR": (2, 36)}
# Reads that the headers of a file may take. Real ones take some 350, large ones twice that.
_LEAST_READS: Final = 4096
_BYTES_A_READ: Final = 64


class CompiledFile(NamedTuple):
    """An ELF file of a wheel.

    `machine` is Linux's word (`x86_64`, `aarch64`) or another, with what else keeps it from being loaded there;
    `glibc` is the newest symbol version that it needs.
    """

    path: str
    machine: str
    glibc: tuple[int, int]


_MACHINES: Final = {
    "EM_X86_64": "x86_64",
    "EM_AARCH64": "aarch64",
    "EM_386": "i686",
    "EM_ARM": "armv7l",
    "EM_PPC64": "ppc64le",
    "EM_S390": "s390x",
    "EM_RISCV": "riscv64",
    "EM_LOONGARCH": "loongarch64",
}
_CLASSES: Final = {1: 32, 2: 64}  # EI_CLASS: bits of an address
_ORDERS: Final = {1: True, 2: False}  # EI_DATA: whether the low byte comes first


class _EndlessError(OSError):
    """A file whose headers ask for more reads than its size explains."""


class _Bounded:
    """A file for a parser that believes every count in it: its reads are counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _LEAST_READS + file.seek(0, SEEK_END) // _BYTES_A_READ

    def read(self, count: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise _EndlessError
        return self._file.read(count)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class _Elf:
    """What pyelftools' readers ask of its ELFFile, which itself loads all of DWARF and reads every section's header."""

    def __init__(self, stream: BinaryIO) -> None:
        from elftools.common.utils import struct_parse  # noqa: PLC0415 - only a new wheel is looked into

        self._parse = struct_parse
        self.stream = stream
        stream.seek(0)
        ident = stream.read(len(MAGIC) + 2)
        self.bits, self.little_endian = _CLASSES[ident[-2]], _ORDERS[ident[-1]]
        self.structs = _structs(self.bits, self.little_endian)
        self.header = struct_parse(self.structs.Elf_Ehdr, stream, stream_pos=0)

    def segments(self, kind: str) -> "Iterator[Container]":
        """Find the program headers of a kind; they are read anew, as there may be sixty thousand of them."""
        for number in range(self.header.e_phnum):
            place = self.header.e_phoff + number * self.header.e_phentsize
            segment = self._parse(self.structs.Elf_Phdr, self.stream, stream_pos=place)
            if segment.p_type == kind:
                yield segment

    def address_offsets(self, start: int) -> Iterator[int]:
        """Find where in the file an address is."""
        for segment in self.segments("PT_LOAD"):
            if segment.p_vaddr <= start < segment.p_vaddr + segment.p_filesz:
                yield start - segment.p_vaddr + segment.p_offset


@cache
def _structs(bits: int, little_endian: bool) -> "ELFStructs":  # noqa: FBT001 - a key
    """Return how headers are laid out: made once for all files, as it takes 2 ms and 50 KB."""
    from elftools.elf.structs import ELFStructs  # noqa: PLC0415 - only a new wheel is looked into

    structs = ELFStructs(little_endian=little_endian, elfclass=bits)
    structs.create_basic_structs()
    structs.create_advanced_structs()
    return structs


def read_elf(path: str, file: BinaryIO) -> CompiledFile | None:
    """Return what a file asks for; None when it only looks like ELF."""
    from elftools.common.exceptions import ELFError  # noqa: PLC0415 - only a new wheel is looked into
    from elftools.construct.core import ConstructError  # noqa: PLC0415

    # a file made to look like ELF, or cut short, or without an end
    broken = (ELFError, ConstructError, ValueError, KeyError, IndexError, AttributeError, OverflowError, OSError)
    try:
        elf = _Elf(cast("BinaryIO", _Bounded(file)))
    except broken:
        return None
    try:
        glibc = max(_glibc(elf), default=(0, 0))
    except broken:
        glibc = (0, 0)  # the loader will not take it either
    return CompiledFile(path, _machine(elf), glibc)


def _machine(elf: _Elf) -> str:
    name = str(elf.header.e_machine)
    machine = _MACHINES.get(name, name)
    if machine in ("x86_64", "aarch64"):
        machine += "" if elf.bits == _CLASSES[2] else " in 32 bits"
        machine += "" if elf.little_endian else " in big-endian order"
    return machine


def _glibc(elf: _Elf) -> Iterator[tuple[int, int]]:
    for _, needed in _versions(elf):
        for auxiliary in needed:
            name = auxiliary.name
            major, _, rest = name.removeprefix(_PREFIX).partition(".")
            minor = rest.partition(".")[0]
            is_version = name.startswith(_PREFIX) and major.isdecimal() and minor.isdecimal()
            if auxiliary["vna_flags"] & _WEAK:
                continue
            if is_version:
                yield int(major), int(minor)
            elif name in _ABILITIES:
                yield _ABILITIES[name]


def _versions(elf: _Elf) -> "Iterator[tuple[Version, Iterator[VersionAuxiliary]]]":
    """Find the versions as the loader does, by the dynamic segment: section headers may be stripped, or lie."""
    from elftools.elf.dynamic import Dynamic  # noqa: PLC0415
    from elftools.elf.gnuversions import GNUVerNeedSection  # noqa: PLC0415
    from elftools.elf.sections import StringTableSection  # noqa: PLC0415

    file = cast("ELFFile", elf)
    for segment in elf.segments("PT_DYNAMIC"):
        dynamic = Dynamic(elf.stream, file, None, segment.p_offset, empty=not segment.p_filesz)
        _, place = dynamic.get_table_offset("DT_VERNEED")
        _, strings = dynamic.get_table_offset("DT_STRTAB")
        if place is not None and strings is not None:
            count = next((tag["d_val"] for tag in dynamic.iter_tags("DT_VERNEEDNUM")), 0)
            names = StringTableSection(_header(strings), "", file)
            yield from GNUVerNeedSection(_header(place, count), "", file, names).iter_versions()


def _header(offset: int, count: int = 0) -> "Container":
    """Return what the parser asks of a section's header, where only the loader's table is known."""
    from elftools.construct.lib.container import Container  # noqa: PLC0415

    return Container(sh_offset=offset, sh_info=count, sh_flags=0, sh_size=0, sh_addralign=1)
