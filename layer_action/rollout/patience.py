"""How long to keep asking for a change that AWS is not ready for."""

from typing import Final

from layer_action.errors import (
    AmbiguousError,
    AwsError,
    ConflictError,
    MissingResourceError,
    StaleRevisionError,
    ThrottledError,
)
from layer_action.rollout.run import Run
from layer_action.rollout.stop import sleep_until

# Another update of a function in a VPC takes minutes, and so does EC2 when it throttles those: 5 and 9 minutes are
# what Terraform's provider gives them.
_LONGEST: Final = 840.0
# Somebody else's edits, and lost answers, are settled within a few looks.
_LOOKS: Final = 8
_LONGEST_PAUSE: Final = 30.0
_TIME_HEALS: Final = (ConflictError, ThrottledError)
# After these a read shows whether the update is still to be made, was made all the same, or is not ours any more.
WORTH_ANOTHER_LOOK: Final = (*_TIME_HEALS, StaleRevisionError, AmbiguousError, MissingResourceError)


class Patience:
    """What one function may cost in time, from now on. `until` is the clock reading at which there must be an end.

    With `heeds_stop` a run that is told to stop waits for no throttle any more: nothing was begun.
    """

    def __init__(self, *, run: Run, until: float, heeds_stop: bool = False) -> None:
        """Begin now."""
        self.run = run
        self.until = until
        self.heeds_stop = heeds_stop
        self._begun = run.clock.now()
        self._failures = 0
        self._looks = 0

    def allows_another(self, error: AwsError) -> bool:
        """Pause, and tell whether the change is to be tried again after this error."""
        pause = min(2.0**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        if isinstance(error, _TIME_HEALS):
            if self.run.clock.now() + pause > min(self.until, self._begun + _LONGEST):
                return False
        else:
            self._looks += 1
            if self._looks >= _LOOKS:
                return False
        clock = self.run.clock
        sleep_until(clock.now() + pause, clock, lambda: self.is_over(error))
        return not self.is_over(error)

    def is_over(self, error: AwsError) -> bool:
        """Tell whether the run was told to stop while nothing of this function was in flight."""
        return self.heeds_stop and self.run.stop.is_set() and isinstance(error, ThrottledError)
