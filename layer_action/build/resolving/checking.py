"""The closure check of what was found for a layer, and the lock that comes of it."""

from collections.abc import Mapping, Sequence

from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import Asking
from layer_action.build.resolving.closure import Graph, Root, annotated, walk, without_provided
from layer_action.build.resolving.missing import told_together
from layer_action.build.resolving.needs import (
    believing,
    by_their_own_word,
    narrowly_provided,
    weighed,
    without_overridden,
)
from layer_action.build.resolving.notices import told_by_others, unchecked
from layer_action.build.resolving.unfit import empty_lock
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.errors import Location, ResolutionError, raise_all
from layer_action.model.layer import Finding, LayerSpec
from layer_action.model.lock import Lock, LockedDistribution, Source, Wheel
from layer_action.model.target import Target
from layer_action.ports.building import Resolution
from layer_action.record import field, record


@record
class Found:
    """A set of distributions before the closure check.

    `metadata` is what a lock tells, or distributions themselves; None where nobody could be asked. `own` is what they
    say themselves, as far as that is in hand, where a lock is theirs; `restated` are those whose word does not count.
    `projects` are left out of layers of their own locks: by name, with their pyproject.toml. A lock may be made with
    `untold_overrides`.
    """

    distributions: Mapping[str, LockedDistribution]
    metadata: Mapping[str, Metadata] | None
    own: Mapping[str, Metadata] | None = None
    restated: frozenset[str] = frozenset()
    projects: Mapping[str, str] = field(default_factory=dict)
    untold_overrides: bool = False
    roots: Sequence[Root]
    lines: Mapping[str, Location]
    overridden: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def checked(found: Found, asking: Asking, spec: LayerSpec, target: Target) -> Resolution:
    """Check the closure, leave out what is provided, and say of each distribution who asks for it.

    Raises ResolutionError, Problems.
    """
    provided = provided_by(spec)
    graph = Graph(target=target, metadata=found.metadata or {})
    closure = walk(
        found.roots, graph, found.distributions, provided=provided, lines=found.lines, projects=found.projects
    )
    kept = without_provided(found.roots, graph, found.distributions, provided)
    lock = Lock(
        target=target,
        distributions=annotated(kept, closure, {root.name for root in found.roots}),
        overridden=tuple(sorted(found.overridden)),
        untold_overrides=found.untold_overrides,
    )
    findings = found.findings + ((unchecked(spec),) if found.metadata is None else ())
    problems = without_overridden(lock, closure.missing)
    if found.own is None:
        problems |= without_overridden(lock, closure.contradictions)
        lock = believing(lock, {}, found.restated, kind=Source)  # a build may say other things than its source did
    else:
        lock = believing(lock, found.own, found.restated, kind=Wheel)
        own = by_their_own_word(lock, found.own, provided=provided, lines=found.lines)
        unmet, told = weighed(own, lock, spec)
        problems = unmet | problems
        findings += tuple(told)
    raise_all(told_together(problems.values()))
    findings += tuple(told_by_others(found.metadata or {}, lock, found.lines, spec))
    if provided:
        findings += tuple(narrowly_provided(lock, found.own or found.metadata or {}, spec, found.lines))
    if not kept and not spec.include:
        raise _nothing_left(found, asking, spec, target)
    return Resolution(lock=lock, findings=findings)


def provided_by(spec: LayerSpec) -> frozenset[str]:
    """Return the normalised names of what the runtime or another layer brings."""
    return frozenset(canonicalize_name(name) for name in spec.provided)


def _nothing_left(found: Found, asking: Asking, spec: LayerSpec, target: Target) -> ResolutionError:
    if asking.locks and not found.distributions:
        return empty_lock(asking.locks, target)
    return ResolutionError(
        f"Nothing is left to put into {spec.name} for {target}.",
        location=spec.location("requirements"),
        hint="Write a requirement, shorten `provided`, or take the layer out of the config.",
    )
