"""Whether an alias serves the layers that `$LATEST` has, and whether it may be moved there."""

from collections.abc import Collection
from typing import TypeAlias

from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.record import record


@record
class Follows:
    """The alias serves the layers already, or does not exist."""


@record
class Lags:
    """The alias serves older layers, and may be moved."""


@record
class Stays:
    """The alias serves older layers, and moving it would release more than them."""

    reason: str


AliasState: TypeAlias = Follows | Lags | Stays


def alias_state(
    function: PinnedFunction, served: PinnedFunction, alias: FunctionAlias | None, wanted: Collection[str]
) -> AliasState:
    """Compare what an alias serves with the version ARNs that it should.

    `function` is `$LATEST`, `served` the version behind the alias. A version with other code is somebody's unreleased
    work; one that splits traffic is in the middle of a deployment.
    """
    if set(wanted) <= set(served.layer_arns):
        return Follows()
    if alias is not None and alias.routes:
        return Stays(reason="it splits traffic between two versions")
    if served.code_sha256 != function.code_sha256:
        return Stays(reason="its code is not that of $LATEST, which would be released with the layers")
    return Lags()
