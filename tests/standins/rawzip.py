"""Zips written field by field, so that any of them can lie."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A member; a field that is None says the truth. `local_*` are what its own header says instead."""

    name: bytes
    content: bytes = b"content\n" * 9
    method: int = 8
    flags: int = 0
    crc: int | None = None
    compressed: int | None = None
    uncompressed: int | None = None
    mode: int = 0o100644
    local_name: bytes | None = None
    local_sizes: tuple[int, int, int] | None = None  # crc, compressed, uncompressed
    local_extra: bytes = b""
    trailer: bytes = b""
    offset: int | None = None
    raw: bytes | None = None

    @property
    def data(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.method == 0:
            return self.content
        engine = zlib.compressobj(9, zlib.DEFLATED, -15)
        return engine.compress(self.content) + engine.flush()

    @property
    def sizes(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        compressed = len(self.data) if self.compressed is None else self.compressed
        uncompressed = len(self.content) if self.uncompressed is None else self.uncompressed
        return crc, compressed, uncompressed


def raw_zip(entries: Sequence[Entry], *, prefix: bytes = b"") -> bytes:
    """Return the zip, ended by an honest end record."""
    out = bytearray(prefix)
    offsets = []
    for entry in entries:
        offsets.append(len(out) - len(prefix))
        name = entry.name if entry.local_name is None else entry.local_name
        sizes = entry.local_sizes or entry.sizes
        out += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 20, entry.flags, entry.method, 0, 33, *sizes, len(name), len(entry.local_extra)
        )
        out += name + entry.local_extra + entry.data + entry.trailer
    start = len(out)
    for entry, offset in zip(entries, offsets, strict=True):
        out += struct.pack(
            "<4s6H3I5H2I",
            *(b"PK\1\2", 788, 20, entry.flags, entry.method, 0, 33, *entry.sizes, len(entry.name), 0, 0, 0, 0),
            *(entry.mode << 16, offset if entry.offset is None else entry.offset),
        )
        out += entry.name
    out += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *[len(entries)] * 2, len(out) - start, start - len(prefix), 0)
    return bytes(out)


def raw_wheel(*entries: Entry, prefix: bytes = b"") -> bytes:
    """Return a wheel called pkg 1.0 that holds some entries and is honest otherwise."""
    info = b"pkg-1.0.dist-info/"
    honest = [
        Entry(name=info + b"METADATA", content=b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n"),
        Entry(name=info + b"WHEEL", content=b"Wheel-Version: 1.0\nTag: py3-none-any\n"),
        Entry(name=info + b"RECORD", content=b""),
    ]
    return raw_zip([*entries, *honest], prefix=prefix)
