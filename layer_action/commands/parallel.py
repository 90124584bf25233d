"""Many independent waits at once, each ending in a result or in its own error."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from layer_action.errors import BuildError, ConfigError, LayerActionError, Problems

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

    The first error is raised once all that was begun has ended; after it nothing more is begun.
    """
    turns = _Turns()
    found: list[list[Future[_Result]]] = []
    with ThreadPoolExecutor(at_once) as pool, suppress(CancelledError):

        def search(place: _Place) -> list[Future[_Result]]:
            return [pool.submit(turns.take, call, item) for item in turns.while_open(find(place))]

        found = each(lambda place: turns.take(search, place), places)
    if turns.failure:
        raise turns.failure
    return [waiting.result() for begun in found for waiting in begun]


class _Turns:
    """Given until one of them fails; `failure` is why."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None

    def take(self, call: Callable[[_Item], _Result], item: _Item) -> _Result:
        if self.failure:
            raise CancelledError
        try:
            return call(item)
        except BaseException as error:
            self.failure = self.failure or error
            raise

    def while_open(self, items: Iterable[_Item]) -> Iterator[_Item]:
        return itertools.takewhile(lambda _: not self.failure, items)


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

    A layer that cannot be built does, and one whose own files are wrong; nothing else.
    """
    if isinstance(error, Problems):
        return all(fails_one_layer(problem) for problem in error.problems)
    return isinstance(error, BuildError | ConfigError)
