"""Whether one layer is affected in one region: by digest, never by a git diff."""

from collections.abc import Iterable, Mapping, Sequence

from semver import Version

from layer_action.decide.diff import diff
from layer_action.decide.doubts import foreign_on_top, not_the_newest, unknown_history, unread_lock
from layer_action.decide.reason import located, reason_for
from layer_action.decide.verdict import (
    NOTHING,
    Affected,
    AtBase,
    Judgement,
    Published,
    Verdict,
    label,
    newest_of_ours,
    superseded,
    unchanged,
)
from layer_action.decide.version import bump_of
from layer_action.errors import Location
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerContent, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.own_files import OwnFiles
from layer_action.model.plan import Reason, Superseded, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.model.target import Target
from layer_action.record import replace


def judge(
    content: LayerContent,
    published: Published,
    *,
    lines: Mapping[str, Location],
    allow_older: bool = False,
    release: Version | None = None,
    even_if_unchanged: bool = False,
) -> Judgement:
    """Compare a head with what a region holds.

    `release` is the version that a tag gives; `even_if_unchanged` tells that the tag names this very layer.
    """
    ours = newest_of_ours(published.versions)
    if done := _released(published.versions, content, release):
        again = unchanged(content.spec, content.layer_name, done, content)
        return Judgement(verdict=again, versions=published.versions, former=published.former)
    if ours is None or ours.published is None:
        return Judgement(
            verdict=_first(content, published, lines),
            versions=published.versions,
            former=published.former,
            findings=unread_lock(content, published),
        )
    same = ours.published.digest == content.digest
    # a pre-release moves no function and may come from a branch: it neither settles nor supersedes anything
    candidate = bool(ours.published.version.prerelease)
    verdict: Verdict
    if same and not candidate and not (release and even_if_unchanged):
        verdict = unchanged(content.spec, content.layer_name, ours, content)
    elif published.contained is False and not candidate and not allow_older:
        verdict = superseded(content, published.region, ours)
    elif same:
        reason = f"released as {release}" if release else f"released, after {label(ours)}"
        verdict = replace(_following(content, ours, located(reason, None)), bump=Bump.PATCH)
    else:
        verdict = _changed(content, published, ours, lines)
    findings = foreign_on_top(content.spec, published, ours)
    if isinstance(verdict, Affected):
        doubts = () if allow_older else unknown_history(published)
        findings = (*findings, *doubts, *(() if same else unread_lock(content, published)))
    elif isinstance(verdict, Superseded):
        findings = (*findings, *not_the_newest(ours))
    return Judgement(verdict=verdict, versions=published.versions, former=published.former, findings=findings)


def judge_by_inputs(spec: LayerSpec, layer_name: str, inputs_hash: str, published: Published) -> Judgement | None:
    """Judge without a lock: equal inputs ask for nothing new, whatever the index holds by now. None if they differ."""
    ours = newest_of_ours(published.versions)
    if ours is None or ours.published is None or ours.published.inputs_hash != inputs_hash:
        return None
    if ours.published.version.prerelease:
        return None
    return Judgement(
        verdict=unchanged(spec, layer_name, ours),
        versions=published.versions,
        former=published.former,
        findings=foreign_on_top(spec, published, ours),
    )


def _without_base(label: str, reason: str) -> str:
    if label == NOTHING:
        return "there is no base to compare with"
    return f"what {label} holds is unknown: {reason.rstrip('.')}" if reason else f"new since {label}"


def judge_against_base(content: LayerContent, base: AtBase, *, lines: Mapping[str, Location]) -> Judgement:
    """Compare a head with the base commit: what changes is known, the version that it will have is not."""
    before = base.content
    if not isinstance(before, LayerContent):
        why = _without_base(base.label, before.reason if before else "")
        reason = located(why, content.spec.location())
        # of a base that nobody knows, nobody knows what moved since
        changes = before if before and base.label != NOTHING else diff(None, content.lock)
        return Judgement(verdict=replace(_new(content, "", reason), changes=changes))
    if before.digest == content.digest:
        return Judgement(verdict=same_as_base(content.spec, content.layer_name, base.label, content))
    new = _new(content, "", Reason(text=""))
    verdict = _compared(new, before.lock, _reach(before), lines, own_before=before.own_files)
    return Judgement(verdict=verdict)


