"""Checks that look at a whole function: its size, and how its layers get along."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from layer_action.decide.support import AS_OF, SUPPORT
from layer_action.model.function import PinnedFunction
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, Severity
from layer_action.model.plan import LayerMove, RepointFunction
from layer_action.model.published import LayerArn
from layer_action.model.sizes import beside_limit

Holds: TypeAlias = Callable[[str], Mapping[str, str]]

_NAMED = 5


def over_budget(function: PinnedFunction, moves: Sequence[LayerMove], total: int, grew: Mapping[str, str]) -> Finding:
    """Return the error for a function that AWS would refuse: `total` bytes unzipped; `grew` says why, by layer name."""
    to = " and ".join(f"{move.layer} {move.version}" for move in moves)
    causes = "; ".join(f"{move.layer}: {grew[move.layer_name]}" for move in moves if move.layer_name in grew)
    unzipped, most = beside_limit(total, UNZIPPED_LIMIT)
    return Finding(
        severity=Severity.ERROR,
        check="function-too-large",
        message=(
            f"{function.name} would be {unzipped} unzipped with {to}; AWS refuses more than "
            f"{most}, code and layers together." + (f" What grew: {causes}." if causes else "")
        ),
        ways_out=(
            "`provided:` or `exclude:` what the function does not need from the layer.",
            *(f"Hold the function where it is with the tag layer:{move.layer_name}=hold." for move in moves),
        ),
        layer=moves[0].layer if len({move.layer for move in moves}) == 1 else "",
    )


def shared_findings(
    repoints: Sequence[RepointFunction], new: Mapping[tuple[str, str], Mapping[str, str]], holds: Holds, today: date
) -> tuple[Finding, ...]:
    """Return what is odd about the functions that move, one finding for all that share it.

    `new` maps (region, layer name) to the distributions of a version still to be published, name to version;
    `holds(version ARN)` tells those of a published one.
    """
    return (*_python_paths(repoints), *_old_runtimes(repoints, today), *_rivals(repoints, new, holds))


def _python_paths(repoints: Sequence[RepointFunction]) -> Iterator[Finding]:
    names = sorted({op.function.name for op in repoints if op.function.sets_pythonpath})
    if names:
        yield Finding(
            severity=Severity.WARNING,
            check="pythonpath-set",
            message=(
                f"{_some(names)} {'sets' if len(names) == 1 else 'set'} PYTHONPATH: Lambda then leaves /opt/python, "
                "where layers are, off sys.path."
            ),
            ways_out=("Add /opt/python to PYTHONPATH, or remove the variable.",),
        )


def _old_runtimes(repoints: Sequence[RepointFunction], today: date) -> Iterator[Finding]:
    for runtime, support in SUPPORT.items():
        names = sorted({op.function.name for op in repoints if op.function.runtime == runtime})
        if names and today >= support.ends:
            yield Finding(
                severity=Severity.WARNING,
                check="deprecated-runtime",
                message=(
                    f"{_some(names)} {'runs' if len(names) == 1 else 'run'} {runtime}, without security updates "
                    f"since {support.ends}. From {support.frozen} on AWS takes no updates of such functions, "
                    f"their layers included (as its table was in {AS_OF})."
                ),
                ways_out=("Move to a newer runtime until then, and add it to `runtimes` of the layer.",),
            )


def _rivals(
    repoints: Sequence[RepointFunction], new: Mapping[tuple[str, str], Mapping[str, str]], holds: Holds
) -> Iterator[Finding]:
    """Find distributions that two layers of one function hold at different versions."""
    found: dict[tuple[str, str, str, str, str], list[str]] = {}
    for op in repoints:
        held: dict[str, tuple[str, str]] = {}
        for layer, distributions in _held_after(op, new, holds):
            for name, version in distributions.items():
                other, before = held.get(name, (layer, version))
                if before != version:
                    found.setdefault((name, before, other, version, layer), []).append(op.function.name)
                held[name] = (layer, version)
    for (name, version, layer, winner, last), names in sorted(found.items()):
        yield Finding(
            severity=Severity.WARNING,
            check="same-distribution-in-two-layers",
            message=(
                f"{name} is {version} in {layer} and {winner} in {last}: {_some(sorted(set(names)))} would load "
                f"files of both, mostly those of {last}, which comes later in the list."
            ),
            ways_out=(f"Name {name} in `provided:` of one of the layers, or require one version in both.",),
        )


def _held_after(
    op: RepointFunction, new: Mapping[tuple[str, str], Mapping[str, str]], holds: Holds
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Return what each layer of a function would hold, in the order of its list: also layers that are not ours."""
    moves = {move.before: move for move in op.moves}
    for arn in op.function.layer_arns:
        move, split = moves.get(arn), LayerArn.of_version(arn)
        if move:
            after = holds(move.to) if move.to else new.get((op.function.region, move.layer_name), {})
            yield move.layer_name, after
        elif split:
            yield split[0].name, holds(arn)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
