"""The wheels of a lock, opened: from the cache or a fresh build to be copied, from the index to be measured."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layer_action.build.wheels.about import about_wheel
from layer_action.build.wheels.fetch import CachedWheel, WheelCache
from layer_action.build.wheels.members import place
from layer_action.build.wheels.wheel import OpenWheel, reading
from layer_action.errors import BadZipError, BuildError, DownloadError, LayerActionError, concerning, raise_all
from layer_action.formats.zipdir import read_directory
from layer_action.http import Http
from layer_action.model.layer import LayerContent
from layer_action.model.lock import LockedDistribution, Source, Wheel

if TYPE_CHECKING:
    from layer_action.build.sources.from_source import FromSource

_AT_ONCE: Final = 8


class Opener:
    """Opens wheels until the end of an ExitStack. `env` brings logins and what builds may see, `cache` keeps them."""

    def __init__(self, *, env: Mapping[str, str], cache: Path, wheels: WheelCache, http: Http) -> None:
        """Touch nothing yet."""
        self._env = env
        self._cache = cache
        self._wheels = wheels
        self._http = http

    def local(self, content: LayerContent, root: Path, stack: ExitStack) -> dict[str, OpenWheel]:
        """Return every wheel by its distribution's name, fetched or built. Raises BuildError, Problems."""
        locked = content.lock.distributions
        wheels = [found.origin for found in locked if isinstance(found.origin, Wheel)]
        learn = partial(self._learn_logins, content, root)
        if len(wheels) < len(locked):
            learn()
        cached = iter(self._wheels.fetch(wheels, before=learn))
        opened = {}
        problems = []
        for found in locked:
            try:
                if isinstance(found.origin, Source):
                    opened[found.name] = self._built(found, found.origin, content, root).opened(stack)
                else:
                    opened[found.name] = _cached(next(cached), stack)
            except LayerActionError as error:
                problems.append(concerning(error, found.name))
        raise_all(problems)
        return opened

    def to_fetch(self, content: LayerContent) -> int:
        """Return how many bytes of wheels are not in the cache, as far as the lock tells their sizes."""
        wheels = [found.origin for found in content.lock.distributions if isinstance(found.origin, Wheel)]
        return sum(wheel.size or 0 for wheel in wheels if not self._wheels.find(wheel))

    def _learn_logins(self, content: LayerContent, root: Path) -> None:
        from layer_action.build.asking.logins import learn_logins_of  # noqa: PLC0415 - `packaging` costs 50 ms

        learn_logins_of(content.spec, root, self._env, self._http)

    def remote(self, content: LayerContent, stack: ExitStack) -> dict[str, OpenWheel]:
        """Return the wheels by name, where they are; sources nobody built are left out.

        Raises DownloadError, BuildError.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - loads `logging`

        def one(found: LockedDistribution) -> OpenWheel | None:
            try:
                if isinstance(found.origin, Wheel):
                    return self._remote(found.origin, content, stack, ask=found.believed)
                return self._kept(found, found.origin, content, stack)
            except BuildError as error:
                raise concerning(error, found.name) from error

        locked = content.lock.distributions
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            opened = list(pool.map(one, locked))
        return {found.name: wheel for found, wheel in zip(locked, opened, strict=True) if wheel}

    def _remote(self, wheel: Wheel, content: LayerContent, stack: ExitStack, *, ask: bool) -> OpenWheel:
        if cached := self._wheels.find(wheel):
            return _cached(cached, stack)
        if not wheel.url:
            raise DownloadError(
                f"The lock does not say where {wheel.filename} is.",
                hint="Build from requirements or from a lock with URLs.",
            )
        from layer_action.build.wheels.instead import unreadable  # noqa: PLC0415 - as below
        from layer_action.build.wheels.verify import MOST_MEMBERS  # noqa: PLC0415 - of wheels not yet here

        remote = stack.enter_context(self._http.ranged(wheel.url))
        try:
            members = read_directory(remote.read, remote.size, most=MOST_MEMBERS)
        except BadZipError as error:
            raise unreadable(wheel.filename, remote, error, url=wheel.url, expected=wheel.size) from error
        placement = place(members, wheel.filename)
        said, needs = about_wheel(remote.read, placement, wheel.filename), None
        if ask:
            from layer_action.build.wheels.metadata import metadata_in  # noqa: PLC0415 - only of what a lock tells

            needs = metadata_in(placement, remote.read, wheel.filename)
        if not (placement.record_changes or content.spec.exclude):  # else RECORD is read, which lies at the end as well
            remote.let_go()
        return OpenWheel(
            filename=wheel.filename,
            size=remote.size,
            placement=placement,
            read=remote.read,
            about=said,
            stated=needs,
        )

    def _kept(
        self, found: LockedDistribution, source: Source, content: LayerContent, stack: ExitStack
    ) -> OpenWheel | None:
        from layer_action.build.sources.built import BuiltWheels, wanted_by  # noqa: PLC0415 - few layers hold sources

        built = BuiltWheels(self._cache).find(source, wanted_by(content, found))
        return _opened(built.path, stack) if built else None

    def _built(self, found: LockedDistribution, source: Source, content: LayerContent, root: Path) -> "FromSource":
        from layer_action.build.sources.from_source import FromSource  # noqa: PLC0415 - few layers hold sources
        from layer_action.build.sources.source import SourceBuilder  # noqa: PLC0415

        builder = SourceBuilder(self._env, self._http, self._cache)
        return FromSource(builder=builder, content=content, found=found, source=source, root=root)


def _opened(path: Path, stack: ExitStack) -> OpenWheel:
    read, size = stack.enter_context(reading(path))
    placement = place(read_directory(read, size), path.name)
    about = about_wheel(read, placement, path.name)
    return OpenWheel(filename=path.name, size=size, placement=placement, read=read, about=about)


def _cached(wheel: CachedWheel, stack: ExitStack) -> OpenWheel:
    read, size = stack.enter_context(reading(wheel.path))
    return OpenWheel.of(wheel.path.name, read, size, wheel.verified)
