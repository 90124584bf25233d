"""Wheels of which an index tells an md5 or a sha512, and no sha256: each is fetched for it; without any, uv does so."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from layer_action.build.resolving.other_hash import Identifying, any_other_hash
from layer_action.build.resolving.selecting import Selection
from layer_action.build.wheels.select import WrongHash, accepts
from layer_action.errors import LayerActionError, concerning, raise_all
from layer_action.model.lock import LockedDistribution
from layer_action.record import replace

_AT_ONCE: Final = 8


def hashed(selection: Selection, identifying: Identifying, demanded: Mapping[str, frozenset[str]]) -> Selection:
    """Return a selection in which each wheel has a sha256; `demanded` are hashes, by name.

    Raises ResolutionError, DownloadError, Problems: of the distributions that they name.
    """
    unknown = [each for each in selection.wrong if not each.wheel.sha256]
    if not unknown:
        return selection
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(partial(_tried, identifying), unknown))
    raise_all(each for each in found if isinstance(each, LayerActionError))
    known = [each for each in found if isinstance(each, WrongHash)]
    fine = [each for each in known if accepts(each.wheel, demanded.get(each.name, frozenset()))]
    more = {each.name: LockedDistribution(name=each.name, version=each.version, origin=each.wheel) for each in fine}
    return replace(
        selection,
        distributions=selection.distributions | more,
        wrong=[each for each in (*selection.wrong, *known) if each.wheel.sha256 and each.name not in more],
    )


def _tried(identifying: Identifying, unknown: WrongHash) -> WrongHash | LayerActionError:
    try:
        return replace(unknown, wheel=identifying.wheel(unknown.wheel, any_other_hash(unknown.told)))
    except LayerActionError as error:
        return concerning(error, unknown.name)
