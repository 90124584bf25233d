"""How far a layer's version moves, by what moved inside."""

from collections.abc import Collection
from typing import Final

from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion
from semver import Version

from layer_action.model.layer import Bump
from layer_action.model.lock import DistributionChange, LockDiff

FIRST: Final = Version(1, 0, 0)

# A first release segment from here on is a year (certifi 2026.1, attrs 26.1): a new one alone breaks nothing.
_YEAR_LIKE: Final = 20


def bump_of(changes: LockDiff, *, dropped: Collection[str] = (), added: Collection[str] = ()) -> Bump:
    """Return the largest bump that any change asks for. `dropped` and `added` are runtimes and architectures."""
    bumps = [_bump_of_change(change) for change in changes]
    if dropped:
        bumps.append(Bump.MAJOR)
    if added:
        bumps.append(Bump.MINOR)
    return max([Bump.PATCH, *bumps])


def next_version(current: Version | None, bump: Bump) -> Version:
    """Return the version after `current`; 1.0.0 where there is none.

    From a pre-release it is the release it prepared, when the bump asks for no more.
    """
    if current is None:
        return FIRST
    return current if bump is Bump.NONE else current.next_version(str(bump))


def bump_between(before: Version | None, after: Version) -> Bump:
    """Return the bump that leads from one version to a later one that a tag names; NONE for the first."""
    if before is None or before == after:
        return Bump.NONE
    if before.major != after.major:
        return Bump.MAJOR
    return Bump.MINOR if before.minor != after.minor else Bump.PATCH


def _bump_of_change(change: DistributionChange) -> Bump:
    if change.before is None:
        return Bump.MINOR
    if change.after is None:
        return Bump.MAJOR if change.direct else Bump.PATCH
    first, second = _segments_changed(change.before, change.after)
    if first and change.direct and not _both_year_like(change.before, change.after):
        return Bump.MAJOR
    if first or (second and change.direct):
        return Bump.MINOR
    return Bump.PATCH


def _segments_changed(before: str, after: str) -> tuple[bool, bool]:
    """Tell whether the first and the second release segment differ (an epoch counts with the first)."""
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:  # not PEP 440: nothing is known, so the worst is assumed
        return before != after, before != after
    return (old.epoch, old.major) != (new.epoch, new.major), old.minor != new.minor


def _both_year_like(before: str, after: str) -> bool:
    old, new = _parsed(before), _parsed(after)
    return old is not None and new is not None and min(old.major, new.major) >= _YEAR_LIKE and old.epoch == new.epoch


def _parsed(text: str) -> PythonVersion | None:
    try:
        return PythonVersion(text)
    except InvalidVersion:
        return None
