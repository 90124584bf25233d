"""What came instead of a wheel, by its first bytes: the hash alone would not say what to do."""

from typing import Final

LOOKED_AT: Final = 64  # bytes
_ZIP: Final = b"PK"
_GZIP: Final = b"\x1f\x8b"


def instead(start: bytes, size: int, expected: int | None) -> str:
    """Return a sentence on a file that is no wheel, or not all of it, to be appended to another; "" if none is."""
    if not size:
        return " What came is empty."
    if start.startswith(_GZIP):
        return " What came is compressed with gzip: a server or a proxy did that on the way."
    if start.lstrip()[:1] in (b"<", b"{"):
        return " What came is a page, not a wheel: is a login missing, or a proxy in the way?"
    if start.startswith(_ZIP) and expected and size != expected:
        return f" Of its {expected} bytes {size} came." if size < expected else f" {size} bytes came, not {expected}."
    return ""
