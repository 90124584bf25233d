"""Staying below AWS's rates: a token bucket for each kind of call, one pair a region.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: GetFunction 100 requests a second; all other
control-plane calls share 15, which cannot be raised, with everybody else who uses the account in that region.
"""

import threading
from typing import Final

from layer_action.ports.speaking import Clock

SHARED_RATE: Final = 10.0  # calls a second
SHARED_BURST: Final = 5  # at once; with the rate, never more than 15 in any second
GET_FUNCTION_RATE: Final = 98.0
GET_FUNCTION_BURST: Final = 2  # with the rate, never more than 100 in any second
_NOTHING: Final = 1e-6  # seconds; floats leave crumbs
OWN_BUCKET: Final = "GetFunction"


class TokenBucket:
    """Lets `burst` calls pass at once and `rate` a second in the long run. May be shared by threads."""

    def __init__(self, *, rate: float, burst: int, clock: Clock) -> None:
        """Begin full."""
        self._interval = 1.0 / rate
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        self._next = float("-inf")  # when the call after those already let through would be due, unhurried
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a turn; turns are given in the order of asking."""
        with self._lock:
            now = self._clock.now()
            due = max(self._next, now - self._slack)
            self._next = due + self._interval
        if due - now > _NOTHING:
            self._clock.sleep(due - now)


class Pacing:
    """The buckets of one account."""

    def __init__(self, clock: Clock) -> None:
        """Begin with no region."""
        self._clock = clock
        self._buckets: dict[tuple[str, bool], TokenBucket] = {}
        self._lock = threading.Lock()

    def take(self, region: str, operation: str) -> None:
        """Wait until one more Lambda operation may be asked in a region."""
        own = operation == OWN_BUCKET
        with self._lock:
            if (region, own) not in self._buckets:
                rate, burst = (GET_FUNCTION_RATE, GET_FUNCTION_BURST) if own else (SHARED_RATE, SHARED_BURST)
                self._buckets[region, own] = TokenBucket(rate=rate, burst=burst, clock=self._clock)
            bucket = self._buckets[region, own]
        bucket.take()
