"""What a compiled file asks of the machine it runs on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

MAGIC: Final = b"\x7fELF"
_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader goes on without it
_PREFIX: Final = "GLIBC_"


class CompiledFile(NamedTuple):
    """An ELF file of a wheel.

    `machine` is Linux's word (`x86_64`, `aarch64`) or another; `glibc` the newest symbol version that it needs.
    """

    path: str
    machine: str
    glibc: tuple[int, int]


_MACHINES: Final = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64", "EM_386": "i686", "EM_ARM": "armv7l"}


def read_elf(path: str, file: BinaryIO) -> CompiledFile | None:
    """Return what a file asks for; None when it only looks like ELF."""
    from elftools.common.exceptions import ELFError  # noqa: PLC0415 - only a new wheel is looked into
    from elftools.construct.core import ConstructError  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415

    try:
        elf = ELFFile(file)
        machine = str(elf.header["e_machine"])
        glibc = max(_glibc(elf), default=(0, 0))
    except (ELFError, ConstructError, ValueError, KeyError, IndexError, AttributeError, OverflowError, OSError):
        # a file made to look like ELF, or cut short: the loader will not take it either
        return None
    return CompiledFile(path, _MACHINES.get(machine, machine), glibc)


def _glibc(elf: "ELFFile") -> Iterator[tuple[int, int]]:
    from elftools.elf.gnuversions import GNUVerNeedSection  # noqa: PLC0415

    section = elf.get_section_by_name(".gnu.version_r")
    if not isinstance(section, GNUVerNeedSection):
        return
    for _, needed in section.iter_versions():
        for auxiliary in needed:
            name = auxiliary.name
            major, _, rest = name.removeprefix(_PREFIX).partition(".")
            minor = rest.partition(".")[0]
            is_version = name.startswith(_PREFIX) and major.isdecimal() and minor.isdecimal()
            if is_version and not auxiliary["vna_flags"] & _WEAK:
                yield int(major), int(minor)
