"""Files held to hashes that only they themselves tell.

Of a wheel that a line names by URL uv believes the hash that it gives, and reads the metadata alone; hashes of other
kinds than sha256, which pip takes too, no index tells.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from layer_action.build.asking.asked import Asked
from layer_action.build.resolving.hashes import Doubtful
from layer_action.build.sources.origin import Tools
from layer_action.build.sources.remote import archive_of
from layer_action.build.wheels.fetch import WheelCache
from layer_action.errors import LayerActionError, UnsafeWheelError, WrongFileError, each_of, located
from layer_action.model.lock import LockedDistribution, Source, SourceKind, Wheel
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


def other_hashes(
    doubtful: Mapping[str, Doubtful], tools: Tools, root: Path, console: Console
) -> dict[str, frozenset[str]]:
    """Return the hashes that are asked of named files, whole: `sha512:…`; none of what is no file.

    Raises DownloadError, BuildError, Problems. Wheels are in the cache then.
    """
    wheels = {name: one.origin for name, one in doubtful.items() if isinstance(one.origin, Wheel)}
    cached = WheelCache(tools.cache, http=tools.http, console=console).fetch(list(wheels.values()))
    places = dict(zip(wheels, (wheel.path for wheel in cached), strict=True))
    found: dict[str, frozenset[str]] = {}
    for name, one in doubtful.items():
        with TemporaryDirectory(prefix="lambda-layer-") as folder:
            path = places.get(name) or _archive(one.origin, tools, root, Path(folder))
            if path:
                found[name] = frozenset(f"{kind}:{_hash_of(path, kind)}" for kind in one.kinds)
    return found


def _archive(origin: Wheel | Source, tools: Tools, root: Path, folder: Path) -> Path | None:
    """Return where an archive of source code is, downloaded if it must be; None for folders and repositories."""
    if isinstance(origin, Wheel) or origin.kind is not SourceKind.SDIST:
        return None
    return archive_of(origin.location, root, folder, tools.http)


def _hash_of(path: Path, kind: str) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, kind).hexdigest()


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
