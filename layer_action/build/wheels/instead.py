"""What came instead of a wheel, by its first bytes: the hash alone would not say what to do."""

from typing import Final

from layer_action.build.wheels.members import not_a_zip
from layer_action.errors import BadZipError, BuildError, DownloadError
from layer_action.ranged import RangedFile

LOOKED_AT: Final = 64  # bytes
HINT: Final = "Check the address, its login and the proxy; then run again."
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


def unreadable(filename: str, file: RangedFile, error: BadZipError, *, url: str, expected: int | None) -> BuildError:
    """Return what to say of a wheel, read at its URL, that is no zip: a login or a proxy is to blame at times."""
    came = instead(file.read(0, min(LOOKED_AT, file.size)), file.size, expected)
    if not came or url.startswith("file:"):
        return not_a_zip(filename, error)
    return DownloadError(f"{filename} did not come.{came}", hint=HINT)
