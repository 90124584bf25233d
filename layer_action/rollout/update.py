"""Change the layers of one function: read, one conditional update, wait, verify."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from layer_action.decide.pins import replace_layers
from layer_action.errors import (
    AmbiguousError,
    AwsError,
    ConflictError,
    MissingResourceError,
    StaleRevisionError,
    ThrottledError,
)
from layer_action.model.function import PinnedFunction
from layer_action.rollout.run import Run, UnfitVersionError

# An update of a function in a VPC can take a minute; while it lasts, others are refused with 409.
_PATIENCE: Final = 600.0
_ATTEMPTS: Final = 8
_FIRST_POLL: Final = 1.0
_LONGEST_POLL: Final = 5.0
_LONGEST_PAUSE: Final = 30.0
# After these a read shows whether the update is still to be made, was made all the same, or is not ours any more.
_WORTH_ANOTHER_LOOK: Final = (ConflictError, StaleRevisionError, AmbiguousError, ThrottledError, MissingResourceError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The layers were changed as asked; `replaced` maps old to new version ARNs. `function` is the last read."""

    function: PinnedFunction
    replaced: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDo:
    """The function, as it is now, is not ours to change, and why."""

    reason: str
    function: PinnedFunction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """AWS refused, or gave up on, the change. `replaced` is what may have been changed all the same."""

    error: AwsError
    replaced: Mapping[str, str]


@dataclass(slots=True)
class _Tried:
    """The last update that we asked for, which may have been made even if the answer says otherwise."""

    replaced: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] | None = None


Wanted: TypeAlias = Callable[[PinnedFunction], Mapping[str, str] | NothingToDo]


def change_layers(run: Run, function_arn: str, wanted: Wanted) -> Changed | NothingToDo | Refused:
    """Replace entries of a function's list, whatever happens around us.

    `wanted(function)` returns old and new version ARNs for the function as it was just read; it is asked again after
    every re-read, so that only our entries ever change. A conflict (409) is waited out, a stale revision (412) read
    again; both can also mean that an earlier attempt of ours went through, which a re-read shows.
    """
    tried = _Tried()
    last = AwsError(f"{function_arn} was not tried.")
    for attempt in range(_ATTEMPTS):
        try:
            return _attempt(run, function_arn, wanted, tried)
        except _WORTH_ANOTHER_LOOK as error:
            last = error
            run.clock.sleep(min(_FIRST_POLL * 2**attempt, _LONGEST_PAUSE))
        except AwsError as error:
            return Refused(error=error, replaced=tried.replaced)
    return Refused(error=last, replaced=tried.replaced)


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
    tried.replaced, tried.asked = answer, asked
    with run.journal.call("set_layers", function_arn, before=function.layer_arns, after=asked):
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
        if run.clock.now() - begun > _PATIENCE:
            raise AmbiguousError(
                f"An update of {function.name} is still in progress after {_PATIENCE / 60:.0f} minutes.",
                operation="lambda:UpdateFunctionConfiguration",
                resource=function_arn,
            )
        run.clock.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_POLL)


def _verified(function: PinnedFunction, tried: _Tried) -> Changed | NothingToDo | Refused:
    if function.status == "Failed":
        reason = function.status_reason or "Lambda gave no reason"
        error = UnfitVersionError(
            f"Lambda gave up on the update of {function.name}: {reason}",
            operation="lambda:UpdateFunctionConfiguration",
            resource=function.arn,
        )
        return Refused(error=error, replaced=tried.replaced)
    if not set(tried.replaced.values()) <= set(function.layer_arns):
        return NothingToDo(reason="somebody else changed its layers right after us", function=function)
    return Changed(function=function, replaced=tried.replaced)
