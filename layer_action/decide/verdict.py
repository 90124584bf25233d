"""The words in which one layer in one region is judged."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, Finding, LayerContent, LayerSpec
from layer_action.model.lock import Lock, LockDiff
from layer_action.model.plan import Reason, Superseded, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.record import record


@record
class Published:
    """What one region holds of a layer: all versions, the newest number first.

    `former` are those of the layer that it replaces. `lock` is that of `reference`, None where nothing is published.
    `contained` tells whether the head holds the commit that our newest version was published from.
    """

    region: str
    versions: tuple[LayerVersion, ...] = ()
    former: tuple[LayerVersion, ...] = ()
    lock: Lock | Unknown | None = None
    contained: bool | Unknown = True

    @property
    def reference(self) -> LayerVersion | None:
        """The version whose lock a diff starts from: the newest that we wrote, or else the newest."""
        return _reference(self.versions) or _reference(self.former)


NOTHING: Final = "nothing"  # the label of a base that is not there


@record
class AtBase:
    """What the base commit asks for, where there is no AWS to ask. `content` is None for a layer new since then."""

    content: LayerContent | Unknown | None
    label: str


@record
class Affected:
    """A layer that needs a new version in one region; its number is decided over all regions together.

    `previous` is the version of ours that it follows; `reference` what it was compared with: the same, a version that
    somebody else published (adoption), or one under its former name. `bump` is NONE for a first version.
    """

    content: LayerContent
    region: str
    previous: LayerVersion | None
    reference: LayerVersion | None
    changes: LockDiff | Unknown
    bump: Bump
    reason: Reason


Verdict: TypeAlias = Affected | Unchanged | Superseded


@record
class Judgement:
    """A verdict and what was noticed on the way. `versions` is everything the region holds of the layer.

    `former` is that of the layer that it replaces.
    """

    verdict: Verdict
    versions: tuple[LayerVersion, ...] = ()
    former: tuple[LayerVersion, ...] = ()
    findings: tuple[Finding, ...] = ()


@record
class JudgedLayer:
    """One AWS layer, judged in all of its regions, in their order."""

    spec: LayerSpec
    layer_name: str
    judgements: tuple[Judgement, ...]


def newest_of_ours(versions: Sequence[LayerVersion]) -> LayerVersion | None:
    """Return the version that a head is compared with: the newest that we wrote.

    A pre-release counts only where there is nothing else: it moves no function, and may come from a branch. Of twins,
    which two runs published at once, it is the lowest number: the one that both took.
    """
    ours = [version for version in versions if version.published]
    stable = [version for version in ours if version.published and not version.published.version.prerelease]
    found = stable or ours
    return next((version for version in reversed(found) if _same(version, found[0])), None)


def _same(one: LayerVersion, other: LayerVersion) -> bool:
    a, b = one.published, other.published
    return a is not None and b is not None and (a.version, a.digest) == (b.version, b.digest)


def _reference(versions: Sequence[LayerVersion]) -> LayerVersion | None:
    return newest_of_ours(versions) or next(iter(versions), None)


def label(version: LayerVersion) -> str:
    """Return `http:14 (1.4.2)`; without the bracket where the version is not ours."""
    ours = f" ({version.published.version})" if version.published else ""
    return f"{version.arn.name}:{version.number}{ours}"


def unchanged(
    spec: LayerSpec, layer_name: str, current: LayerVersion, content: LayerContent | None = None
) -> Unchanged:
    """Return the verdict for a layer whose published version holds the head's content."""
    return Unchanged(
        spec=spec,
        layer_name=layer_name,
        region=current.arn.region,
        current=current,
        reason=Reason(text=f"{label(current)} holds what the repository asks for"),
        content=content,
    )


def superseded(content: LayerContent, region: str, newer: LayerVersion) -> Superseded:
    """Return the verdict for a head that is older than what is published; `newer` may be of another region."""
    commit = newer.published.commit if newer.published else ""
    text = f"{label(newer)} was published from {commit or 'a commit'}, which this commit does not contain"
    return Superseded(
        spec=content.spec, layer_name=content.layer_name, region=region, current=newer, reason=Reason(text=text)
    )
