"""What distributions need by their own word: a lock may say less, and its versions may be others."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from layer_action.build.resolving.closure import Closure, Graph, Root, walk
from layer_action.build.resolving.missing import told_together
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import Finding, LayerContent, LayerSpec, Severity
from layer_action.model.lock import Lock, Source, Wheel, way_to
from layer_action.record import replace

Pair: TypeAlias = tuple[str, str]
"""Who needs, and what is needed."""

_TO_COME: Final = 9999  # the second number of a version that nobody has released


def believing(
    lock: Lock, own: Mapping[str, Metadata], restated: Collection[str], *, kind: type[Wheel | Source]
) -> Lock:
    """Note which distributions of a kind have not been asked what they need; those `restated` are not to be asked."""
    return replace(
        lock,
        distributions=tuple(
            replace(found, believed=isinstance(found.origin, kind) and found.name not in {*own, *restated})
            for found in lock.distributions
        ),
    )


def by_their_own_word(
    lock: Lock,
    own: Mapping[str, Metadata],
    *,
    provided: Collection[str],
    lines: Mapping[str, Location] | None = None,
) -> Closure:
    """Hold the distributions of a lock to what they say themselves, as far as that is in hand."""
    roots = [Root(name=found.name, extras=frozenset(found.extras)) for found in lock.distributions]
    locked = {found.name: found for found in lock.distributions}
    return walk(roots, Graph(target=lock.target, metadata=own), locked, provided=provided, lines=lines)


def weighed(closure: Closure, lock: Lock, spec: LayerSpec) -> tuple[dict[Pair, ResolutionError], list[Finding]]:
    """Return what forbids a lock: what it misses, and versions that do not suit who needs them.

    These are warnings where the lock was made with overrides of which it does not tell.
    """
    missing = without_overridden(lock, closure.missing)
    unsuited = {
        pair: problem
        for pair, problem in without_overridden(lock, closure.contradictions).items()
        # what is a source is locked without its version
        if (found := lock.get(pair[1])) and isinstance(found.origin, Wheel)
    }
    if not lock.untold_overrides:
        return missing | unsuited, []
    return missing, [_warning(problem, name, spec) for (name, _), problem in unsuited.items()]


def without_overridden(lock: Lock, problems: Mapping[Pair, ResolutionError]) -> dict[Pair, ResolutionError]:
    """Leave out what whoever made the lock decided otherwise; the names of each are who needs, and what is needed."""
    return {pair: problem for pair, problem in problems.items() if pair[1] not in lock.overridden}


def _warning(problem: ResolutionError, name: str, spec: LayerSpec) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        check="lock-contradicts",
        message=problem.message,
        ways_out=("Lock again, if no override wants it so.",),
        location=problem.location,
        layer=spec.name,
        distribution=name,
    )


def unmet(content: LayerContent, own: Mapping[str, Metadata]) -> tuple[list[ResolutionError], list[Finding]]:
    """Return what forbids a layer, and what is to be told of it, by what its wheels say that nobody had asked."""
    provided = frozenset(map(canonicalize_name, content.spec.provided))
    problems: dict[Pair, ResolutionError] = {}
    findings: dict[str, Finding] = {}
    for target in content.targets:
        lock = replace(content.lock, target=target)
        found, told = weighed(by_their_own_word(lock, own, provided=provided), lock, content.spec)
        problems |= found
        told += narrowly_provided(lock, own, content.spec, {})
        findings |= {finding.message: finding for finding in told}
    for (name, _), problem in problems.items():
        problem.distribution = name
    return told_together(problems.values()), list(findings.values())


def narrowly_provided(
    lock: Lock, own: Mapping[str, Metadata], spec: LayerSpec, lines: Mapping[str, Location]
) -> Iterator[Finding]:
    """Say who needs one of few versions of what is provided: the runtime's own moves, and nobody compares it."""
    provided = frozenset(map(canonicalize_name, spec.provided))
    graph = Graph(target=lock.target, metadata=own)
    for found in lock.distributions:
        needs = (need for extra in ("", *found.extras) for need in graph.needs(found.name, extra))
        for need in needs:
            if canonicalize_name(need.name) in provided and is_narrow(need.specifier):
                way = way_to(found.name, lock.required_by, lines)
                yield Finding(
                    severity=Severity.NOTICE,
                    check="provided-unchecked",
                    message=f"{found.name} {found.version} needs {need.name}{need.specifier}, which is provided: "
                    "whether the version there is one of these, nobody checks.",
                    ways_out=(f"Take {need.name} out of `provided`, and the layer brings one that suits.",),
                    location=lines[way[0]] if way else None,
                    layer=spec.name,
                    distribution=found.name,
                )


def is_narrow(specifier: SpecifierSet) -> bool:
    """Tell whether a specifier excludes versions to come with the first number of those that it names."""
    named = [(each.operator, Version(each.version.removesuffix(".*"))) for each in specifier if each.operator != "==="]
    # a bound such as <2 means all of those before it
    firsts = {version.major - (operator == "<" and not any(version.release[1:])) for operator, version in named}
    return bool(firsts) and not any(specifier.contains(f"{first}.{_TO_COME}") for first in firsts)
