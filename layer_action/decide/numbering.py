"""The one version that a layer gets in all of its regions."""

from collections.abc import Sequence

from semver import Version

from layer_action.decide.verdict import Affected, Judgement, label, newest_of_ours
from layer_action.decide.version import FIRST, next_version
from layer_action.errors import InputError, Location
from layer_action.model.layer import Bump, LayerContent
from layer_action.model.plan import Unchanged
from layer_action.model.published import LayerVersion
from layer_action.record import record


@record
class ReleaseRequest:
    """The version of a tag, for the layer (spec name) that it names, or for every affected layer."""

    layer: str | None
    version: Version


def agreed_version(judged: Sequence[Judgement], release: ReleaseRequest | None) -> Version | None:
    """Return the version of one layer's publications; None when there are none.

    `judged` is in the order of the regions: the first that knows says how far the version moves, the others copy.
    Where a region already holds the head's content, under a version that is ahead of the others, the others catch up
    with it: an earlier run died in between. Without AWS (region "") nobody knows, and it is 1.0.0, never to be shown.
    Raises InputError when a tag's version is not greater than what is published.
    """
    affected = [row.verdict for row in judged if isinstance(row.verdict, Affected)]
    if not affected:
        return None
    if not affected[0].region:
        return FIRST
    if release:
        for row in judged:
            _check_release(row, release)
        return release.version
    reached = max(filter(None, map(_reached, judged)), default=None)
    behind = max(filter(None, (_reached(row) for row in judged if isinstance(row.verdict, Affected))), default=None)
    same = [version for row in judged if (version := _same_content(row, affected[0].content))]
    if same and (behind is None or max(same) > behind):
        return max(same)
    # a region that has nothing yet has no bump to tell
    bump = next((verdict.bump for verdict in affected if verdict.bump), Bump.PATCH)
    return next_version(reached, bump)


def _reached(row: Judgement) -> Version | None:
    """Return how far a layer has come in a region, be it under its former name."""
    return _current(row.versions) or _current(row.former)


def _current(versions: Sequence[LayerVersion]) -> Version | None:
    """Return the greatest version of ours; a pre-release counts where it is all there is."""
    newest = newest_of_ours(versions)
    if newest is None:
        return None
    stable = [v.published.version for v in versions if v.published and not v.published.version.prerelease]
    return max(stable) if stable else newest.published.version if newest.published else None


def _same_content(row: Judgement, content: LayerContent) -> Version | None:
    current = row.verdict.current if isinstance(row.verdict, Unchanged) else None
    published = current.published if current else None
    return published.version if published and published.digest == content.digest else None


def _check_release(row: Judgement, release: ReleaseRequest) -> None:
    """Refuse a tag whose version somebody may already use for something else, or that would lead backwards."""
    if not isinstance(row.verdict, Affected):
        return
    name = row.verdict.content.spec.name
    prefix = f"{release.layer}/v" if release.layer else "v"
    tag = f"{prefix}{release.version}"
    taken = next((v for v in row.versions if v.published and v.published.version == release.version), None)
    if taken:
        raise InputError(
            f"The tag {tag} cannot be released: {label(taken)} in {taken.arn.region} holds other content of `{name}`.",
            hint="Versions are never replaced: push a tag with a greater one.",
            location=Location("tag"),
        )
    current = _current(row.versions)
    if current and release.version <= current:
        raise InputError(
            f"The tag {tag} cannot be released: `{name}` is at {current} in {row.verdict.region} already.",
            hint=f"Push a tag greater than {current}, such as {prefix}{current.bump_patch()}.",
            location=Location("tag"),
        )
