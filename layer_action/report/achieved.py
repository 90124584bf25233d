"""What an apply did, held against its plan. Unescaped."""

from layer_action.errors import InterruptedRunError
from layer_action.model.plan import Outcome, PublishLayer, RepointFunction
from layer_action.model.published import LayerVersion
from layer_action.record import record
from layer_action.report import moves, words
from layer_action.report.problems import Problem, from_error


@record
class PublishedRow:
    """A version that now exists."""

    layer: str
    target: str
    version: str
    region: str
    arn: str


@record
class Failure:
    """A function that could not be moved, and how it was left."""

    function: str
    problems: tuple[Problem, ...]
    state: str


def headline(outcome: Outcome) -> str:
    """Return `2 versions published, 41 functions moved, 1 function failed`: plain words, without a name in them."""
    new = len(outcome.published) - len(outcome.found)
    parts = [
        f"{words.counted(new, 'version')} published" if new else "",
        f"{words.counted(len(outcome.found), 'version')} published already" if outcome.found else "",
        f"{words.counted(len(outcome.shared), 'version')} shared" if outcome.shared else "",
        moves.moved(done) if (done := moved(outcome)) else "",
        f"{words.counted(len(outcome.rolled_back), 'function')} put back" if outcome.rolled_back else "",
        f"{words.counted(len(outcome.failures), 'function')} failed" if outcome.failures else "",
        f"{words.counted(len(outcome.parameters), 'SSM parameter')} written" if outcome.parameters else "",
        _stopped(outcome),
    ]
    said = ", ".join(part for part in parts if part) or "nothing to do"
    return said + moves.held_by_failure(outcome.plan)


def verdict(outcome: Outcome) -> str:
    """Return `Done`, `Partly done` or `Not done`."""
    if outcome.error is None:
        return "Done"
    new = len(outcome.published) > len(outcome.found)
    return "Partly done" if new or outcome.moved or outcome.parameters or outcome.shared else "Not done"


def published_rows(outcome: Outcome) -> tuple[PublishedRow, ...]:
    """Return a row a version, in the order of publication."""
    planned = {(op.region, op.content.layer_name): op for op in outcome.plan.publications}
    return tuple(
        _published(version, planned.get((version.arn.region, version.arn.name))) for version in outcome.published
    )


def found(outcome: Outcome) -> tuple[str, ...]:
    """Return `http 1.5.0 in eu-central-1` for each version that an earlier run had published."""
    rows = published_rows(outcome)
    return tuple(f"{row.layer} {row.version} in {row.region}" for row in rows if row.arn in outcome.found)


def not_published(outcome: Outcome) -> tuple[PublishLayer, ...]:
    """Return the publications that were planned and did not happen."""
    done = {(version.arn.region, version.arn.name) for version in outcome.published}
    return tuple(op for op in outcome.plan.publications if (op.region, op.content.layer_name) not in done)


def moved(outcome: Outcome) -> tuple[RepointFunction, ...]:
    """Return the moves that happened and stayed."""
    return moves.by_arn(outcome.plan, outcome.moved)


def rolled_back(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the functions that were put back."""
    return moves.named(outcome.plan, outcome.rolled_back)


def not_moved(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of functions whose move was planned and never tried, or not wanted."""
    failed = (failure.function for failure in outcome.failures)
    tried = {*outcome.moved, *outcome.rolled_back, *outcome.left, *failed}
    untried = [op.function.arn for op in outcome.plan.repoints if op.function.arn not in tried]
    return moves.named(outcome.plan, untried)


def left(outcome: Outcome) -> tuple[moves.Stay, ...]:
    """Return the functions that needed nothing, or that somebody else changed, one entry a reason."""
    return moves.left(outcome.plan, outcome.left)


def failures(outcome: Outcome) -> tuple[Failure, ...]:
    """Return the functions that could not be moved."""
    return tuple(
        Failure(
            function=moves.named(outcome.plan, (failure.function,))[0],
            problems=from_error(failure.error),
            state="It is on its old layers." if failure.restored else "It was not put back: look at it.",
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


def _stopped(outcome: Outcome) -> str:
    if isinstance(outcome.error, InterruptedRunError):
        return "interrupted"
    return "stopped by a problem" if outcome.error and not outcome.failures else ""
