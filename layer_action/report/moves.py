"""What happens to functions, by plan and in the end. Unescaped."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.plan import (
    FailedLayer,
    HeldFunction,
    LayerMove,
    ParameterMove,
    Plan,
    RepointFunction,
    SkippedFunction,
)
from layer_action.model.published import LayerArn
from layer_action.record import record
from layer_action.report import words


@record
class MoveRow:
    """A function that moves: `steps` such as `http:14 → 1.5.0`."""

    function: str
    region: str
    steps: str
    total: str


@record
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


def moving(repoints: Sequence[RepointFunction]) -> str:
    """Return `3 functions move`, `1 function moves back` or `2 aliases follow`."""
    noun = _noun(repoints)
    verb = "follow" if noun == "alias" else "move"
    return f"{_counted(repoints, noun)} {verb}{'s' if len(repoints) == 1 else ''}{_back(repoints)}"


def moved(repoints: Sequence[RepointFunction]) -> str:
    """Return `3 functions moved`, `1 function moved back` or `2 aliases moved`."""
    return f"{_counted(repoints, _noun(repoints))} moved{_back(repoints)}"


def destinations(repoints: Iterable[RepointFunction]) -> str:
    """Return `38 → http 1.5.0, 5 → data 3.0.0`; a function with two new layers counts for each."""
    counts = Counter(move.target for operation in repoints for move in operation.moves)
    return words.listed(f"{count} {words.ARROW} {target}" for target, count in counts.items())


def held(plan: Plan) -> tuple[Stay, ...]:
    """Return who keeps functions where they are, one entry a reason."""
    return _stays(operation for operation in plan.functions if isinstance(operation, HeldFunction))


def held_by_failure(plan: Plan) -> str:
    """Return `, 3 functions held back from a version that failed or was rolled back`; "" when there is none."""
    held = {op.function.arn for op in plan.functions if isinstance(op, HeldFunction) and op.failed}
    count = words.counted(len(held), "function")
    return f", {count} held back from a version that failed or was rolled back" if held else ""


def skipped(plan: Plan) -> tuple[Stay, ...]:
    """Return the functions that must not or cannot move, one entry a reason."""
    return _stays(operation for operation in plan.functions if isinstance(operation, SkippedFunction))


def parameters_going_back(plan: Plan) -> str:
    """Return `1 SSM parameter goes back`."""
    count = len(plan.parameters)
    return f"{words.counted(count, 'SSM parameter')} {'goes' if count == 1 else 'go'} back"


def parameter_rows(plan: Plan, written: Iterable[ParameterMove]) -> tuple[str, ...]:
    """Return `/layers/http in eu-central-1: http:2 → http 1.0.0 (http:1)` for each parameter."""
    regions = {operation.region for operation in plan.layers if not isinstance(operation, FailedLayer)}
    return tuple(_parameter(move, several=len(regions) > 1) for move in written)


def named(plan: Plan, arns: Collection[str]) -> tuple[str, ...]:
    """Return functions by their names, with the region where the plan is about several."""
    functions = {operation.function.arn: operation.function for operation in plan.functions}
    several = len({function.region for function in functions.values()}) > 1
    return tuple(
        _named(functions[arn], several=several) if arn in functions else arn.rpartition(":")[2] for arn in arns
    )


def left(plan: Plan, reasons: Mapping[str, str]) -> tuple[Stay, ...]:
    """Return the functions that were left as they are, one entry a reason; `reasons` are by ARN."""
    found = [
        SkippedFunction(function=op.function, layer=move.layer, reason=reason)
        for op in plan.repoints
        if (reason := reasons.get(op.function.arn))
        for move in op.moves
    ]
    return _stays(found)


def by_arn(plan: Plan, arns: Collection[str]) -> tuple[RepointFunction, ...]:
    """Return the planned moves of these functions."""
    return tuple(operation for operation in plan.repoints if operation.function.arn in arns)


def _stays(operations: Iterable[HeldFunction | SkippedFunction]) -> tuple[Stay, ...]:
    folded: dict[tuple[str, tuple[str, ...]], list[HeldFunction | SkippedFunction]] = {}
    regions: set[str] = set()
    for operation in operations:
        folded.setdefault((operation.reason, operation.ways_out), []).append(operation)
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


def _noun(repoints: Iterable[RepointFunction]) -> str:
    return "alias" if all(move.before == move.to for op in repoints for move in op.moves) else "function"


def _counted(repoints: Sequence[RepointFunction], noun: str) -> str:
    return words.counted(len(repoints), noun, "aliases" if noun == "alias" else "")


def _back(repoints: Iterable[RepointFunction]) -> str:
    return " back" if all(_goes_back(move) for op in repoints for move in op.moves) else ""


def _goes_back(move: LayerMove) -> bool:
    before, after = LayerArn.of_version(move.before), LayerArn.of_version(move.to or "")
    return bool(before and after and before[0] == after[0] and after[1] < before[1])


def _parameter(move: ParameterMove, *, several: bool) -> str:
    before, after = LayerArn.of_version(move.before), LayerArn.of_version(move.to)
    was = f"{before[0].name}:{before[1]} {words.ARROW} " if before else ""
    where = f" in {move.region}" if several else ""
    return f"{move.name}{where}: {was}{move.layer} {move.version} ({move.layer_name}:{after[1] if after else move.to})"


def _step(move: LayerMove) -> str:
    if move.before == move.to:
        return f"alias {move.alias} {words.ARROW} {move.target}"
    split = LayerArn.of_version(move.before)
    before = f"{split[0].name}:{split[1]}" if split else move.before
    return f"{before} {words.ARROW} {move.target}"
