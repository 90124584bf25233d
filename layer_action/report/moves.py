"""What happens to functions, by plan and in the end. Unescaped."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import LayerArn
from layer_action.model.plan import HeldFunction, LayerMove, Plan, RepointFunction, SkippedFunction
from layer_action.report import words


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """A function that moves: `steps` such as `http:14 → 1.5.0`."""

    function: str
    region: str
    steps: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Functions that stay where they are for one and the same reason."""

    layers: tuple[str, ...]
    functions: tuple[str, ...]
    reason: str
    ways_out: tuple[str, ...] = ()


def move_rows(repoints: Iterable[RepointFunction]) -> tuple[MoveRow, ...]:
    """Return a row a function."""
    return tuple(
        MoveRow(
            function=operation.function.name,
            region=operation.function.region,
            steps=", ".join(_step(move) for move in operation.moves),
            total=words.UNKNOWN if isinstance(operation.unzipped, Unknown) else words.size(operation.unzipped),
        )
        for operation in repoints
    )


def destinations(repoints: Iterable[RepointFunction]) -> str:
    """Return `38 → http 1.5.0, 5 → data 3.0.0`; a function with two new layers counts for each."""
    counts = Counter((move.layer, str(move.version)) for operation in repoints for move in operation.moves)
    return words.listed(f"{count} {words.ARROW} {layer} {version}" for (layer, version), count in counts.items())


def held(plan: Plan) -> tuple[Stay, ...]:
    """Return who keeps functions where they are, one entry a reason."""
    return _stays(operation for operation in plan.functions if isinstance(operation, HeldFunction))


def skipped(plan: Plan) -> tuple[Stay, ...]:
    """Return the functions that must not or cannot move, one entry a reason."""
    return _stays(operation for operation in plan.functions if isinstance(operation, SkippedFunction))


def by_arn(plan: Plan, arns: Collection[str]) -> tuple[RepointFunction, ...]:
    """Return the planned moves of these functions."""
    return tuple(operation for operation in plan.repoints if operation.function.arn in arns)


def _stays(operations: Iterable[HeldFunction | SkippedFunction]) -> tuple[Stay, ...]:
    folded: dict[tuple[str, tuple[str, ...]], list[HeldFunction | SkippedFunction]] = {}
    regions: set[str] = set()
    for operation in operations:
        ways_out = operation.ways_out if isinstance(operation, SkippedFunction) else ()
        folded.setdefault((operation.reason, ways_out), []).append(operation)
        regions.add(operation.function.region)
    several = len(regions) > 1
    return tuple(
        Stay(
            layers=tuple(dict.fromkeys(operation.layer for operation in found)),
            functions=tuple(dict.fromkeys(_named(operation.function, several=several) for operation in found)),
            reason=reason,
            ways_out=ways_out,
        )
        for (reason, ways_out), found in folded.items()
    )


def _named(function: PinnedFunction, *, several: bool) -> str:
    return f"{function.name} ({function.region})" if several else function.name


def _step(move: LayerMove) -> str:
    split = LayerArn.of_version(move.before)
    before = f"{split[0].name}:{split[1]}" if split else move.before
    return f"{before} {words.ARROW} {move.layer} {move.version}"
