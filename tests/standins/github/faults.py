"""What shall go wrong, at which request."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a request: it is carried out or not (`done`), then answered with `status` or cut off (`drop`).

    `raw` replaces the JSON of an answer: a proxy's page, for example.
    """

    status: int = 502
    raw: bytes = b""
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    drop: bool = False
    before: Callable[[], None] | None = None
    passes: bool = False


def lost_answer(status: int = 502) -> Fault:
    """The request is carried out, and the answer is an error all the same."""
    return Fault(status=status, done=True)


def cut_off() -> Fault:
    """The request is carried out, and the connection breaks before the answer."""
    return Fault(done=True, drop=True)


def secondary_limit(**headers: str) -> Fault:
    """GitHub asks to slow down."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Fault(status=403, message=message, headers=headers)


def primary_limit(reset: int, *, status: int = 403) -> Fault:
    """The hour's requests are used up; `reset` is in seconds since the epoch."""
    headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return Fault(status=status, message="API rate limit exceeded for installation.", headers=headers)


def first(callback: Callable[[], None]) -> Fault:
    """Something happens right before the request is carried out: another run, for example."""
    return Fault(before=callback, passes=True)


@dataclass(slots=True)
class FaultPlan:
    """Faults by method and path; each is used once."""

    planned: list[tuple[str, re.Pattern[str], Fault]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, method: str, path: str, fault: Fault, *, times: int = 1) -> None:
        """Plan a fault for the next `times` requests whose path matches the pattern."""
        with self.lock:
            self.planned += [(method, re.compile(path), fault)] * times

    def take(self, method: str, path: str) -> Fault | None:
        """Return what happens to a request, once."""
        with self.lock:
            for place, (verb, pattern, fault) in enumerate(self.planned):
                if verb == method and pattern.search(path):
                    del self.planned[place]
                    return fault
            return None
