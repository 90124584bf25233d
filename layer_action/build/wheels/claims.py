"""Whether a wheel is what its file name says: pip, uv and the lock go by the name, Python by what is inside."""

from typing import Final

from layer_action.build.wheels.about import headers, read_metadata
from layer_action.build.wheels.members import unsafe
from layer_action.build.wheels.placement import Placement
from layer_action.formats.zipend import Read
from layer_action.model.lock import normalised_name

# https://packaging.python.org/en/latest/specifications/binary-distribution-format/: a reader must refuse a greater one
_FORMAT: Final = "1"
_QUOTED: Final = 200  # characters of a header that an error repeats


def check_claims(read: Read, placement: Placement, filename: str) -> None:
    """Refuse a wheel of a format to come, or one whose metadata are another's. Raises UnsafeWheelError."""
    stated = _headers(read, placement, filename, "WHEEL").get("wheel-version", "")
    if stated.partition(".")[0] != _FORMAT:
        raise unsafe(filename, f"is of wheel format {stated[:_QUOTED]!r}, of which nothing is known")
    metadata = _headers(read, placement, filename, "METADATA")
    name, version = metadata.get("name", ""), metadata.get("version", "")
    if not is_of(filename, name, version):
        raise unsafe(filename, f"says in its METADATA that it is {name[:_QUOTED]} {version[:_QUOTED]}")


def is_of(filename: str, name: str, version: str) -> bool:
    """Tell whether a wheel's file name is that of a distribution and a version."""
    own_name, _, rest = filename.partition("-")
    return normalised_name(name) == normalised_name(own_name) and _same_version(version, rest.partition("-")[0])


def _headers(read: Read, placement: Placement, filename: str, name: str) -> dict[str, str]:
    """Return the first value of each header of a file in the `.dist-info` folder."""
    member = placement.metadata(name)
    if member is None:
        raise unsafe(filename, f"holds no {name}")
    text = read_metadata(read, member, filename).decode("utf-8", "replace")
    found: dict[str, str] = {}
    for key, value in headers(text, filename):
        found.setdefault(key, value)
    return found


def _same_version(one: str, other: str) -> bool:
    if one == other:
        return True
    from packaging.version import Version  # noqa: PLC0415 - few wheels spell it in two ways

    try:
        return Version(one) == Version(other.replace("_", "-"))
    except ValueError:  # none, or one of numbers without end
        return False
