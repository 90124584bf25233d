"""The sentence that says how a rollout ended before all was done, and what to do then."""

from collections.abc import Iterator, Sequence
from typing import Final

from layer_action.errors import AwsError, LayerActionError, PartialApplyError
from layer_action.model.plan import Outcome
from layer_action.rollout.rollback import Undone
from layer_action.rollout.run import Failed, Left, Moved, NotStarted, Run, UnfitVersionError
from layer_action.rollout.stop import interrupted
from layer_action.rollout.waves import Wave

_NAMED: Final = 5


def rollout_error(
    outcome: Outcome, run: Run, wave: Wave, undone: Undone, tagged: Sequence[str]
) -> LayerActionError | None:
    """Return why not every function is where it should be; None when each is.

    `tagged` are the keys of the tags that remember what failed.
    """
    causes = _causes(wave)
    waiting = sum(isinstance(end, NotStarted) for end in wave.ended)
    if not causes:
        return _unfinished(outcome, run, wave, waiting) if waiting or wave.cut_short else None
    moved = sum(isinstance(end, Moved) for end in wave.ended)
    sentence = f"{_told(causes)} {_undone(wave, moved, waiting, undone)}"
    hint = _way_on(causes, undone, tagged, left_moved=bool(moved and not undone.restored))
    published = len(outcome.published) > len(outcome.found)
    if published or outcome.shared or tagged or undone.lost or (moved and not undone.restored):
        return PartialApplyError(sentence, hint=hint)
    if moved:
        return AwsError(sentence, hint=hint)  # all is as it was
    return causes[0]


def _causes(wave: Wave) -> list[LayerActionError]:
    failures = [end.error for end in wave.ended if isinstance(end, Failed)]
    return [wave.alarm, *failures] if wave.alarm else failures


def _unfinished(outcome: Outcome, run: Run, wave: Wave, waiting: int) -> LayerActionError:
    moved = sum(isinstance(end, Moved) for end in wave.ended)
    where = "its new layers" if moved == 1 else "their new layers"
    progress = f"{_functions(moved)} moved and {'stays' if moved == 1 else 'stay'} on {where}" if moved else ""
    progress += _not_started(waiting) if moved else f"{_functions(waiting)} not started."
    if run.stop.is_set():
        progress = f"The first functions were not watched to the end. {progress}" if wave.cut_short else progress
        return interrupted(run.stop, progress, moved=bool(moved))
    changed = moved or outcome.shared or len(outcome.published) > len(outcome.found)
    return (PartialApplyError if changed else AwsError)(
        f"The session ends too soon to move more functions and still be able to undo it. {progress}",
        hint="Run again: it goes on with the rest. A longer `session-minutes` needs a longer role session.",
    )


def _told(causes: Sequence[LayerActionError]) -> str:
    """Return the first failure, and how many more there were: a refusal mostly hits all that is in flight."""
    more = len(causes) - 1
    return causes[0].message + (f" {more} more {'function' if more == 1 else 'functions'} failed." if more else "")


def _undone(wave: Wave, moved: int, waiting: int, undone: Undone) -> str:
    rest = _not_started(waiting)
    if undone.lost:
        names = list(_named(wave, undone))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        back = f"{_functions(len(undone.changed))} put back, but " if undone.changed else ""
        return f"{back}{_functions(len(names))} not put back ({'; '.join(names[:_NAMED])}{more}){rest}"
    if undone.changed:
        whose = "its" if len(undone.changed) == 1 else "their"
        return f"{_functions(len(undone.changed))} put back on {whose} old layers{rest}"
    if moved and not undone.restored:
        return f"{_functions(moved)} left moved (`on-failure: stop`){rest}"
    return f"No function is on new layers{rest}"


def _named(wave: Wave, undone: Undone) -> Iterator[str]:
    steps = {end.step.function.arn: end.step for end in wave.ended if not isinstance(end, Left)}
    several = len({step.function.region for step in steps.values()}) > 1
    for arn, reason in undone.lost.items():
        function = steps[arn].function
        where = f" in {function.region}" if several else ""
        yield f"{function.name}{where}: {reason.removesuffix('.')}"


def _not_started(count: int) -> str:
    return f", {count} {'was' if count == 1 else 'were'} not started." if count else "."


def _functions(count: int) -> str:
    return f"{count} function was" if count == 1 else f"{count} functions were"


def _way_on(causes: Sequence[LayerActionError], undone: Undone, tagged: Sequence[str], *, left_moved: bool) -> str:
    hints = [next((error.hint for error in causes if error.hint), "")]
    if undone.lost:
        hints.append("Put the named functions right with `rollback LAYER`, which works from AWS alone.")
    if tagged:
        what, tags = ("it", "tag") if len(tagged) == 1 else ("them", "tags")
        hints.append(
            f"What failed stays published, and the {tags} {' and '.join(tagged)} on these functions "
            f"{'keeps' if len(tagged) == 1 else 'keep'} {what} from being tried again: "
            f"publish something better, or remove the {tags}."
        )
    if left_moved and any(isinstance(error, UnfitVersionError) for error in causes):
        hints.append("Take back what moved with `rollback LAYER`" + ("." if tagged else ", or run again for the rest."))
    elif not tagged:
        hints.append("Then run again: it starts from what AWS holds.")
    return " ".join(hint for hint in hints if hint)
