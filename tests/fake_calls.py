"""What the AWS fakes share: a numbered record of calls, a fault plan, foreign hands between calls, and time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date


class Killed(BaseException):
    """The process died here (kill -9): nothing may catch it, and nothing runs afterwards."""


class ManualClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.slept: list[float] = []
        self.date = date(2026, 11, 24)

    def now(self) -> float:
        return self._now

    def today(self) -> date:
        return self.date

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
            self.slept.append(seconds)


@dataclass(frozen=True)
class Call:
    """One call: `operation` is the port's method name, `resource` an ARN or a name."""

    number: int
    operation: str
    resource: str
    writes: bool


@dataclass
class Calls:
    """The record of all calls of a fake AWS, and its fault plan by call number (from 1).

    `faults` are raised instead of the call, `lost` after it was done; `kill_before` and `kill_after` end the process
    there. `fail` is asked at every call and may return an error to raise instead. `between` runs before every call:
    there a test edits what it likes, as somebody else would.
    """

    record: list[Call] = field(default_factory=list)
    faults: dict[int, Exception] = field(default_factory=dict)
    lost: dict[int, Exception] = field(default_factory=dict)
    kill_before: int = 0
    kill_after: int = 0
    fail: Callable[[Call], Exception | None] = lambda _: None
    between: list[Callable[[Call], None]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    dead: bool = False

    @property
    def writes(self) -> list[Call]:
        """The calls that would change AWS."""
        return [call for call in self.record if call.writes]

    def count(self, operation: str) -> int:
        """Return how often a port's method was called."""
        return sum(call.operation == operation for call in self.record)

    @contextmanager
    def call(self, operation: str, resource: str, *, writes: bool = False) -> Iterator[None]:
        """Record a call, and let the fault plan have its way with it."""
        with self.lock:
            if self.dead:
                raise Killed
            call = Call(len(self.record) + 1, operation, resource, writes)
            self.record.append(call)
        for hand in list(self.between):
            hand(call)
        with self.lock:
            if self.dead:
                raise Killed
            if call.number == self.kill_before:
                self.dead = True
                raise Killed
            error = self.faults.get(call.number) or self.fail(call)
            if error:
                raise error
            yield
            if call.number == self.kill_after:
                self.dead = True
                raise Killed
            if call.number in self.lost:
                raise self.lost[call.number]

    def restart(self) -> None:
        """Begin a new process: counting starts anew, without faults."""
        self.record.clear()
        self.faults.clear()
        self.lost.clear()
        self.between.clear()
        self.kill_before = self.kill_after = 0
        self.dead = False
