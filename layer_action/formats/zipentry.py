"""The headers that a member has in a zip of ours: nothing in them tells when, where or by whom it was written.

A member is described twice, by its local header and by its entry of the directory; what the first says, the second
repeats. So an entry is made once, with no offset yet, and the local header is cut from it.
"""

import struct
from typing import Final

from layer_action.formats.zipdir import CENTRAL_HEADER, CENTRAL_SIGNATURE, LOCAL_HEADER, LOCAL_SIGNATURE, OFFSET_AT

_VERSION: Final = 20  # deflate and folders
_MADE_BY: Final = 3 << 8 | _VERSION  # Unix
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first that DOS knows
_FILE: Final = 0o100644 << 16
_EXECUTABLE: Final = 0o100755 << 16

LARGEST: Final = 0xFFFFFFFF  # size or offset in bytes, without zip64

# where an entry holds what a local header has behind its signature, and where the name begins that both end with
SAME_FROM: Final = len(CENTRAL_SIGNATURE) + 2
SAME_TO: Final = SAME_FROM + LOCAL_HEADER.size - len(LOCAL_SIGNATURE)
NAME_AT: Final = CENTRAL_HEADER.size
SHORTER: Final = CENTRAL_HEADER.size - LOCAL_HEADER.size  # than an entry is its local header, in bytes
put_offset: Final = struct.Struct("<I").pack_into  # at OFFSET_AT of an entry


def entry(path: bytes, *, method: int, crc: int, compressed: int, uncompressed: int, executable: bool) -> bytes:
    """Return the directory's entry of a member, with its offset left open: there are no extra fields, no comment."""
    flags, attributes = 0 if path.isascii() else _UTF8, _EXECUTABLE if executable else _FILE
    sizes = (compressed, uncompressed, len(path))
    made = (_MADE_BY, _VERSION, flags, method, 0, _DATE, crc, *sizes, 0, 0, 0, 0, attributes, 0)
    return CENTRAL_HEADER.pack(CENTRAL_SIGNATURE, *made) + path


def local_header(entry: bytes) -> bytes:
    """Return the local header, with the name, of a member with this entry."""
    return LOCAL_SIGNATURE + entry[SAME_FROM:SAME_TO] + entry[NAME_AT:]


def with_offset(entry: bytes, offset: int) -> bytes:
    """Return an entry with the offset of its local header."""
    return entry[:OFFSET_AT] + offset.to_bytes(4, "little") + entry[OFFSET_AT + 4 :]
