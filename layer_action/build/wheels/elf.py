"""What a compiled file asks of the machine it runs on."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from layer_action.build.wheels.elf_headers import ElfFile

MAGIC: Final = b"\x7fELF"
_WEAK: Final = 0x2  # VER_FLG_WEAK: the loader goes on without it
_PREFIX: Final = "GLIBC_"
# Versions that name an ability, by the first glibc that has it.
_ABILITIES: Final = {"GLIBC_ABI_DT_RELR": (2, 36), "GLIBC_ABI_GNU2_TLS": (2, 42)}


class CompiledFile(NamedTuple):
    """An ELF file of a wheel.

    `machine` is Linux's word (`x86_64`, `aarch64`) or another, with what else keeps it from being loaded there;
    `glibc` is the newest symbol version that it needs.
    """

    path: str
    machine: str
    glibc: tuple[int, int]


ReadElf: TypeAlias = Callable[[str, BinaryIO], CompiledFile | None]
"""What reads a compiled file, given its path in the wheel; None when it only looks like ELF."""

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
_64_BIT: Final = 64


def read_elf(path: str, file: BinaryIO) -> CompiledFile | None:
    """Return what a file asks for; None when it only looks like ELF."""
    from layer_action.build.wheels.elf_headers import BROKEN, ElfFile  # noqa: PLC0415 - only a new wheel is looked into

    try:
        elf = ElfFile(file)
    except BROKEN:
        return None
    try:
        glibc = max(_glibc(elf), default=(0, 0))
    except BROKEN:
        glibc = (0, 0)  # the loader will not take it either
    return CompiledFile(path, _machine(elf), glibc)


def libraries_of(file: BinaryIO) -> tuple[str, ...]:
    """Return the names of the libraries that a compiled file is linked with; none of what the loader cannot read."""
    from layer_action.build.wheels.elf_headers import BROKEN, ElfFile  # noqa: PLC0415 - only a new wheel is looked into

    try:
        return tuple(ElfFile(file).libraries())
    except BROKEN:
        return ()


def _machine(elf: "ElfFile") -> str:
    machine = _MACHINES.get(elf.machine, elf.machine)
    if machine.isdecimal():  # one that nobody knows
        return f"machine {machine}"
    if machine in ("x86_64", "aarch64"):
        machine += "" if elf.bits == _64_BIT else " in 32 bits"
        machine += "" if elf.little_endian else " in big-endian order"
    return machine


def _glibc(elf: "ElfFile") -> Iterator[tuple[int, int]]:
    for name, flags in elf.versions():
        major, _, rest = name.removeprefix(_PREFIX).partition(".")
        minor = rest.partition(".")[0]
        is_version = name.startswith(_PREFIX) and major.isdecimal() and minor.isdecimal()
        if flags & _WEAK:
            continue
        if is_version:
            yield int(major), int(minor)
        elif name in _ABILITIES:
            yield _ABILITIES[name]
