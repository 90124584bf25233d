"""The smallest ELF files that say what they need: a machine, and versions of the C library.

They say it twice, as compilers do: to the loader (program headers) and to tools (section headers).
"""

import struct
from collections.abc import Sequence
from typing import Final

X86_64: Final = 62
AARCH64: Final = 183
I386: Final = 3
_VERNEED: Final = 0x6FFFFFFE
_VERNEEDNUM: Final = 0x6FFFFFFF
_STRTAB: Final = 3
_NEEDED: Final = 1
_PROGRAM: Final = 56  # bytes of a program header


def make_elf(
    machine: int, versions: Sequence[str] = (), *, weak: Sequence[str] = (), libraries: Sequence[str] = ()
) -> bytes:
    """Return a shared library for a machine that needs `versions` (such as "GLIBC_2.17") of libc.so.6."""
    names = ["libc.so.6", *versions, *weak, *libraries]
    strings, offsets = b"\0", {}
    for name in names:
        offsets[name] = len(strings)
        strings += name.encode() + b"\0"
    needed = [*((name, 0) for name in versions), *((name, 2) for name in weak)]
    verneed = struct.pack("<2H3I", 1, len(needed), offsets["libc.so.6"], 16, 0)
    for index, (name, flags) in enumerate(needed):
        following = 16 if index + 1 < len(needed) else 0
        verneed += struct.pack("<I2H2I", 0, flags, index + 2, offsets[name], following)
    titles = b"\0.shstrtab\0.dynstr\0.gnu.version_r\0"
    programs = _PROGRAM * 2
    starts = [64 + programs]
    for part in (titles, strings, verneed):
        starts.append(starts[-1] + len(part))
    tags = [*((_NEEDED, offsets[name]) for name in libraries), (5, starts[1]), (10, len(strings))]
    tags += [(_VERNEED, starts[2]), (_VERNEEDNUM, 1)] if needed else []
    dynamic = b"".join(struct.pack("<2Q", tag, value) for tag, value in [*tags, (0, 0)])
    sections = [
        struct.pack("<2I4Q2I2Q", *[0] * 10),
        _section(1, _STRTAB, starts[0], len(titles)),
        _section(11, _STRTAB, starts[1], len(strings)),
        _section(19, _VERNEED, starts[2], len(verneed), link=2, count=1) if needed else _section(19, 0, 0, 0),
    ]
    whole = starts[3] + len(dynamic)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<2HI3QI6H", 3, machine, 1, 0, 64, whole, 0, 64, _PROGRAM, 2, 64, len(sections), 1)
    header += _program(1, 0, whole) + _program(2, starts[3], len(dynamic))
    return header + titles + strings + verneed + dynamic + b"".join(sections)


def _program(kind: int, start: int, size: int) -> bytes:
    return struct.pack("<2I6Q", kind, 4, start, start, start, size, size, 8)


def _section(name: int, kind: int, start: int, size: int, *, link: int = 0, count: int = 0) -> bytes:
    return struct.pack("<2I4Q2I2Q", name, kind, 0, 0, start, size, link, count, 1, 0)
