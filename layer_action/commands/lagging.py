"""Aliases of functions whose `$LATEST` is up to date: a run that died before it moved them leaves them behind."""

from collections.abc import Iterator, Sequence

from layer_action.commands.parallel import each
from layer_action.decide.aliases import AliasState, Follows, Lags, alias_state
from layer_action.decide.functions import Destination
from layer_action.errors import AccessDeniedError, MissingResourceError
from layer_action.model.function import PinnedFunction
from layer_action.ports.aws import Functions


class Aliases:
    """How the aliases that the config names stand to the newest layers. One read a function, none without `alias`."""

    def __init__(
        self, functions: Functions, everything: Sequence[PinnedFunction], destinations: Sequence[Destination]
    ) -> None:
        """Look at the functions that list the newest version of a layer with an alias, several at a time."""
        self._functions = functions
        pairs = tuple(_pairs(everything, destinations))
        served = each(lambda pair: self._served(pair[0].arn, pair[1]), pairs)
        self._states: dict[tuple[str, str, str], AliasState] = {
            (function.arn, alias, version_arn): self._state(function, found, alias, version_arn)
            for (function, alias, version_arn), found in zip(pairs, served, strict=True)
        }
        self._concerned = {arn for (arn, *_), state in self._states.items() if state != Follows()}

    def concern(self, function: PinnedFunction) -> bool:
        """Tell whether there is anything to say of a function's aliases."""
        return function.arn in self._concerned

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


def _pairs(
    everything: Sequence[PinnedFunction], destinations: Sequence[Destination]
) -> Iterator[tuple[PinnedFunction, str, str]]:
    wanted = {d.version_arn: d.spec.rollout.alias for d in destinations if d.version_arn and d.spec.rollout.alias}
    for function in everything:
        for arn in function.layer_arns:
            if arn in wanted:
                yield function, wanted[arn], arn
