"""Which functions follow a layer, and which stay where they are, each with its reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from semver import Version

from layer_action.decide.function_findings import over_budget, shared_findings
from layer_action.decide.pins import bump_between, failed_version, objection, pin_of
from layer_action.decide.preflight import obstacle
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, LayerArn, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.plan import FunctionOperation, HeldFunction, LayerMove, RepointFunction, SkippedFunction
from layer_action.model.target import Target

Unzipped: TypeAlias = Callable[[PinnedFunction, Mapping[str, str]], int | Unknown]
_Failures: TypeAlias = Mapping[tuple[str, Version], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The newest version of one layer in one region: published already, or to be published by this plan.

    `version_arn` is None while it is still to be published. `known` maps AWS's numbers of the versions that we wrote to
    ours. `replaces` is the layer that this one was renamed from, in the same region. `grew` says in words what made the
    layer larger, for the budget's finding.
    """

    spec: LayerSpec
    layer_name: str
    layer_arn: LayerArn
    version: Version
    version_arn: str | None
    targets: tuple[Target, ...]
    known: Mapping[int, Version] = field(default_factory=dict)
    replaces: LayerArn | None = None
    lock: Lock | None = None
    grew: str = ""

    @property
    def number(self) -> int | None:
        """AWS's number of the version; None while it is still to be published."""
        split = LayerArn.of_version(self.version_arn) if self.version_arn else None
        return split[1] if split else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One entry of a function's list that a destination is about. `number` is None for the layer that it replaces."""

    destination: Destination
    arn: str
    number: int | None

    @property
    def version(self) -> Version | None:
        return self.destination.known.get(self.number) if self.number is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    version: Version
    version_arn: str | None


