"""Many independent waits at once, each ending in a result or in its own error."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from layer_action.errors import BuildError, ConfigError, LayerActionError, Problems

# Threads that mostly wait for a resolver, an index or AWS.
AT_ONCE: Final = 8

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each(call: Callable[[_Item], _Result], items: Iterable[_Item], *, at_once: int = AT_ONCE) -> list[_Result]:
    """Return call(item) for each item, in order; the first error is raised once all have ended."""
    chosen = list(items)
    if len(chosen) < 2:  # noqa: PLR2004 - one item needs no thread
        return [call(item) for item in chosen]
    with ThreadPoolExecutor(min(at_once, len(chosen))) as pool:
        return list(pool.map(call, chosen))


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
