"""Being told to stop: the call in flight is finished, nothing new begins."""

import signal
from collections.abc import Callable
from typing import Final, Protocol

from layer_action.errors import InterruptedRunError
from layer_action.ports.speaking import Clock

# A runner kills a job some ten seconds after it asked it to stop.
_HEED_EVERY: Final = 1.0


class StopSign(Protocol):
    """Set by a signal, looked at before each step."""

    @property
    def signal_number(self) -> int:
        """The signal that asked."""

    def is_set(self) -> bool:
        """Tell whether the run was told to stop."""


class NeverStops:
    """A run that nobody interrupts."""

    signal_number: int = signal.SIGINT

    def is_set(self) -> bool:
        """Return False."""
        return False


def sleep_until(end: float, clock: Clock, is_over: Callable[[], bool]) -> None:
    """Sleep until the clock reads `end`, or until it is over anyway: that is looked at each second."""
    while (left := end - clock.now()) > 0 and not is_over():
        clock.sleep(min(left, _HEED_EVERY))


def interrupted(stop: StopSign, done: str, *, moved: bool = False) -> InterruptedRunError:
    """Return the error that ends a run which was told to stop; `done` is a sentence, `moved` whether functions did."""
    back = " To take back what it moved: `rollback LAYER --journal FILE`." if moved else ""
    return InterruptedRunError(
        f"Stopped by {signal.Signals(stop.signal_number).name}. {done}",
        signal_number=stop.signal_number,
        hint=f"Run again: it goes on where this run stopped, and repeats nothing.{back}",
    )