def function_operations(
    functions: Sequence[PinnedFunction],
    destinations: Sequence[Destination],
    *,
    unzipped: Unzipped,
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    """Decide for every function, in the order given, what a rollout does with it.

    `unzipped(function, replacements)` returns the bytes of the function's code and all its layers after the move, where
    `replacements` maps each version ARN that leaves to the version ARN that comes, or to the layer's name while that
    version is still to be published. A function that is pinned to none of the layers, or current, gives no operation. A
    version that failed on one function (its tag says so) is tried on none.
    """
    failures = _failures(functions, destinations)
    operations: list[FunctionOperation] = []
    findings: list[Finding] = []
    for function in functions:
        entries = tuple(_entries(function, destinations))
        decided = tuple(_decide(function, entry, failures) for entry in entries)
        operations.extend(operation for operation in decided if isinstance(operation, HeldFunction | SkippedFunction))
        moves = tuple(move for move in decided if isinstance(move, LayerMove))
        if moves:
            repoint = _repoint(function, moves, destinations, unzipped)
            operations.append(repoint[0])
            findings.extend(repoint[1])
    repoints = [operation for operation in operations if isinstance(operation, RepointFunction)]
    locks = {(d.layer_arn.region, d.version_arn or d.layer_name): d.lock for d in destinations if d.lock}
    return tuple(operations), (*findings, *shared_findings(repoints, locks))


def _failures(functions: Sequence[PinnedFunction], destinations: Sequence[Destination]) -> _Failures:
    """Return the versions that failed somewhere, each with a function that remembers it."""
    names = {destination.layer_name for destination in destinations}
    found: dict[tuple[str, Version], str] = {}
    for function in functions:
        tags = {} if isinstance(function.tags, Unknown) else function.tags
        for name in names:
            if version := failed_version(tags, name):
                found.setdefault((name, version), function.name)
    return found


def _entries(function: PinnedFunction, destinations: Sequence[Destination]) -> Iterator[_Entry]:
    for arn in function.layer_arns:
        split = LayerArn.of_version(arn)
        if split is None:
            continue
        for destination in destinations:
            if split[0] == destination.layer_arn:
                yield _Entry(destination=destination, arn=arn, number=split[1])
            elif split[0] == destination.replaces:
                yield _Entry(destination=destination, arn=arn, number=None)


def _decide(
    function: PinnedFunction, entry: _Entry, failures: _Failures
) -> LayerMove | HeldFunction | SkippedFunction | None:
    destination, spec = entry.destination, entry.destination.spec
    candidates = tuple(_candidates(entry))
    if not candidates:
        return _newer(function, entry)
    if _has_both(function, entry):
        reason = f"it lists both {destination.layer_name} and the layer that it replaces"
        return SkippedFunction(function=function, layer=spec.name, reason=reason, ways_out=("Remove the old one.",))
    if found := obstacle(function, spec.name, destination.targets, spec.rollout.managed_functions):
        return SkippedFunction(function=function, layer=spec.name, reason=found.reason, ways_out=found.ways_out)
    if not _chosen_by_globs(function.name, spec):
        return HeldFunction(function=function, layer=spec.name, reason="`functions` in the config leaves it out")
    objections = [(candidate, _objection(function, entry, candidate, failures)) for candidate in candidates]
    for candidate, reason in objections:
        if not reason:
            return LayerMove(
                layer=spec.name,
                layer_name=destination.layer_name,
                before=entry.arn,
                to=candidate.version_arn,
                version=candidate.version,
            )
    return HeldFunction(function=function, layer=spec.name, reason=objections[0][1])


def _candidates(entry: _Entry) -> Iterator[_Candidate]:
    """Return the versions ahead of an entry, the newest first: never one with a lower number, or a lower version."""
    destination, current = entry.destination, entry.version
    ahead = {number: version for number, version in destination.known.items() if version < destination.version}
    found = [
        (destination.version, destination.number, destination.version_arn),
        *((version, number, destination.layer_arn.version(number)) for number, version in ahead.items()),
    ]
    for version, number, version_arn in sorted(found, key=lambda item: (item[0], item[1] or 0), reverse=True):
        forward = entry.number is None or number is None or number > entry.number
        if forward and (current is None or version > current):
            yield _Candidate(version=version, version_arn=version_arn)


def _newer(function: PinnedFunction, entry: _Entry) -> HeldFunction | None:
    """Return what to say of a function that has nothing ahead: nothing, if it is where it should be."""
    number, destination = entry.number, entry.destination
    if number is None or destination.number is None or number <= destination.number:
        return None
    reason = f"it lists number {number} already, newer than {destination.version} (number {destination.number})"
    return HeldFunction(function=function, layer=destination.spec.name, reason=reason)


def _has_both(function: PinnedFunction, entry: _Entry) -> bool:
    layers = {split[0] for arn in function.layer_arns if (split := LayerArn.of_version(arn))}
    return entry.number is None and entry.destination.layer_arn in layers


def _chosen_by_globs(name: str, spec: LayerSpec) -> bool:
    rollout = spec.rollout
    included = any(fnmatchcase(name, pattern) for pattern in rollout.include)
    return included and not any(fnmatchcase(name, pattern) for pattern in rollout.exclude)


def _objection(function: PinnedFunction, entry: _Entry, candidate: _Candidate, failures: _Failures) -> str:
    destination, version = entry.destination, candidate.version
    if version.prerelease:
        return f"{version} is a pre-release, which moves no function"
    if where := failures.get((destination.layer_name, version)):
        return f"{version} failed on {where} before (tag layer-failed:{destination.layer_name}) and is not tried again"
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    old_name = (destination.replaces.name,) if destination.replaces else ()
    pin = pin_of(tags, destination.layer_name, destination.spec.name, *old_name)
    return objection(pin, version, bump_between(entry.version, version), destination.spec.rollout.repoint)


def _repoint(
    function: PinnedFunction, moves: tuple[LayerMove, ...], destinations: Sequence[Destination], unzipped: Unzipped
) -> tuple[RepointFunction | SkippedFunction, tuple[Finding, ...]]:
    total = unzipped(function, {move.before: move.to or move.layer_name for move in moves})
    if isinstance(total, Unknown) or total <= UNZIPPED_LIMIT:
        return RepointFunction(function=function, moves=moves, unzipped=total), ()
    grew = {d.layer_name: d.grew for d in destinations if d.layer_arn.region == function.region and d.grew}
    finding = over_budget(function, moves, total, grew)
    layers = ", ".join(move.layer for move in moves)
    skipped = SkippedFunction(function=function, layer=layers, reason=finding.message, ways_out=finding.ways_out)
    return skipped, (finding,)
