"""What a comparison with AWS could not know, or did not expect, as findings and errors."""

from layer_action.decide.verdict import Published, label
from layer_action.errors import UnreadLockError
from layer_action.model.function import Unknown, Unread
from layer_action.model.layer import Finding, LayerContent, LayerSpec, Severity
from layer_action.model.published import LayerVersion


def foreign_on_top(spec: LayerSpec, published: Published, ours: LayerVersion) -> tuple[Finding, ...]:
    """Warn where something else published to the layer after us."""
    foreign = [found for found in published.versions if not found.published and found.number > ours.number]
    if not foreign:
        return ()
    newest = foreign[0]
    return (
        Finding(
            severity=Severity.WARNING,
            check="foreign-version",
            message=f"{label(newest)} in {published.region} was published by something else, after {label(ours)}.",
            ways_out=("Find out what else publishes to this layer: this action builds on its own versions only.",),
            location=spec.location(),
            layer=spec.name,
        ),
    )


def unread_lock(content: LayerContent, published: Published) -> tuple[Finding, ...]:
    """Warn where the packages of the version before are unknown, so that the diff is."""
    if not isinstance(published.lock, Unknown):
        return ()
    message = f"The packages of the version before, in {published.region}, could not be read: {published.lock.reason}"
    return (
        Finding(
            severity=Severity.WARNING,
            check="previous-lock-unknown",
            message=message,
            location=content.spec.location(),
            layer=content.spec.name,
        ),
    )


def missing_lock(published: Published) -> UnreadLockError | None:
    """Return why nobody can tell what is to stay as it is: a lock that does not come is not taken for none."""
    before, unread = published.reference, published.lock
    if before is None or not isinstance(unread, Unread):
        return None
    deeper = "Check out with `fetch-depth: 0`: the commit that it came from may tell as well."
    ways_out = (
        unread.way_out,
        *([deeper] if isinstance(published.contained, Unknown) else []),
        "`upgrade: all` does without: it lets all packages move.",
    )
    return UnreadLockError(
        f"What {label(before)} holds, in {published.region}, could not be read, and without it all packages might "
        f"move: {unread.reason}",
        hint="\n".join(ways_out),
    )


def unknown_history(published: Published) -> tuple[Finding, ...]:
    """Warn that `Superseded` could not be told; in the same words for every layer, so that a plan says it once."""
    if not isinstance(published.contained, Unknown):
        return ()
    return (
        Finding(
            severity=Severity.WARNING,
            check="history-unknown",
            message=f"Whether what is published comes from a newer commit is unknown: {published.contained.reason}",
            ways_out=("Check out with `fetch-depth: 0`: an older commit must not be published over a newer one.",),
        ),
    )


def not_the_newest(newer: LayerVersion) -> tuple[Finding, ...]:
    """Say that a newer commit came first; in the same words for every layer, so that a plan says it once."""
    commit = newer.published.commit if newer.published else ""
    return (
        Finding(
            severity=Severity.NOTICE,
            check="superseded",
            message=f"{commit or 'A commit'} was published, which this commit does not contain: its layers stay.",
            ways_out=("Run the job of the newest commit.", "After a force-push, set `allow-older: true` for one run."),
        ),
    )
