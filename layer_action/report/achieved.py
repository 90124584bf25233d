"""What an apply did, held against its plan. Unescaped."""

from collections.abc import Sequence
from dataclasses import dataclass

from layer_action.model.layer import LayerVersion
from layer_action.model.plan import Outcome, PublishLayer, RepointFunction
from layer_action.report import moves, words
from layer_action.report.problems import Problem, from_error


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """A version that now exists."""

    layer: str
    target: str
    version: str
    region: str
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A function that could not be moved, and how it was left."""

    function: str
    problems: tuple[Problem, ...]
    state: str


def headline(outcome: Outcome) -> str:
    """Return `2 versions published, 41 functions moved, 1 failed`: plain words, without a name in them."""
    parts = []
    if outcome.published:
        parts.append(f"{words.counted(len(outcome.published), 'version')} published")
    if outcome.moved:
        parts.append(f"{words.counted(len(outcome.moved), 'function')} moved")
    if outcome.rolled_back:
        parts.append(f"{len(outcome.rolled_back)} put back")
    if outcome.failures:
        parts.append(f"{len(outcome.failures)} failed")
    if outcome.error and not outcome.failures:
        parts.append("stopped by a problem")
    return ", ".join(parts) or "nothing to do"


def published_rows(outcome: Outcome) -> tuple[PublishedRow, ...]:
    """Return a row a version, in the order of publication."""
    planned = {(op.region, op.content.layer_name): op for op in outcome.plan.publications}
    return tuple(
        _published(version, planned.get((version.arn.region, version.arn.name))) for version in outcome.published
    )


def not_published(outcome: Outcome) -> tuple[PublishLayer, ...]:
    """Return the publications that were planned and did not happen."""
    done = {(version.arn.region, version.arn.name) for version in outcome.published}
    return tuple(op for op in outcome.plan.publications if (op.region, op.content.layer_name) not in done)


def moved(outcome: Outcome) -> tuple[RepointFunction, ...]:
    """Return the moves that happened and stayed."""
    return moves.by_arn(outcome.plan, outcome.moved)


def rolled_back(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the functions that were put back."""
    return _names(outcome, outcome.rolled_back)


def not_moved(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of functions whose move was planned and never tried, or not wanted."""
    tried = {*outcome.moved, *outcome.rolled_back, *(failure.function for failure in outcome.failures)}
    return tuple(op.function.name for op in outcome.plan.repoints if not tried & {op.function.arn, op.function.name})


def failures(outcome: Outcome) -> tuple[Failure, ...]:
    """Return the functions that could not be moved."""
    return tuple(
        Failure(
            function=_names(outcome, (failure.function,))[0],
            problems=from_error(failure.error),
            state="It is back on its old layers." if failure.restored else "It was not put back: look at it.",
        )
        for failure in outcome.failures
    )


def _published(version: LayerVersion, operation: PublishLayer | None) -> PublishedRow:
    return PublishedRow(
        layer=operation.spec.name if operation else version.arn.name,
        target=words.targets(operation.content.targets) if operation else "",
        version=str(version.published.version) if version.published else "",
        region=version.arn.region,
        arn=version.version_arn,
    )


def _names(outcome: Outcome, arns: Sequence[str]) -> tuple[str, ...]:
    names = {op.function.arn: op.function.name for op in outcome.plan.repoints}
    return tuple(names.get(arn, arn.rpartition(":")[2]) for arn in arns)
