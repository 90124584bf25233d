"""The functions that a plan is about, read, and how large they would become."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from layer_action.commands.lagging import Aliases
from layer_action.commands.parallel import READS_AT_ONCE, each, each_found
from layer_action.commands.reading import read_function
from layer_action.commands.sizing import Sizing
from layer_action.decide.entries import Destination
from layer_action.decide.function_findings import Holds
from layer_action.decide.functions import Unzipped, function_operations
from layer_action.errors import AccessDeniedError, MissingResourceError
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import Finding, Severity
from layer_action.model.listing import listed
from layer_action.model.plan import FunctionOperation, LayerOperation, RepointFunction
from layer_action.model.published import LayerArn
from layer_action.ports.aws import Functions
from layer_action.ports.services import Services, Unavailable
from layer_action.record import replace


def planned_functions(
    services: Services, destinations: Sequence[Destination], operations: Sequence[LayerOperation]
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    """Find the functions pinned to the destinations' layers, in all regions, and decide what happens to each.

    Raises AwsError, AccessDeniedError when functions cannot even be listed.
    """
    store, functions = services.store, services.functions
    if isinstance(store, Unavailable) or not destinations:
        return (), ()
    if isinstance(functions, Unavailable):
        return (), (_not_looked_at(functions),)
    regions = tuple(dict.fromkeys(destination.layer_arn.region for destination in destinations))
    sizing = Sizing(store, functions, operations)
    look = _Look(functions, destinations, sizing, services.clock.today())
    read = [found for found in each_found(look.concerned, regions, look.read) if found]
    decided, findings = look.decide([*read, *look.ahead_of(read)], sizing.unzipped, sizing.holds)
    return decided, (*findings, *_unreadable(read))


class _Look:
    """Reads functions, and what decides about them, while others are yet listed. May be shared by threads."""

    def __init__(self, functions: Functions, destinations: Sequence[Destination], sizing: Sizing, today: date) -> None:
        self._functions = functions
        self._destinations = destinations
        self._sizing = sizing
        self._today = today
        self._aliases = Aliases(functions, destinations)
        self._there: dict[str, list[str]] = {}

    def concerned(self, region: str) -> Iterator[PinnedFunction]:
        """Return the listed functions that must be read."""
        for function in self._functions.listed(region):
            if _may_move(function, self._destinations) or self._aliases.may_lag(function):
                yield function
            for destination in self._destinations:
                if destination.version_arn in function.layer_arns:
                    self._there.setdefault(destination.layer_name, []).append(function.arn)

    def ahead_of(self, behind: Sequence[PinnedFunction]) -> list[PinnedFunction]:
        """Read the functions that have the version to which others would move: it may have failed on one of them.

        None is read where nothing moves.
        """
        operations, _ = self.decide(behind, _unmeasured)
        names = {move.layer_name for op in operations if isinstance(op, RepointFunction) for move in op.moves}
        known = {function.arn for function in behind}
        arns = dict.fromkeys(arn for name in sorted(names) for arn in self._there.get(name, ()) if arn not in known)
        return [found for found in each(self._tagged, arns, at_once=READS_AT_ONCE) if found]

    def _tagged(self, function_arn: str) -> PinnedFunction | None:
        try:
            return replace(self._functions.read(function_arn), code_location="")
        except (MissingResourceError, AccessDeniedError):
            return None

    def read(self, listed: PinnedFunction) -> PinnedFunction | None:
        """Return a function as it is, measured if it would move; None if there is nothing to decide about it."""
        if not self._aliases.look_at(listed) and not _may_move(listed, self._destinations):
            return None
        function = read_function(self._functions, listed)
        if function is None:
            return None
        alone, _ = self.decide([function], _unmeasured)
        self._sizing.look_at(function, alone)
        # its link is long, and has served
        return replace(function, code_location="")

    def decide(
        self, functions: Sequence[PinnedFunction], unzipped: Unzipped, holds: Holds = lambda _version_arn: {}
    ) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
        """Return what a rollout does with functions that were read."""
        return function_operations(
            functions,
            self._destinations,
            unzipped=unzipped,
            today=self._today,
            alias_of=self._aliases.state,
            holds=holds,
        )


def _unmeasured(_function: PinnedFunction, _replacements: Mapping[str, str]) -> Unknown:
    return Unknown(reason="it was not measured yet")


def _not_looked_at(functions: Unavailable) -> Finding:
    return Finding(
        severity=Severity.NOTICE,
        check="functions-not-looked-at",
        message=f"No function was looked at: {functions.reason}",
    )


def _may_move(function: PinnedFunction, destinations: Sequence[Destination]) -> bool:
    """Tell whether it lists a layer of ours at any version but the one where it should be: only then it is read."""
    for arn in function.layer_arns:
        split = LayerArn.of_version(arn)
        for destination in destinations:
            if split and split[0] in (destination.layer_arn, destination.replaces) and arn != destination.version_arn:
                return True
    return False


def _unreadable(functions: Sequence[PinnedFunction]) -> tuple[Finding, ...]:
    names = sorted(function.name for function in functions if isinstance(function.tags, Unknown))
    if not names:
        return ()
    reason = next(function.tags.reason for function in functions if isinstance(function.tags, Unknown))
    message = f"The tags of {listed(names)} are unknown, and with them what holds these functions: {reason}"
    return (
        Finding(
            severity=Severity.WARNING,
            check="tags-unknown",
            message=message,
            ways_out=("Grant lambda:GetFunction and lambda:ListTags on the functions.",),
        ),
    )