def same_as_base(spec: LayerSpec, layer_name: str, base_label: str, content: LayerContent | None = None) -> Unchanged:
    """Return the verdict, without AWS, for a layer that the base commit asks for as the head does."""
    return Unchanged(
        spec=spec,
        layer_name=layer_name,
        region="",
        current=None,
        reason=Reason(text=f"asks for the same as {base_label}"),
        content=content,
    )


def _released(versions: Sequence[LayerVersion], content: LayerContent, release: Version | None) -> LayerVersion | None:
    """Return the version that an earlier run of the same tag published."""
    found = (version for version in versions if version.published and version.published.version == release)
    return next((v for v in found if v.published and v.published.digest == content.digest), None)


def _first(content: LayerContent, published: Published, lines: Mapping[str, Location]) -> Affected:
    """Judge a layer of which no version is ours: new, renamed, or adopted from whatever published it so far."""
    known = published.reference
    if known is None:
        first = _new(content, published.region, located("first version", content.spec.location()))
        return replace(first, changes=diff(None, content.lock))
    adopted = f"adopted: {label(known)} was published by something else"
    text = f"renamed: it was {label(known)}" if known.published else adopted
    before = published.lock if isinstance(published.lock, Lock) else None
    changes = diff(before, content.lock)
    reason = located(text, content.spec.location())
    if before and changes:
        why = reason_for(content, changes, lines=lines)
        reason = Reason(text=f"{text}; {why.text}", location=why.location)
    bump = _bump_from(known, before, content) if known.published else Bump.NONE
    return replace(_new(content, published.region, reason), reference=known, changes=changes, bump=bump)


def _bump_from(former: LayerVersion, before: Lock | None, content: LayerContent) -> Bump:
    """Return how far a layer moves under a new name, which may be several: runtimes that others of them have stay."""
    if before is None:
        return Bump.MAJOR
    dropped = {*former.runtimes, *former.architectures} - _words(content.spec.targets)
    return bump_of(diff(before, content.lock), dropped=dropped)


def _changed(
    content: LayerContent, published: Published, ours: LayerVersion, lines: Mapping[str, Location]
) -> Affected:
    """Judge a layer whose digest differs from that of our newest version."""
    if not isinstance(published.lock, Lock):
        reason = located(f"differs from {label(ours)}, whose packages could not be read", content.spec.location())
        # nothing is known of what moved, so the worst is assumed
        why = published.lock.reason if published.lock else "nothing is known of them"
        return replace(_following(content, ours, reason), changes=Unknown(reason=why), bump=Bump.MAJOR)
    # a version that names no runtimes says nothing of what it supports
    before = {*ours.runtimes, *ours.architectures} if ours.runtimes else _reach(content)
    return _compared(_following(content, ours, Reason(text="")), published.lock, before, lines)


def _compared(
    affected: Affected,
    before: Lock,
    reached: set[str],
    lines: Mapping[str, Location],
    own_before: OwnFiles | None = None,
) -> Affected:
    """Fill in what two contents' locks and targets say, and their own files where those before are known."""
    content = affected.content
    changes = diff(before, content.lock)
    added, dropped = _reach(content) - reached, reached - _reach(content)
    return replace(
        affected,
        changes=changes,
        bump=bump_of(changes, dropped=dropped, added=added),
        reason=reason_for(content, changes, lines=lines, added=added, dropped=dropped, own_before=own_before),
    )


def _new(content: LayerContent, region: str, reason: Reason) -> Affected:
    return Affected(
        content=content, region=region, previous=None, reference=None, changes=(), bump=Bump.NONE, reason=reason
    )


def _following(content: LayerContent, ours: LayerVersion, reason: Reason) -> Affected:
    return replace(_new(content, ours.arn.region, reason), previous=ours, reference=ours)


def _reach(content: LayerContent) -> set[str]:
    """Return the runtimes and architectures, in AWS's words."""
    return _words(content.targets)


def _words(targets: Iterable[Target]) -> set[str]:
    return {word for target in targets for word in (target.runtime, str(target.architecture))}
