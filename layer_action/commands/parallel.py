"""Many independent waits at once, each ending in a result or in its own error."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

from layer_action.errors import BuildError, ConfigError, LayerActionError, Problems, UnreadLockError

# Threads that mostly wait for a resolver, an index or AWS.
AT_ONCE: Final = 8

# Threads that wait for GetFunction, of which Lambda takes a hundred a second.
READS_AT_ONCE: Final = 16

_Place = TypeVar("_Place")
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each(call: Callable[[_Item], _Result], items: Iterable[_Item], *, at_once: int = AT_ONCE) -> list[_Result]:
    """Return call(item) for each item, in order; the first error is raised once all have ended."""
    chosen = list(items)
    if len(chosen) < 2:  # noqa: PLR2004 - one item needs no thread
        return [call(item) for item in chosen]
    with ThreadPoolExecutor(min(at_once, len(chosen))) as pool:
        return list(pool.map(call, chosen))


def each_found(
    find: Callable[[_Place], Iterable[_Item]],
    places: Iterable[_Place],
    call: Callable[[_Item], _Result],
    *,
    at_once: int = READS_AT_ONCE,
) -> list[_Result]:
    """Return call(item) for each item that is found in the places, in order; calls begin while others are yet found.

    `at_once` calls run for each place: a region has limits of its own.
    The first error is raised once all that was begun has ended; after it nothing more is begun.
    """
    everywhere = tuple(places)
    crew = _Crew(call, at_once * len(everywhere))
    with ThreadPoolExecutor(max(at_once * len(everywhere), 1)) as pool:
        found = each(lambda place: crew.go_through(find(place), pool), everywhere)
    if crew.failure:
        raise crew.failure
    return [ends[number] for ends in found for number in sorted(ends)]


class _Crew(Generic[_Item, _Result]):
    """Takes items until one of them fails; `failure` is why. Few wait at a time, however many there are."""

    def __init__(self, call: Callable[[_Item], _Result], at_once: int) -> None:
        self.failure: BaseException | None = None
        self._call = call
        self._room = threading.Semaphore(at_once * 2)

    def go_through(self, items: Iterable[_Item], pool: ThreadPoolExecutor) -> dict[int, _Result]:
        """Hand items out; return their results by number, which are whole once the pool is at its end."""
        ends: dict[int, _Result] = {}
        try:
            for number, item in enumerate(items):
                if self.failure:
                    break
                self._room.acquire()
                pool.submit(self._take, item, number, ends)
        except BaseException as error:  # noqa: BLE001 - passed on when all has ended
            self.failure = self.failure or error
        return ends

    def _take(self, item: _Item, number: int, ends: dict[int, _Result]) -> None:
        try:
            if not self.failure:
                ends[number] = self._call(item)
        except BaseException as error:  # noqa: BLE001 - passed on when all has ended
            self.failure = self.failure or error
        finally:
            self._room.release()


def each_tried(
    call: Callable[[_Item], _Result], items: Iterable[_Item], *, at_once: int = AT_ONCE
) -> list[_Result | LayerActionError]:
    """Return call(item) for each item, in order, or the error that it ended in."""

    def tried(item: _Item) -> _Result | LayerActionError:
        try:
            return call(item)
        except LayerActionError as error:
            return error

    return each(tried, items, at_once=at_once)


def fails_one_layer(error: LayerActionError) -> bool:
    """Tell whether an error leaves the other layers to be planned.

    A layer that cannot be built does, one whose own files are wrong, and one whose lock does not come; nothing else.
    """
    if isinstance(error, Problems):
        return all(fails_one_layer(problem) for problem in error.problems)
    return isinstance(error, BuildError | ConfigError | UnreadLockError)
