"""Move one function forward, aliases included, or put it back."""

from collections.abc import Mapping

from layer_action.decide.pins import allows, failed_tag, failed_version, pin_of
from layer_action.errors import AwsError, LayerActionError, MissingResourceError
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.published import LayerArn
from layer_action.record import record, replace
from layer_action.rollout.patience import Patience
from layer_action.rollout.promote import promote, restore_aliases
from layer_action.rollout.run import Ended, Failed, Left, Moved, NotStarted, Run, Step, StepMove
from layer_action.rollout.update import Changed, NothingToDo, Refused, change_layers


def move_forward(run: Run, step: Step, *, until: float) -> Ended:
    """Move one function onto its new layers, then its aliases onto them. Never raises a LayerActionError.

    `until` is the clock reading after which waiting would leave no time to undo.
    """
    patience = Patience(run=run, until=until, heeds_stop=True)
    result = change_layers(run, step.function.arn, lambda function: _forward(function, step), patience)
    if isinstance(result, Refused):
        moved = Moved(step=step, replaced=result.replaced) if result.replaced else None
        return Failed(step=step, error=result.error, moved=moved)
    if isinstance(result, NothingToDo) and result.stopped:
        return NotStarted(step=step)
    if isinstance(result, NothingToDo) and (result.function is None or not _is_there(result.function, step)):
        return Left(step=step, reason=result.reason)
    replaced = result.replaced if isinstance(result, Changed) else {}
    moved = Moved(step=step, replaced=replaced)
    for alias in step.aliases:
        try:
            promoted = promote(run, step.function.arn, alias, {move.to for move in step.moves}, step.target)
        except MissingResourceError:
            continue  # the alias, or its function, was deleted meanwhile
        except LayerActionError as error:
            return Failed(step=step, error=error, moved=moved)
        moved = replace(moved, aliases=(*moved.aliases, *promoted))
    _forget_failures(run, step, result.function or step.function)
    if not moved.replaced and not moved.aliases:
        return Left(step=step, reason="it is there already")
    return moved


@record
class PutBack:
    """How a function was put back: `changed` if there was anything to do, `lost` why it could not be, or ""."""

    changed: bool = False
    lost: str = ""


def put_back(run: Run, moved: Moved) -> PutBack:
    """Undo what we did to one function, and only that. Never raises a LayerActionError.

    Entries that somebody else changed since are theirs: they stay.
    """
    arn = moved.step.function.arn
    changed = False
    try:
        changed = restore_aliases(run, arn, moved.aliases)
        if not moved.replaced:
            return PutBack(changed=changed)
        patience = Patience(run=run, until=run.deadline)
        result = change_layers(run, arn, lambda function: _backward(function, moved.replaced), patience)
    except MissingResourceError:
        return PutBack(changed=changed)
    except LayerActionError as error:
        return PutBack(changed=changed, lost=error.message)
    match result:
        case Refused():
            return PutBack(changed=changed, lost=result.error.message)
        case NothingToDo():
            return PutBack(changed=changed)  # theirs now, or deleted
        case _:
            return PutBack(changed=True)


def remember_failure(run: Run, step: Step) -> None:
    """Tag a function with the versions that failed on it, so that no later run tries them again."""
    try:
        with run.journal.call("tag", step.function.arn, after=tuple(step.failed_tags)):
            run.functions.tag(step.function.arn, step.failed_tags)
    except AwsError as error:
        run.console.warning(f"{step.function.name} could not be tagged with the version that failed: {error.message}")


def _forward(function: PinnedFunction, step: Step) -> Mapping[str, str] | NothingToDo:
    """Return the planned entries that are still as planned; a function whose owner now says otherwise is left."""
    arns = function.layer_arns
    moves = [m for m in step.moves if m.before in arns and m.before != m.to and not _objects(function, m)]
    layers_after = {split[0] for arn in arns if (split := LayerArn.of_version(arn))}
    replaced: dict[str, str] = {}
    for move in moves:
        old, new = LayerArn.of_version(move.before), LayerArn.of_version(move.to)
        if old and new and (old[0] == new[0] or new[0] not in layers_after):
            replaced[move.before] = move.to
    if replaced:
        return replaced
    if _is_there(function, step):
        return NothingToDo(reason="it is there already", function=function)
    changed = "somebody changed its layers or tags since the plan; the next run decides anew"
    return NothingToDo(reason=changed, function=function)


def _objects(function: PinnedFunction, move: StepMove) -> bool:
    """Tell whether a tag set since the plan forbids the move."""
    if isinstance(function.tags, Unknown):
        return True
    pin = pin_of(function.tags, move.layer_name, move.layer)
    return pin is not None and not allows(pin, move.version)


def _is_there(function: PinnedFunction, step: Step) -> bool:
    return {move.to for move in step.moves} <= set(function.layer_arns)


def _backward(function: PinnedFunction, replaced: Mapping[str, str]) -> Mapping[str, str] | NothingToDo:
    back = {new: old for old, new in replaced.items() if new in function.layer_arns}
    return back or NothingToDo(reason="nothing of ours is left in its list", function=function)


def _forget_failures(run: Run, step: Step, function: PinnedFunction) -> None:
    """Remove the memory of older versions that failed: a newer one has taken their place."""
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    failed = {failed_tag(move.layer_name): failed_version(tags, move.layer_name) for move in step.moves}
    newer = {failed_tag(move.layer_name): move.version for move in step.moves}
    keys = [key for key, version in failed.items() if version is not None and version < newer[key]]
    if keys:
        try:
            with run.journal.call("untag", function.arn, before=keys):
                run.functions.untag(function.arn, keys)
        except AwsError as error:
            run.console.warning(f"{function.name} keeps the tag {', '.join(keys)}: {error.message}")
