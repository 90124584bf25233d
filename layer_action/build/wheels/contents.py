"""The bytes of members, a piece at a time: raw, inflated, compared, deflated again."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from layer_action.errors import BadZipError
from layer_action.formats.zipdir import LOCAL_HEADER, STORED, Member, data_start
from layer_action.formats.zipend import Read

CHUNK: Final = 1 << 16  # bytes; several threads inflate, each with pieces of its own
_LEVEL: Final = 9


def raw(read: Read, member: Member, start: int, at_once: int = CHUNK) -> Iterator[bytes]:
    """Yield a member's data as it is stored, from the offset `start`. Raises BadZipError when the file ends early."""
    end = start + member.compressed
    while start < end:
        chunk = read(start, min(at_once, end - start))
        if not chunk:
            raise BadZipError(f"{member.name} is cut short")
        start += len(chunk)
        yield chunk


def inflated(read: Read, member: Member, start: int) -> Iterator[bytes]:
    """Yield a member's content, at most one byte more than it claims to have. Raises BadZipError."""
    if member.method == STORED:
        yield from raw(read, member, start)
        return
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    left, rest = member.uncompressed, b""
    try:
        for chunk in raw(read, member, start):
            rest = chunk
            while rest and not engine.eof:
                out = engine.decompress(rest, min(CHUNK, left + 1))
                rest = engine.unconsumed_tail
                left -= len(out)
                yield out
                if left < 0:
                    raise BadZipError(f"{member.name} unpacks to more than it claims")
            if rest:  # is behind the end, and would be left over for ever
                break
        yield engine.flush()
    except zlib.error as error:
        raise BadZipError(f"{member.name} cannot be decompressed") from error
    if not engine.eof or engine.unused_data or rest:
        raise BadZipError(f"{member.name} ends before, or after, its compressed data does")


def data_offset(read: Read, member: Member) -> int:
    """Return where in the file a member's data begins. Raises BadZipError."""
    return member.offset + data_start(read(member.offset, LOCAL_HEADER.size), member)


def same_content(one: Iterable[bytes], other: Iterable[bytes]) -> bool:
    """Tell whether two members hold the same bytes, in whatever pieces they come."""
    return all(x == y for x, y in zip_longest(_blocks(one), _blocks(other)))


def deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the raw deflate stream of chunks, at the best level."""
    engine = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    for chunk in chunks:
        if out := engine.compress(chunk):
            yield out
    yield engine.flush()


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content in blocks of one length, so that two members can be compared block by block."""
    kept = b""
    for chunk in chunks:
        kept += chunk
        while len(kept) >= CHUNK:
            yield kept[:CHUNK]
            kept = kept[CHUNK:]
    yield kept
