"""Wheels that a line names by URL, held to the hash that it gives: uv believes it, and reads the metadata alone."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Final
from urllib.parse import urlsplit

from layer_action.build.asking.asked import Asked
from layer_action.build.sources.origin import Tools
from layer_action.build.wheels.fetch import WheelCache
from layer_action.errors import LayerActionError, UnsafeWheelError, WrongFileError, each_of, located
from layer_action.model.lock import LockedDistribution, Wheel
from layer_action.ports.speaking import Console

MOST: Final = 100_000_000  # bytes that a layer's plan fetches for it; what is left is told by the build
_AT_ONCE: Final = 8


def unlike_their_hash(
    asked: Sequence[Asked],
    distributions: Mapping[str, LockedDistribution],
    tools: Tools,
    console: Console,
    *,
    most: int = MOST,
) -> list[LayerActionError]:
    """Return what is wrong with wheels that have another hash than their line says; the others are in the cache then.

    The smallest are looked at first, up to so many bytes. What cannot be downloaded now is for the build to tell.
    """
    cache = WheelCache(tools.cache, http=tools.http, console=console)
    lines = {one.name: one.location for one in asked if _given(one, distributions)}
    wheels = [wheel for one in asked if (wheel := _given(one, distributions)) and not cache.find(wheel)]
    if not wheels:
        return []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = pool.map(lambda wheel: _size(wheel, tools), wheels)
    within: list[Wheel] = []
    for size, wheel in sorted(zip(sizes, wheels, strict=True), key=itemgetter(0)):
        most -= size
        within += [wheel] if most >= 0 else []
    try:
        cache.fetch(within)
    except LayerActionError as error:
        return [located(_told(each), lines.get(each.distribution)) for each in each_of(error) if _is_wrong(each)]
    return []


def _given(one: Asked, distributions: Mapping[str, LockedDistribution]) -> Wheel | None:
    found = distributions.get(one.name)
    is_given = "sha256=" in urlsplit(one.requirement.url or "").fragment
    return found.origin if found and is_given and isinstance(found.origin, Wheel) else None


def _size(wheel: Wheel, tools: Tools) -> int:
    """Return how large a wheel is; more than any may be where nobody tells it now."""
    try:
        with tools.http.hasty().ranged(wheel.url or "") as file:
            return file.size
    except LayerActionError:
        return MOST + 1


def _is_wrong(error: LayerActionError) -> bool:
    """Tell whether a wheel is at fault, not the network or this machine's disk."""
    return isinstance(error, UnsafeWheelError | WrongFileError)


def _told(error: LayerActionError) -> LayerActionError:
    if isinstance(error, WrongFileError):
        error.hint = f"If you trust the file, write `#sha256={error.sha256}` in the URL."
    return error
