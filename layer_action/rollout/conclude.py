"""How an apply ends: what is put back, what is remembered, and the sentence that says so."""

from collections.abc import Iterable, Mapping, Sequence

from layer_action.errors import AmbiguousError, LayerActionError, PartialApplyError, Problems
from layer_action.model.layer import LayerVersion, OnFailure, Rollout
from layer_action.model.plan import FunctionFailure, LayerOperation, NoLongerDeclared, Outcome, Plan
from layer_action.rollout.moves import remember_failure
from layer_action.rollout.publish import Publications
from layer_action.rollout.rollback import Undone, put_all_back
from layer_action.rollout.run import Failed, Left, Moved, NotStarted, Run, UnfitVersionError
from layer_action.rollout.stop import StopSign, interrupted
from layer_action.rollout.waves import Wave


def rollouts_of(layers: Iterable[LayerOperation]) -> dict[str, Rollout]:
    """Return the rollout settings of each layer spec of a plan."""
    return {op.spec.name: op.spec.rollout for op in layers if not isinstance(op, NoLongerDeclared)}


def publish_error(plan: Plan, published: Publications, stop: StopSign) -> LayerActionError | None:
    """Return why no function may move now, or None when every version is there."""
    count, total = len(published.versions), len(plan.publications)
    if published.errors:
        error = published.errors[0] if len(published.errors) == 1 else Problems(published.errors)
        if not count and not any(isinstance(problem, AmbiguousError) for problem in published.errors):
            return error
        return PartialApplyError(
            f"{count} of {total} layer versions published, and no function moved: {error}",
            hint="Run again: what is published is found by its digest and not published twice.",
        )
    if stop.is_set():
        done = f"{count} of {total} layer versions published" if total else "Nothing published"
        return interrupted(stop, f"{done}, and no function moved.")
    return None


def conclude(
    plan: Plan, run: Run, wave: Wave, versions: tuple[LayerVersion, ...], rollouts: Mapping[str, Rollout]
) -> Outcome:
    """Put back what has to be, remember what failed, and tell what was done."""
    moved = [end for end in wave.ended if isinstance(end, Moved)]
    failed = [end for end in wave.ended if isinstance(end, Failed)]
    for end in wave.ended:
        if isinstance(end, Left):
            run.console.info(f"{end.step.function.name} was left: {end.reason}")
    undone = Undone()
    if failed or wave.alarm:
        undo = [*moved, *(end.moved for end in failed if end.moved)]
        if _may_undo(undo, rollouts):
            undone = put_all_back(run, undo)
        _remember(run, wave, [*failed, *(end for end in moved if end.step.function.arn in undone.restored)])
    failures = tuple(
        FunctionFailure(
            function=end.step.function.arn,
            error=end.error,
            restored=end.moved is None or end.step.function.arn in undone.restored,
        )
        for end in failed
    )
    return Outcome(
        plan=plan,
        published=versions,
        moved=tuple(end.step.function.arn for end in moved if end.step.function.arn not in undone.restored),
        rolled_back=tuple(undone.restored),
        failures=failures,
        error=_rollout_error(run, wave, versions, undone),
        journal=str(run.journal.path or ""),
    )


def _may_undo(undo: Sequence[Moved], rollouts: Mapping[str, Rollout]) -> bool:
    names = {move.layer for moved in undo for move in moved.step.moves}
    return not any(rollouts[name].on_failure is OnFailure.STOP for name in names if name in rollouts)


def _remember(run: Run, wave: Wave, ends: Sequence[Moved | Failed]) -> None:
    """Tag the functions on which a version failed or was taken back, if the version is at fault at all."""
    if any(isinstance(error, UnfitVersionError) for error in _causes(wave)):
        for end in ends:
            remember_failure(run, end.step)


def _rollout_error(run: Run, wave: Wave, versions: Sequence[LayerVersion], undone: Undone) -> LayerActionError | None:
    failed = [end for end in wave.ended if isinstance(end, Failed)]
    moved = sum(isinstance(end, Moved) for end in wave.ended)
    waiting = sum(isinstance(end, NotStarted) for end in wave.ended)
    progress = f"{_functions(moved)} moved, {waiting} not started."
    if not failed and not wave.alarm:
        if run.stop.is_set():
            return interrupted(run.stop, progress)
        if wave.out_of_time:
            return PartialApplyError(
                f"The session ends too soon to move more functions and still be able to undo it. {progress}",
                hint="Run again: it goes on with the rest. A longer `session-minutes` needs a longer role session.",
            )
        return None
    causes = _causes(wave)
    what = " ".join(error.message for error in causes)
    if not versions and not undone.lost and not (moved and not undone.restored):
        return causes[0]
    return PartialApplyError(f"{what} {_undone_sentence(moved, waiting, undone)}", hint=_way_on(causes, undone))


def _undone_sentence(moved: int, waiting: int, undone: Undone) -> str:
    if undone.lost:
        lost = "; ".join(f"{arn}: {reason}" for arn, reason in undone.lost.items())
        return f"{_functions(len(undone.restored))} put back, and these could not be: {lost}. {waiting} not started."
    if undone.restored:
        return f"{_functions(len(undone.restored))} put back on their old layers, {waiting} not started."
    if moved:
        return f"{_functions(moved)} left moved (`on-failure: stop`), {waiting} not started."
    return f"No function was changed, {waiting} not started."


def _functions(count: int) -> str:
    return f"{count} function was" if count == 1 else f"{count} functions were"


def _causes(wave: Wave) -> list[LayerActionError]:
    failures = [end.error for end in wave.ended if isinstance(end, Failed)]
    return [wave.alarm, *failures] if wave.alarm else failures


def _way_on(causes: Sequence[LayerActionError], undone: Undone) -> str:
    hints = [error.hint for error in causes if error.hint]
    if undone.lost:
        hints.append("Put the named functions right with `rollback LAYER`, which works from AWS alone.")
    if any(isinstance(error, UnfitVersionError) for error in causes):
        hints.append(
            "The new versions stay published, and the tag layer-failed:<layer> keeps them from being tried again: "
            "publish a better one, or remove the tag."
        )
    else:
        hints.append("Run again: the versions stay published, and the functions are found.")
    return " ".join(hints)
