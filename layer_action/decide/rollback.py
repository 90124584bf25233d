"""Which functions go back to an older version of a layer, and where each of them goes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from semver import Version

from layer_action.decide.pins import allows, pin_of
from layer_action.decide.preflight import obstacle
from layer_action.errors import InputError, Location
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import FunctionOperation, HeldFunction, LayerMove, RepointFunction, SkippedFunction
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.model.target import Target

Shelves: TypeAlias = Mapping[LayerArn, Sequence[LayerVersion]]
"""The versions that AWS holds of some layers."""

Way: TypeAlias = Callable[[str, str], str | None]
"""Where a version ARN goes that a function (by its ARN) lists or a parameter holds; None for one that stays."""

_NOT_OURS = Version(0, 0, 0)


def versions_of_ours(shelves: Shelves, layer: LayerArn) -> dict[int, Version]:
    """Return our version of each number; what somebody else published is left out."""
    return {found.number: found.published.version for found in shelves.get(layer, ()) if found.published}


def newest_of(shelves: Shelves, layer: LayerArn) -> LayerVersion | None:
    """Return our newest version of a layer."""
    known = versions_of_ours(shelves, layer)
    ours = (found for found in shelves.get(layer, ()) if found.published)
    return max(ours, key=lambda found: (known[found.number], found.number), default=None)


def version_before(shelves: Shelves, in_use: Sequence[str], layer_name: str) -> Version | None:
    """Return the version before the newest that is among the version ARNs in use; None when none of ours is.

    Raises InputError when there is none before.
    """
    used = set(_used(shelves, in_use, layer_name))
    if not used:
        return None
    everything = {v for layer in shelves if layer.name == layer_name for v in versions_of_ours(shelves, layer).values()}
    older = [version for version in everything if version < max(used) and not version.prerelease]
    if not older:
        raise InputError(
            f"There is no version of {layer_name} before {max(used)} to roll back to.",
            hint="Only versions that still exist and carry our description can be rolled back to. Where functions were "
            "before a run moved them, whoever published that, its journal knows: `rollback LAYER --journal FILE`.",
        )
    return max(older)


def require_version(shelves: Shelves, version: Version) -> None:
    """Raise InputError when no layer has the version asked for: a slip must not look like a success."""
    known = {found for layer in shelves for found in versions_of_ours(shelves, layer).values()}
    if version not in known:
        names = ", ".join(dict.fromkeys(layer.name for layer in shelves))
        regions = ", ".join(dict.fromkeys(layer.region for layer in shelves))
        raise _no_such_version(version, names, regions, known)


def way_to_versions(shelves: Shelves, wanted: Mapping[str, Version]) -> Way:
    """Return the way back to one version of each layer name; a function that is there, or before it, stays."""

    def way(_: str, arn: str) -> str | None:
        split = LayerArn.of_version(arn)
        version = wanted.get(split[0].name) if split else None
        if split is None or version is None:
            return None
        known = versions_of_ours(shelves, split[0])
        if split[1] not in known or known[split[1]] <= version:
            return None
        return split[0].version(_number(shelves, split[0], version))

    return way


def way_of_journal(moves: Mapping[str, Mapping[str, str]], layers: Collection[LayerArn]) -> Way:
    """Return the way back from what a run did to these layers; others that moved in the same update stay.

    `moves` maps, by function or parameter, new version ARNs to the old.
    """

    def way(resource: str, arn: str) -> str | None:
        split = LayerArn.of_version(arn)
        return moves.get(resource, {}).get(arn) if split and split[0] in layers else None

    return way


def rollback_operations(
    functions: Sequence[PinnedFunction],
    spec: LayerSpec,
    shelves: Shelves,
    way: Way,
    targets: Callable[[str], tuple[Target, ...]],
) -> tuple[FunctionOperation, ...]:
    """Decide for every function what a rollback does with it. `targets(layer name)` are what the layer is built for.

    Raises InputError when an old version that is asked for does not exist (any more).
    """
    operations: list[FunctionOperation] = []
    for function in functions:
        ways = ((arn, way(function.arn, arn)) for arn in function.layer_arns)
        moves = [_move(spec, shelves, arn, to) for arn, to in ways if to]
        if not moves:
            continue
        built_for = tuple(target for move in moves for target in targets(move.layer_name))
        if found := obstacle(function, spec, built_for):
            operations.append(
                SkippedFunction(function=function, layer=spec.name, reason=found.reason, ways_out=found.ways_out)
            )
        elif reason := _held(function, moves):
            operations.append(HeldFunction(function=function, layer=spec.name, reason=reason))
        else:
            unzipped = Unknown(reason="an older version is taken as it was")
            operations.append(RepointFunction(function=function, moves=tuple(moves), unzipped=unzipped))
    return tuple(operations)


def _used(shelves: Shelves, in_use: Sequence[str], layer_name: str) -> list[Version]:
    splits = [split for arn in in_use if (split := LayerArn.of_version(arn))]
    known = {layer: versions_of_ours(shelves, layer) for layer, _ in splits if layer.name == layer_name}
    return [known[layer][number] for layer, number in splits if layer in known and number in known[layer]]


def _number(shelves: Shelves, layer: LayerArn, version: Version) -> int:
    """Return AWS's number of a version; the highest, should it have been published twice."""
    known = versions_of_ours(shelves, layer)
    numbers = [number for number, found in known.items() if found == version]
    if not numbers:
        raise _no_such_version(version, layer.name, layer.region, known.values())
    return max(numbers)


def _no_such_version(version: Version, layer: str, region: str, known: Iterable[Version]) -> InputError:
    there = ", ".join(str(found) for found in sorted(set(known), reverse=True))
    return InputError(
        f"There is no version {version} of {layer} in {region}.",
        hint=f"There are: {there or 'none'}.",
        location=Location("--to"),
    )


def _move(spec: LayerSpec, shelves: Shelves, arn: str, to: str) -> LayerMove:
    split = LayerArn.of_version(to)
    if split is None or not any(found.version_arn == to for found in shelves.get(split[0], ())):
        raise InputError(
            f"{to} does not exist any more, and no function can go back to it.",
            hint="Choose a version that exists: `rollback LAYER --to VERSION`; `status` shows them.",
        )
    version = versions_of_ours(shelves, split[0]).get(split[1], _NOT_OURS)
    # where a run led it over from a former name, it is the new one that the function leaves
    left = LayerArn.of_version(arn) or split
    return LayerMove(layer=spec.name, layer_name=left[0].name, before=arn, to=to, version=version)


def _held(function: PinnedFunction, moves: Sequence[LayerMove]) -> str:
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    for move in moves:
        pin = pin_of(tags, move.layer_name, move.layer)
        if pin is not None and not allows(pin, move.version):
            return f"its tag layer:{move.layer_name} does not allow {move.target}"
    return ""
