"""Aliases of functions whose `$LATEST` is up to date: a run that died before it moved them leaves them behind."""

from collections.abc import Sequence

from layer_action.decide.aliases import AliasState, Follows, Lags, alias_state
from layer_action.decide.entries import Destination
from layer_action.errors import AccessDeniedError, MissingResourceError
from layer_action.model.function import PinnedFunction
from layer_action.ports.aws import Functions


class Aliases:
    """How the aliases that the config names stand to the newest layers. One read a function, none without `alias`.

    May be shared by threads.
    """

    def __init__(self, functions: Functions, destinations: Sequence[Destination]) -> None:
        """Nothing is looked at yet."""
        self._functions = functions
        self._wanted = {
            d.version_arn: d.spec.rollout.alias for d in destinations if d.version_arn and d.spec.rollout.alias
        }
        self._states: dict[tuple[str, str, str], AliasState] = {}

    def may_lag(self, function: PinnedFunction) -> bool:
        """Tell whether a function lists the newest version of a layer with an alias."""
        return not self._wanted.keys().isdisjoint(function.layer_arns)

    def look_at(self, function: PinnedFunction) -> bool:
        """Read what a function's aliases serve; tell whether there is anything to say of them."""
        found = {}
        for arn in function.layer_arns:
            if alias := self._wanted.get(arn, ""):
                served = self._served(function.arn, alias)
                found[function.arn, alias, arn] = self._state(function, served, alias, arn)
        self._states |= found
        return any(state != Follows() for state in found.values())

    def state(self, function: PinnedFunction, alias: str, version_arn: str) -> AliasState:
        """Return how an alias stands to a version that `$LATEST` lists."""
        return self._states.get((function.arn, alias, version_arn), Follows())

    def _served(self, function_arn: str, alias: str) -> PinnedFunction | None:
        try:
            return self._functions.read(f"{function_arn}:{alias}")
        except (MissingResourceError, AccessDeniedError):
            return None  # there is no such alias, or nobody lets us see it

    def _state(
        self, function: PinnedFunction, served: PinnedFunction | None, alias: str, version_arn: str
    ) -> AliasState:
        if served is None:
            return Follows()
        state = alias_state(function, served, None, (version_arn,))
        if state != Lags():
            return state
        try:
            found = next((a for a in self._functions.aliases(function.arn) if a.name == alias), None)
        except AccessDeniedError:
            found = None  # whether it splits traffic shows when it is moved
        return alias_state(function, served, found, (version_arn,))
