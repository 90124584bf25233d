"""Change the layers of one function: read, one conditional update, wait, verify."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from layer_action.decide.pins import replace_layers
from layer_action.errors import AmbiguousError, AwsError, FrozenRuntimeError, MissingResourceError
from layer_action.model.function import PinnedFunction
from layer_action.record import field, record
from layer_action.rollout.patience import WORTH_ANOTHER_LOOK, Patience
from layer_action.rollout.run import Run, UnfitVersionError

# An update of a function in a VPC can take a minute.
_SETTLES_WITHIN: Final = 600.0
_FIRST_POLL: Final = 1.0
_LONGEST_POLL: Final = 5.0


@record
class Changed:
    """The layers were changed as asked; `replaced` maps old to new version ARNs. `function` is the last read."""

    function: PinnedFunction
    replaced: Mapping[str, str]


@record
class NothingToDo:
    """The function, as it is now, is not ours to change, and why. `stopped`: the run was told to stop before it was."""

    reason: str
    function: PinnedFunction | None = None
    stopped: bool = False


@record
class Refused:
    """AWS refused, or gave up on, the change. `replaced` is what may have been changed all the same."""

    error: AwsError
    replaced: Mapping[str, str]


@record(frozen=False, kw_only=False)
class _Tried:
    """The last update that we asked for, which may have been made even if the answer says otherwise."""

    replaced: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] | None = None


Wanted: TypeAlias = Callable[[PinnedFunction], Mapping[str, str] | NothingToDo]


def change_layers(run: Run, function_arn: str, wanted: Wanted, patience: Patience) -> Changed | NothingToDo | Refused:
    """Replace entries of a function's list, whatever happens around us.

    `wanted(function)` returns old and new version ARNs for the function as it was just read; it is asked again after
    every re-read, so that only our entries ever change. A conflict (409) and a throttle are waited out, a stale
    revision (412) read again; all can also mean that an earlier attempt of ours went through, which a re-read shows.
    A function whose runtime AWS updates no more is left as it is.
    """
    tried = _Tried()
    while True:
        try:
            return _attempt(run, function_arn, wanted, tried)
        except WORTH_ANOTHER_LOOK as error:
            if patience.allows_another(error):
                continue
            if patience.is_over(error):
                return NothingToDo(reason="the run was told to stop", stopped=True)
            return Refused(error=error, replaced=tried.replaced)
        except FrozenRuntimeError as error:
            # nothing was changed, and no other function is worse for it
            return NothingToDo(reason=f"{error.message} {error.hint}".strip())
        except AwsError as error:
            return Refused(error=error, replaced=tried.replaced)


def _attempt(run: Run, function_arn: str, wanted: Wanted, tried: _Tried) -> Changed | NothingToDo | Refused:
    try:
        function = settled(run, function_arn)
    except MissingResourceError:
        return NothingToDo(reason="it was deleted meanwhile")
    if tried.asked is not None and function.layer_arns == tried.asked:
        return _verified(function, tried)
    answer = wanted(function)
    if isinstance(answer, NothingToDo):
        return answer
    asked = replace_layers(function.layer_arns, answer)
    with run.journal.call("set_layers", function_arn, before=function.layer_arns, after=asked):
        tried.replaced, tried.asked = answer, asked
        run.functions.set_layers(function, asked)
    run.clock.sleep(_FIRST_POLL)
    return _verified(settled(run, function_arn), tried)


def settled(run: Run, function_arn: str) -> PinnedFunction:
    """Read a function until no update of it is in progress. Raises AmbiguousError after ten minutes, AwsError."""
    begun, pause = run.clock.now(), _FIRST_POLL
    while True:
        function = run.functions.read(function_arn)
        if function.status != "InProgress" and function.state != "Pending":
            return function
        if run.clock.now() - begun > _SETTLES_WITHIN:
            raise AmbiguousError(
                f"An update of {function.name} is still in progress after {_SETTLES_WITHIN / 60:.0f} minutes.",
                operation="lambda:UpdateFunctionConfiguration",
                resource=function_arn,
            )
        run.clock.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_POLL)


def _verified(function: PinnedFunction, tried: _Tried) -> Changed | NothingToDo | Refused:
    if function.status == "Failed":
        reason = (function.status_reason or "Lambda gave no reason").rstrip(" .")
        error = UnfitVersionError(
            f"Lambda gave up on the update of {function.name}: {reason}.",
            operation="lambda:UpdateFunctionConfiguration",
            resource=function.arn,
        )
        return Refused(error=error, replaced=tried.replaced)
    if not set(tried.replaced.values()) <= set(function.layer_arns):
        return NothingToDo(reason="somebody else changed its layers right after us", function=function)
    return Changed(function=function, replaced=tried.replaced)
