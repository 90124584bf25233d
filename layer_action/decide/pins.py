"""Pins: what a function lists, and which versions its owner lets it follow."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from semver import Version

from layer_action.model.layer import Bump
from layer_action.record import record

PIN_TAG: Final = "layer:"
FAILED_TAG: Final = "layer-failed:"
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html: keys have 1 to 128 characters.
TAG_KEY_LIMIT: Final = 128

# Tag values allow no ^ ~ > < *, so the documented forms are 1.x, 1.2.x, 1.2.3, =1.2.3; we read what people try as well.
_RANGE: Final = re.compile(r"[=v]?(?P<major>\d{1,9})(?:\.(?:[x*]|(?P<minor>\d{1,9})(?:\.[x*])?))?", re.IGNORECASE)


@record
class Free:
    """`latest`: every version."""


@record
class Hold:
    """`hold`, or a value that we cannot read: no version. `reason` says which."""

    reason: str


@record
class Within:
    """`1.x` or `1.2.x`: the versions of a series."""

    major: int
    minor: int | None = None


@record
class Exactly:
    """`1.2.3` or `=1.2.3`: one version."""

    version: Version


Pin: TypeAlias = Free | Hold | Within | Exactly


def replace_layers(layers: Sequence[str], moves: Mapping[str, str]) -> tuple[str, ...]:
    """Return a function's list with old version ARNs replaced by new ones, each in its place, all others untouched."""
    return tuple(moves.get(arn, arn) for arn in layers)


def parse_pin(value: str) -> Pin:
    """Read the value of a `layer:<name>` tag; one that means nothing to us holds the function where it is."""
    text = value.strip()
    if text.lower() == "hold":
        return Hold(reason="its tag says hold")
    if text.lower() == "latest":
        return Free()
    if match := _RANGE.fullmatch(text):
        minor = match["minor"]
        return Within(major=int(match["major"]), minor=None if minor is None else int(minor))
    bare = text.removeprefix("=").removeprefix("v")
    if Version.is_valid(bare):
        return Exactly(version=Version.parse(bare))
    return Hold(reason=f"its tag says {value!r}, which is none of hold, latest, 1.x, 1.2.x or 1.2.3")


def pin_of(tags: Mapping[str, str], *names: str) -> Pin | None:
    """Return the pin that a function's tags set for a layer, by the first of the names that is there."""
    for name in names:
        if (value := tags.get(PIN_TAG + name)) is not None:
            return parse_pin(value)
    return None


def allows(pin: Pin, version: Version) -> bool:
    """Tell whether a pin lets a function follow a version. A series holds no pre-releases."""
    match pin:
        case Free():
            return True
        case Hold():
            return False
        case Within(major=major, minor=minor):
            return version.prerelease is None and version.major == major and minor in (None, version.minor)
        case Exactly(version=exact):
            return version.compare(exact) == 0


def objection(pin: Pin | None, version: Version, bump: Bump, policy: Bump) -> str:
    """Return why a function must not move to a version, or "" when it may.

    The word of the function's owner, the tag, decides alone; without one the layer's `repoint` policy does, which names
    the largest bump that still moves functions. `bump` is that from the function's current version.
    """
    match pin:
        case None if policy is Bump.NONE:
            return "`repoint: none` moves no function"
        case None:
            return "" if bump <= policy else f"{version} is a {bump} bump, and `repoint: {policy}` moves no such"
        case Hold(reason=reason):
            return reason
        case Within() | Exactly() if not allows(pin, version):
            return f"its tag says {_written(pin)}, and {version} is outside"
        case _:
            return ""


def jump(before: Version | None, after: Version) -> Bump:
    """Return how far a function would move; from a version that we did not write, as far as can be."""
    if before is None or before.major != after.major:
        return Bump.MAJOR
    if before.minor != after.minor:
        return Bump.MINOR
    return Bump.NONE if before.compare(after) == 0 else Bump.PATCH


def failed_tag(layer_name: str) -> str:
    """Return the key of the tag that remembers a version which failed on a function."""
    return (FAILED_TAG + layer_name)[:TAG_KEY_LIMIT]


def failed_version(tags: Mapping[str, str], layer_name: str) -> Version | None:
    """Return the version of a layer that failed on a function, if its tags remember one."""
    value = tags.get(failed_tag(layer_name), "")
    return Version.parse(value) if Version.is_valid(value) else None


def _written(pin: Within | Exactly) -> str:
    match pin:
        case Exactly(version=version):
            return str(version)
        case Within(major=major, minor=None):
            return f"{major}.x"
        case Within(major=major, minor=minor):
            return f"{major}.{minor}.x"
