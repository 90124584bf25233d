"""The order in which functions move: canaries, a pause to watch them, then all others side by side."""

import threading
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from layer_action.errors import AwsError, LayerActionError
from layer_action.record import record
from layer_action.rollout.moves import move_forward
from layer_action.rollout.parallel import in_parallel
from layer_action.rollout.run import Ended, Failed, Moved, NotStarted, Run, Step, UnfitVersionError
from layer_action.rollout.stop import sleep_until

_WATCH_EVERY: Final = 30.0


@record
class Watch:
    """How a rollout is watched between its canaries and the rest: seconds to wait, and alarms by region."""

    seconds: float
    alarms: tuple[tuple[str, tuple[str, ...]], ...]

    def firing(self, run: Run) -> AwsError | None:
        """Return the error for the first region with an alarm in ALARM. Raises AwsError when there is no such alarm."""
        for region, names in self.alarms:
            if firing := run.functions.alarms_firing(region, names):
                verb = "is" if len(firing) == 1 else "are"
                return UnfitVersionError(
                    f"{', '.join(firing)} {verb} in ALARM in {region}.",
                    operation="cloudwatch:DescribeAlarms",
                    resource=firing[0],
                )
        return None


@record
class Wave:
    """How the functions ended, in that order. `alarm` is what stopped the rollout after its canaries.

    `cut_short` tells that somebody said stop while the canaries were watched.
    """

    ended: tuple[Ended, ...]
    alarm: LayerActionError | None = None
    cut_short: bool = False


def canaries_first(steps: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the canaries and the rest: the first function of each layer that no canary before it covers."""
    covered: set[str] = set()
    canaries: list[Step] = []
    rest: list[Step] = []
    for step in steps:
        names = {move.layer_name for move in step.moves}
        (rest if names <= covered else canaries).append(step)
        covered |= names
    return tuple(canaries), _regions_in_turn(rest)


def roll_out(run: Run, steps: Sequence[Step], watch: Watch) -> Wave:
    """Move functions until all are moved, one fails, an alarm fires, time runs out or somebody says stop."""
    line, cut_short = _Line(run), False
    canaries, rest = canaries_first(steps)
    for step in canaries:
        line.advance(step)
    if line.open and (rest or watch.alarms) and any(isinstance(end, Moved) for end in line.ended):
        try:
            alarm: LayerActionError | None = _watched(run, watch)
        except LayerActionError as error:
            alarm = error
        if alarm:
            ended = (*line.ended, *(NotStarted(step=step) for step in rest))
            return Wave(ended=ended, alarm=alarm)
        cut_short = run.stop.is_set()
    regions = len({step.function.region for step in rest})
    in_parallel(line.advance, rest, at_once=run.in_flight * max(regions, 1))
    return Wave(ended=tuple(line.ended), cut_short=cut_short)


class _Line:
    """Functions moving, until one of them ends the rollout."""

    def __init__(self, run: Run) -> None:
        self.ended: list[Ended] = []
        self._run = run
        self._halt = threading.Event()
        self._lock = threading.Lock()
        self._begun = 0
        self._longest = 0.0
        self._out_of_time = False

    @property
    def open(self) -> bool:
        """Whether another function may start."""
        return not self._halt.is_set() and not self._run.stop.is_set() and not self._out_of_time

    def advance(self, step: Step) -> None:
        """Move one function, if the line is still open, and remember how it ended."""
        end: Ended = NotStarted(step=step)
        if self.open and (until := self._last_moment()) is not None:
            begun = self._run.clock.now()
            end = move_forward(self._run, step, until=until)
            self._longest = max(self._longest, self._run.clock.now() - begun)
        if isinstance(end, Failed):
            self._halt.set()
        with self._lock:
            self.ended.append(end)

    def _last_moment(self) -> float | None:
        """Return until when one more function may take; None when it could not be put back any more."""
        with self._lock:
            until = self._run.last_moment(self._begun + 1, self._longest)
            if self._run.clock.now() + self._longest < until:
                self._begun += 1
                return until
            self._out_of_time = True
            return None


def _watched(run: Run, watch: Watch) -> AwsError | None:
    """Wait as long as asked, looking at the alarms; return at once when one fires or somebody says stop."""
    until = run.clock.now() + watch.seconds
    if watch.seconds:
        run.console.info(f"Watching the first functions for {watch.seconds / 60:g} minutes")
    while True:
        if alarm := watch.firing(run):
            return alarm
        next_look = min(until, run.clock.now() + _WATCH_EVERY)
        sleep_until(next_look, run.clock, run.stop.is_set)
        if run.clock.now() >= until or run.stop.is_set():
            return None


def _regions_in_turn(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Deal the regions out in turn: each has a call budget of its own."""
    regions: dict[str, list[Step]] = {}
    for step in steps:
        regions.setdefault(step.function.region, []).append(step)
    dealt = zip_longest(*regions.values())
    return tuple(step for turn in dealt for step in turn if step is not None)
