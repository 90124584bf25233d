"""What every step of a rollout needs, and the words in which steps tell how they ended."""

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

from semver import Version

from layer_action.decide.pins import failed_tag
from layer_action.errors import AwsError, LayerActionError
from layer_action.model.function import PinnedFunction
from layer_action.ports.aws import Functions
from layer_action.ports.speaking import Clock, Console
from layer_action.record import record
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign

# Calls a second and region that we allow ourselves of AWS's shared 15, and what putting a function back takes: its
# aliases listed and moved, its layers, a tag.
_RATE: Final = 10.0
_CALLS: Final = 4
_RESERVE: Final = 60.0


@record
class Run:
    """The ports and limits of one rollout. `deadline` is the clock reading at which the session ends."""

    functions: Functions
    clock: Clock
    console: Console
    journal: Journal
    stop: StopSign
    deadline: float
    in_flight: int

    def last_moment(self, moved: int, longest: float) -> float:
        """Return the clock reading at which moving must end, so that all can be put back before the session ends.

        `moved` counts the functions that would have to be, `longest` is how many seconds the slowest took so far.
        Putting back is bound by our calls, or by the updates in flight.
        """
        undoing = max(moved * _CALLS / _RATE, math.ceil(moved / self.in_flight) * longest)
        return self.deadline - undoing - _RESERVE


@record
class StepMove:
    """One entry that changes, with both ARNs known."""

    layer: str
    layer_name: str
    before: str
    to: str
    version: Version


@record
class Step:
    """One function, all its moves, and the aliases that follow."""

    function: PinnedFunction
    moves: tuple[StepMove, ...]
    aliases: tuple[str, ...] = ()

    @property
    def failed_tags(self) -> dict[str, str]:
        """The tags that keep these versions from being tried again."""
        return {failed_tag(move.layer_name): str(move.version) for move in self.moves}

    @property
    def target(self) -> str:
        """What the function moves to, as people read it."""
        return " and ".join(f"{move.layer} {move.version}" for move in self.moves)


@record
class AliasMove:
    """An alias that was moved from one function version to another."""

    name: str
    before: str
    after: str


@record
class Moved:
    """A function that took its new layers; `replaced` maps old to new version ARNs."""

    step: Step
    replaced: Mapping[str, str]
    aliases: tuple[AliasMove, ...] = ()


@record
class Left:
    """A function that needed nothing, or that somebody else changed since the plan. Not a failure."""

    step: Step
    reason: str


@record
class NotStarted:
    """A function whose turn never came."""

    step: Step


@record
class Failed:
    """A function that could not take its layers. `moved` is what must be put back; None if AWS never accepted it."""

    step: Step
    error: LayerActionError
    moved: Moved | None = None


class UnfitVersionError(AwsError):
    """A layer version that does not work on a function: an update that Lambda gave up on, or an alarm.

    Everything else that stops a rollout speaks of rights, sessions or load, and not against the version.
    """


Ended: TypeAlias = Moved | Left | NotStarted | Failed
