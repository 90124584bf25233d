"""The fault plan: what shall go wrong, at which call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.standins.aws.errors import EC2_THROTTLE, ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call.

    `before` runs first (a foreign edit, a kill). Then the call is refused with `error`, or done or not (`done`),
    and its connection is dropped (`drop`), after `seconds` of silence.
    """

    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    error: ApiError | None = None
    done: bool = True
    drop: bool = False
    seconds: float = 0.0


def refuse(code: str, message: str | None = None, *, status: int | None = None) -> Fault:
    """AWS answers with an error; nothing is done."""
    return Fault(error=ApiError(code, message, status=status))


def ec2_throttle() -> Fault:
    """The throttle that comes as a 400 and must be tried again all the same."""
    return refuse("InvalidParameterValueException", EC2_THROTTLE)


def hang(seconds: float = 30.0, *, done: bool = False) -> Fault:
    """No answer comes; the connection breaks at last (or when the stand-in stops)."""
    return Fault(done=done, drop=True, seconds=seconds)


def lost_answer() -> Fault:
    """The call is done, and its answer is lost."""
    return Fault(drop=True)


def dropped() -> Fault:
    """The connection breaks before anything is done."""
    return Fault(done=False, drop=True)


def first(callback: Callable[[], None]) -> Fault:
    """Run something right before the call is done: somebody else's edit, or the kill of the caller."""
    return Fault(before=callback)


def then(callback: Callable[[], None]) -> Fault:
    """Run something after the call is done and before its answer leaves."""
    return Fault(after=callback)


@dataclass(slots=True)
class FaultPlan:
    """Faults by call number (1 is the first call), or by operation: its next, or its n-th next, occurrence."""

    by_number: dict[int, Fault] = field(default_factory=dict)
    by_operation: list[tuple[str, int, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: int | str, fault: Fault, *, skip: int = 0, times: int = 1) -> None:
        """Plan a fault. For an operation, `skip` occurrences pass first, and `times` in a row are hit."""
        with self._lock:
            if isinstance(call, int):
                self.by_number[call] = fault
            else:
                self.by_operation += [(call, skip, fault)] * times

    def take(self, number: int, operation: str) -> Fault:
        """Return what happens to a call, once."""
        with self._lock:
            if number in self.by_number:
                return self.by_number.pop(number)
            for place, (name, skip, fault) in enumerate(self.by_operation):
                if name != operation:
                    continue
                if not skip:
                    del self.by_operation[place]
                    return fault
                self.by_operation[place] = (name, skip - 1, fault)
            return Fault()

    def clear(self) -> None:
        """Plan nothing."""
        with self._lock:
            self.by_number.clear()
            self.by_operation.clear()
