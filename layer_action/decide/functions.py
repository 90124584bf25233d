"""Which functions follow a layer, and which stay where they are, each with its reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import TypeAlias

from semver import Version

from layer_action.decide.aliases import AliasState, Follows, Stays
from layer_action.decide.entries import Candidate, Destination, Entry, candidates, entries_of
from layer_action.decide.function_findings import Holds, over_budget, shared_findings
from layer_action.decide.pins import allows, failed_tag, failed_version, jump, objection, pin_of
from layer_action.decide.preflight import frozen, obstacle
from layer_action.model.function import Barred, PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, LayerSpec, Severity
from layer_action.model.listing import listed
from layer_action.model.plan import FunctionOperation, HeldFunction, LayerMove, RepointFunction, SkippedFunction
from layer_action.model.published import LayerArn

AliasOf: TypeAlias = Callable[[PinnedFunction, str, str], AliasState]
Unzipped: TypeAlias = Callable[[PinnedFunction, Mapping[str, str]], int | Unknown]
_Failures: TypeAlias = Mapping[str, tuple[Version, tuple[str, ...]]]


def function_operations(
    functions: Sequence[PinnedFunction],
    destinations: Sequence[Destination],
    *,
    unzipped: Unzipped,
    today: date,
    alias_of: AliasOf = lambda _function, _name, _version_arn: Follows(),
    holds: Holds = lambda _version_arn: {},
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    """Decide for every function, in the order given, what a rollout does with it.

    `unzipped(function, replacements)` returns the bytes of the function's code and all its layers after the move, or
    Barred when AWS would refuse one of the layers; `replacements` maps each version ARN that leaves to the one that
    comes, or to the layer's name while that version is still to be published. A function that is pinned to none of the
    layers, or current, gives no operation. A version that failed on one function, or was rolled back (its tag says so),
    is tried on none, nor is an older one. `today` tells which runtimes AWS supports.

    `holds(version_arn)` tells the distributions of a published layer version, name to version.

    `alias_of(function, alias, version_arn)` tells how the layer's `alias` stands to a version that `$LATEST` lists
    already; one that lags (a run died before it) gives a RepointFunction whose move is from an ARN to itself.
    """
    failures = _failures(functions, destinations)
    operations: list[FunctionOperation] = []
    findings: list[Finding] = []
    for function in functions:
        entries = tuple(entries_of(function, destinations))
        decided = tuple(
            _decide(function, entry, failures, today) or _lagging(function, entry, alias_of) for entry in entries
        )
        operations.extend(operation for operation in decided if isinstance(operation, HeldFunction | SkippedFunction))
        findings.extend(finding for finding in decided if isinstance(finding, Finding))
        moves = tuple(move for move in decided if isinstance(move, LayerMove))
        if moves:
            repoint = _repoint(function, moves, destinations, unzipped)
            operations.append(repoint[0])
            findings.extend(repoint[1])
    repoints = [operation for operation in operations if isinstance(operation, RepointFunction)]
    new = {
        (d.layer_arn.region, d.layer_name): {found.name: found.version for found in d.lock.distributions}
        for d in destinations
        if d.lock and not d.version_arn
    }
    return tuple(operations), (*findings, *shared_findings(repoints, new, holds, today))


def _failures(functions: Sequence[PinnedFunction], destinations: Sequence[Destination]) -> _Failures:
    """Return the newest version of each layer that failed somewhere, with the functions that remember it."""
    names = {destination.layer_name for destination in destinations}
    found: dict[str, tuple[Version, tuple[str, ...]]] = {}
    for function in functions:
        tags = {} if isinstance(function.tags, Unknown) else function.tags
        for name in names:
            version = failed_version(tags, name)
            if version is None:
                continue
            newest, where = found.get(name, (version, ()))
            if version >= newest:
                found[name] = version, ((*where, function.name) if version == newest else (function.name,))
    return found


def _decide(
    function: PinnedFunction, entry: Entry, failures: _Failures, today: date
) -> LayerMove | HeldFunction | SkippedFunction | None:
    destination, spec = entry.destination, entry.destination.spec
    ahead = tuple(candidates(entry))
    if not ahead:
        return _newer(function, entry)
    if _has_both(function, entry):
        reason = f"it lists both {destination.layer_name} and the layer that it replaces"
        return SkippedFunction(function=function, layer=spec.name, reason=reason, ways_out=("Remove the old one.",))
    found = obstacle(function, spec, destination.targets)
    if found := found or frozen(function, today):
        return SkippedFunction(function=function, layer=spec.name, reason=found.reason, ways_out=found.ways_out)
    if not _chosen_by_globs(function.name, spec):
        return HeldFunction(function=function, layer=spec.name, reason="`functions` in the config leaves it out")
    objections = [(candidate, _objection(function, entry, candidate, failures)) for candidate in ahead]
    for candidate, held in objections:
        if not held:
            return LayerMove(
                layer=spec.name,
                layer_name=destination.layer_name,
                before=entry.arn,
                to=candidate.version_arn,
                version=candidate.version,
            )
    return objections[0][1]


def _newer(function: PinnedFunction, entry: Entry) -> HeldFunction | None:
    """Return what to say of a function that has nothing ahead: nothing, if it is where it should be."""
    number, destination = entry.number, entry.destination
    if number is None or destination.number is None or number <= destination.number:
        return None
    reason = f"it lists number {number} already, newer than {destination.version} (number {destination.number})"
    return HeldFunction(function=function, layer=destination.spec.name, reason=reason)


def _lagging(function: PinnedFunction, entry: Entry, alias_of: AliasOf) -> LayerMove | Finding | None:
    """Return what to do about an alias that does not serve the version which `$LATEST` has already."""
    destination, spec = entry.destination, entry.destination.spec
    alias = spec.rollout.alias
    if not alias or entry.arn != destination.version_arn or not _chosen_by_globs(function.name, spec):
        return None
    state = alias_of(function, alias, entry.arn)
    if isinstance(state, Stays):
        return Finding(
            severity=Severity.NOTICE,
            check="alias-lags",
            message=f"Alias {alias} of {function.name} lags behind {spec.name} {destination.version}: {state.reason}.",
            ways_out=("It follows with the next deployment of the function's code.",),
            layer=spec.name,
        )
    if isinstance(state, Follows) or _keeps_still(function, entry):
        return None
    return LayerMove(
        layer=spec.name,
        layer_name=destination.layer_name,
        before=entry.arn,
        to=entry.arn,
        version=destination.version,
        alias=alias,
    )


def _keeps_still(function: PinnedFunction, entry: Entry) -> bool:
    spec, version = entry.destination.spec, entry.destination.version
    if obstacle(function, spec, entry.destination.targets):
        return True
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    pin = pin_of(tags, entry.destination.layer_name, spec.name)
    return pin is not None and not allows(pin, version)


def _has_both(function: PinnedFunction, entry: Entry) -> bool:
    layers = {split[0] for arn in function.layer_arns if (split := LayerArn.of_version(arn))}
    return entry.number is None and entry.destination.layer_arn in layers


def _chosen_by_globs(name: str, spec: LayerSpec) -> bool:
    rollout = spec.rollout
    included = any(fnmatchcase(name, pattern) for pattern in rollout.include)
    return included and not any(fnmatchcase(name, pattern) for pattern in rollout.exclude)


def _objection(
    function: PinnedFunction, entry: Entry, candidate: Candidate, failures: _Failures
) -> HeldFunction | None:
    destination, version = entry.destination, candidate.version
    if reason := _reason_against(function, entry, version):
        return HeldFunction(function=function, layer=destination.spec.name, reason=reason)
    failed, where = failures.get(destination.layer_name, (None, ()))
    if failed is not None and version <= failed:
        return _held_by_failure(function, entry, failed, where)
    return None


def _held_by_failure(function: PinnedFunction, entry: Entry, failed: Version, where: tuple[str, ...]) -> HeldFunction:
    layer, tag = entry.destination.spec.name, failed_tag(entry.destination.layer_name)
    tagged = listed(where)
    return HeldFunction(
        function=function,
        layer=layer,
        reason=f"{layer} {failed} failed or was rolled back, says the tag {tag} of {tagged}",
        ways_out=(
            f"Publish a version of {layer} after {failed}.",
            f"Or remove the tag {tag} from {tagged}: {failed} is then tried again.",
        ),
        layer_name=entry.destination.layer_name,
        failed=failed,
    )


def _reason_against(function: PinnedFunction, entry: Entry, version: Version) -> str:
    """Return why a function's owner, or the policy, keeps it from a version; "" for no reason."""
    destination = entry.destination
    if version.prerelease:
        return f"{version} is a pre-release, which moves no function"
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    old_name = (destination.replaces.name,) if destination.replaces else ()
    pin = pin_of(tags, destination.layer_name, destination.spec.name, *old_name)
    return objection(pin, version, jump(entry.version, version), destination.spec.rollout.repoint)


def _repoint(
    function: PinnedFunction, moves: tuple[LayerMove, ...], destinations: Sequence[Destination], unzipped: Unzipped
) -> tuple[RepointFunction | SkippedFunction, tuple[Finding, ...]]:
    total = unzipped(function, {move.before: move.to or move.layer_name for move in moves})
    layers = ", ".join(move.layer for move in moves)
    if isinstance(total, Barred):
        reason = f"it lists a layer that AWS would refuse, and with it every change: {total.reason}"
        ways_out = (total.way_out,) if total.way_out else ()
        return SkippedFunction(function=function, layer=layers, reason=reason, ways_out=ways_out), ()
    if isinstance(total, Unknown) or total <= UNZIPPED_LIMIT:
        return RepointFunction(function=function, moves=moves, unzipped=total), ()
    grew = {d.layer_name: d.grew for d in destinations if d.layer_arn.region == function.region and d.grew}
    finding = over_budget(function, moves, total, grew)
    skipped = SkippedFunction(function=function, layer=layers, reason=finding.message, ways_out=finding.ways_out)
    return skipped, (finding,)
