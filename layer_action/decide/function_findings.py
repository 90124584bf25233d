"""Checks that look at a whole function: its size, and how its layers get along."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from layer_action.decide.support import AS_OF, SUPPORT
from layer_action.model.function import PinnedFunction
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, Severity
from layer_action.model.lock import Lock
from layer_action.model.plan import LayerMove, RepointFunction
from layer_action.model.published import LayerArn

_MEGABYTE = 1_000_000
_NAMED = 5


def over_budget(function: PinnedFunction, moves: Sequence[LayerMove], total: int, grew: Mapping[str, str]) -> Finding:
    """Return the error for a function that AWS would refuse: `total` bytes unzipped; `grew` says why, by layer name."""
    to = " and ".join(f"{move.layer} {move.version}" for move in moves)
    causes = "; ".join(f"{move.layer}: {grew[move.layer_name]}" for move in moves if move.layer_name in grew)
    return Finding(
        severity=Severity.ERROR,
        check="function-too-large",
        message=(
            f"{function.name} would be {total / _MEGABYTE:.1f} MB unzipped with {to}; AWS refuses more than "
            f"{UNZIPPED_LIMIT / _MEGABYTE:.1f} MB, code and layers together."
            + (f" What grew: {causes}." if causes else "")
        ),
        ways_out=(
            "`provided:` or `exclude:` what the function does not need from the layer.",
            *(f"Hold the function where it is with the tag layer:{move.layer_name}=hold." for move in moves),
        ),
        layer=moves[0].layer if len({move.layer for move in moves}) == 1 else "",
    )


def shared_findings(
    repoints: Sequence[RepointFunction], locks: Mapping[tuple[str, str], Lock], today: date
) -> tuple[Finding, ...]:
    """Return what is odd about the functions that move, one finding for all that share it.

    `locks` maps (region, version ARN) to what a version holds, (region, layer name) for one still to be published.
    """
    return (*_python_paths(repoints), *_old_runtimes(repoints, today), *_rivals(repoints, locks))


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


def _rivals(repoints: Sequence[RepointFunction], locks: Mapping[tuple[str, str], Lock]) -> Iterator[Finding]:
    """Find distributions that two layers of one function hold at different versions."""
    found: dict[tuple[str, str, str, str, str], list[str]] = {}
    for op in repoints:
        held: dict[str, tuple[str, str]] = {}
        for layer, lock in _locks_after(op, locks):
            for distribution in lock.distributions:
                other, version = held.get(distribution.name, (layer, distribution.version))
                if version != distribution.version:
                    key = (distribution.name, version, other, distribution.version, layer)
                    found.setdefault(key, []).append(op.function.name)
                held[distribution.name] = (layer, distribution.version)
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


def _locks_after(op: RepointFunction, locks: Mapping[tuple[str, str], Lock]) -> Iterator[tuple[str, Lock]]:
    """Return the locks that a function would have, in the order of its list, as far as they are known."""
    moves = {move.before: move for move in op.moves}
    for arn in op.function.layer_arns:
        move, split = moves.get(arn), LayerArn.of_version(arn)
        key = (move.to or move.layer_name) if move else arn
        if split and (lock := locks.get((op.function.region, key))):
            yield move.layer_name if move else split[0].name, lock


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
