"""What differs between two locks, in the order and the words that people read."""

from layer_action.model.lock import DistributionChange, Lock, LockDiff, LockedDistribution, Wheel


def diff(before: Lock | None, after: Lock) -> LockDiff:
    """Return every distribution that was added, removed or changed, direct ones first, then by name.

    A distribution whose version is the same but whose content is not (another wheel, an edited local project) is a row
    with `before == after`, if the locks are for one target. A distribution counts as direct if a requirement names it
    now, or did before; what a lock made from `*.dist-info` names lost may have been direct.
    """
    old = {found.name: found for found in before.distributions} if before else {}
    new = {found.name: found for found in after.distributions}
    roots_known = any(found.direct for found in old.values())
    rows = [_change(old.get(name), new.get(name), roots_known=roots_known) for name in old.keys() | new.keys()]
    if before and before.target != after.target:
        rows = [row for row in rows if row and row.before != row.after]
    return tuple(sorted((row for row in rows if row), key=lambda row: (not row.direct, row.name)))


def described(change: DistributionChange, *, arrow: str = "→") -> str:
    """Return one change: `requests 2.31.0 → 2.32.3`, `tzdata 2026.1 added`, `six removed`, `shop 1 (other content)`."""
    if change.before is None:
        return f"{change.name} {change.after} added"
    if change.after is None:
        return f"{change.name} removed"
    if change.before == change.after:
        return f"{change.name} {change.after} (other content)"
    return f"{change.name} {change.before} {arrow} {change.after}"


def summary(changes: LockDiff) -> str:
    """Return all changes in one line of ASCII, for a description: `pandas 2.2.3 -> 2.3.0, +tzdata 2026.1`."""
    return ", ".join(_short(change) for change in changes)


def _change(
    before: LockedDistribution | None, after: LockedDistribution | None, *, roots_known: bool
) -> DistributionChange | None:
    if before and after and before.version == after.version and _same_content(before, after):
        return None
    shown = after or before
    if shown is None:
        return None
    return DistributionChange(
        name=shown.name,
        before=before.version if before else None,
        after=after.version if after else None,
        direct=bool(
            (before and before.direct) or (after and after.direct) or (before and not after and not roots_known)
        ),
        required_by=shown.required_by,
    )


def _same_content(before: LockedDistribution, after: LockedDistribution) -> bool:
    """Compare what is known: a lock made from `*.dist-info` names knows no hashes."""
    if isinstance(before.origin, Wheel) and not before.origin.sha256:
        return True
    return before.identity == after.identity


def _short(change: DistributionChange) -> str:
    if change.before is None:
        return f"+{change.name} {change.after}"
    if change.after is None:
        return f"-{change.name} {change.before}"
    if change.before == change.after:
        return f"{change.name} {change.after} rebuilt"
    return f"{change.name} {change.before} -> {change.after}"
