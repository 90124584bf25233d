"""Lines beside a lock: the lock decides, and each of them must agree with it."""

from collections.abc import Container, Iterator, Mapping
from typing import Final

from packaging.version import InvalidVersion, Version

from layer_action.build.asking.asked import Asked, Asking
from layer_action.errors import ResolutionError
from layer_action.formats.pylock import without_credentials
from layer_action.model.lock import LockedDistribution, Source
from layer_action.model.target import Target

_HINT: Final = "Lock again, or change the line."


def unlike_their_lock(
    asking: Asking, target: Target, locked: Mapping[str, LockedDistribution], overridden: Container[str]
) -> Iterator[ResolutionError]:
    """Yield one error for each line that asks for another version than the lock holds, or for another file.

    What is `overridden` may be at any version: the lock's owner said so. Hashes are `other_files`' to compare.
    """
    decided = {one.name for one in asking.overrides}
    for one in (*asking.requirements, *asking.constraints):
        found = locked.get(one.name)
        if found is None or not one.applies_to(target) or one.name in overridden or one.name in decided:
            continue
        if not _suits(one, found):
            place = one.path or without_credentials(one.requirement.url or "")
            asks = f"{one.name} @ {place}" if place else f"{one.name}{one.requirement.specifier}"
            yield ResolutionError(
                f"{asks} is asked for, but the lock holds {found.name} {found.version}.",
                location=one.location,
                hint=_HINT,
            )


def _suits(one: Asked, found: LockedDistribution) -> bool:
    if one.place:
        return _is_at(one, found)
    try:
        return one.requirement.specifier.contains(Version(found.version), prereleases=True)
    except InvalidVersion:
        return True


def _is_at(one: Asked, found: LockedDistribution) -> bool:
    """Tell whether the lock's file is the one that a line names by its place."""
    if isinstance(found.origin, Source):
        url = without_credentials(one.requirement.url or "")
        place = found.origin.location
        return place in (one.path, url) or url.startswith((f"{place}@", f"{place}#"))
    return one.place.rpartition("/")[2] == found.origin.filename
