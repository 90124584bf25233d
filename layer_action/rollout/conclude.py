"""How an apply ends: what is put back, what is remembered, and the sentence that says so."""

from collections.abc import Iterable, Mapping, Sequence

from layer_action.errors import AmbiguousError, LayerActionError, PartialApplyError, Problems
from layer_action.model.layer import OnFailure, Rollout
from layer_action.model.plan import FunctionFailure, LayerOperation, NoLongerDeclared, Outcome, Plan
from layer_action.record import replace
from layer_action.rollout.ending import rollout_error
from layer_action.rollout.moves import remember_failure
from layer_action.rollout.publish import Publications
from layer_action.rollout.rollback import Undone, put_all_back
from layer_action.rollout.run import Failed, Left, Moved, Run, UnfitVersionError
from layer_action.rollout.stop import StopSign, interrupted
from layer_action.rollout.waves import Wave


def rollouts_of(layers: Iterable[LayerOperation]) -> dict[str, Rollout]:
    """Return the rollout settings of each layer spec of a plan."""
    return {op.spec.name: op.spec.rollout for op in layers if not isinstance(op, NoLongerDeclared)}


def publish_error(plan: Plan, published: Publications, stop: StopSign, *, shared: bool) -> LayerActionError | None:
    """Return why no function may move now, or None when every version is there."""
    count, total = len(published.versions), len(plan.publications)
    done = f"{count} of {total} layer version{'' if total == 1 else 's'} published"
    if published.errors:
        error = published.errors[0] if len(published.errors) == 1 else Problems(published.errors)
        unsure = any(isinstance(problem, AmbiguousError | PartialApplyError) for problem in published.errors)
        if count == len(published.found) and not unsure and not shared:
            return error
        return PartialApplyError(
            f"{done}, and no function moved: {error}",
            hint="Run again: what is published is found by its digest and not published twice.",
        )
    if stop.is_set() and (count < total or plan.repoints):
        return interrupted(stop, f"{done if total else 'Nothing published'}, and no function moved.")
    return None


def conclude(outcome: Outcome, run: Run, wave: Wave, rollouts: Mapping[str, Rollout]) -> Outcome:
    """Put back what has to be, remember what failed, and tell what was done."""
    moved = [end for end in wave.ended if isinstance(end, Moved)]
    failed = [end for end in wave.ended if isinstance(end, Failed)]
    left = {end.step.function.arn: end.reason for end in wave.ended if isinstance(end, Left)}
    undone, tagged = Undone(), list[str]()
    if failed or wave.alarm:
        undo = [*moved, *(end.moved for end in failed if end.moved)]
        if _may_undo(undo, rollouts):
            run.journal.go_on_anyway()
            undone = put_all_back(run, undo)
        tagged = _remember(run, wave, [*failed, *(end for end in moved if end.step.function.arn in undone.restored)])
    failures = tuple(
        FunctionFailure(
            function=end.step.function.arn,
            error=end.error,
            restored=end.moved is None or end.step.function.arn in undone.restored,
        )
        for end in failed
    )
    return replace(
        outcome,
        moved=tuple(end.step.function.arn for end in moved if end.step.function.arn not in undone.restored),
        rolled_back=tuple(undone.changed),
        left=left | _taken_over(moved, undone),
        failures=failures,
        error=rollout_error(outcome, run, wave, undone, tagged),
    )


def _taken_over(moved: Sequence[Moved], undone: Undone) -> dict[str, str]:
    """Return the functions on which nothing of ours was left to be put back."""
    arns = (end.step.function.arn for end in moved)
    reason = "somebody else changed its layers after us"
    return {arn: reason for arn in arns if arn in undone.restored and arn not in undone.changed}


def _may_undo(undo: Sequence[Moved], rollouts: Mapping[str, Rollout]) -> bool:
    names = {move.layer for moved in undo for move in moved.step.moves}
    return not any(rollouts[name].on_failure is OnFailure.STOP for name in names if name in rollouts)


def _remember(run: Run, wave: Wave, ends: Sequence[Moved | Failed]) -> list[str]:
    """Tag the functions on which a version failed or was taken back, if the version is at fault at all.

    Return the tags.
    """
    causes = [wave.alarm, *(end.error for end in wave.ended if isinstance(end, Failed))]
    if not any(isinstance(error, UnfitVersionError) for error in causes):
        return []
    for end in ends:
        remember_failure(run, end.step)
    return sorted({tag for end in ends for tag in end.step.failed_tags})
