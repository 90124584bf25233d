"""From locks to zips: the Builder of the ports."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from layer_action.build.about import About, about
from layer_action.build.elf import CompiledFile
from layer_action.build.exclude import excluder
from layer_action.build.fetch import WheelCache, sha256_of
from layer_action.build.layout import Layout, Part, lay_out
from layer_action.build.members import place, unsafe
from layer_action.build.order import install_order
from layer_action.build.splice import splice
from layer_action.build.verify import MOST_MEMBERS, verify
from layer_action.build.wheel import OpenWheel, reading
from layer_action.errors import BadZipError, DownloadError
from layer_action.formats import pylock
from layer_action.formats.zipdir import read_directory, read_member
from layer_action.http import Http
from layer_action.model.function import Unknown
from layer_action.model.layer import Artifact, DistributionSize, LayerContent, LayerSize
from layer_action.model.lock import LockedDistribution, Source, Wheel
from layer_action.ports import Console

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A distribution's wheel, open for reading, and its compiled files where they are known."""

    distribution: LockedDistribution
    wheel: OpenWheel
    compiled: tuple[CompiledFile, ...] = ()


class WheelBuilder:
    """Fetches, checks and splices wheels; implements `ports.Builder`.

    `env` is what children and requests may see of the environment, `cache` the folder that runs share.
    """

    def __init__(self, *, env: Mapping[str, str], cache: Path, http: Http, console: Console) -> None:
        """Touch nothing yet."""
        self._env = env
        self._http = http
        self._wheels = WheelCache(cache, http=http, console=console)

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        """Write `<layer name>.zip` into a directory. Raises BuildError, Problems."""
        with ExitStack() as stack:
            opened = self._open_local(content, root, stack)
            layout, about_them = _lay_out(content, opened)
            path = directory / f"{content.layer_name}.zip"
            directory.mkdir(parents=True, exist_ok=True)
            with _replacing(path) as file:
                code_sha256 = splice(layout, file)
        return Artifact(
            content=content,
            path=path,
            code_sha256=code_sha256,
            size=_size(content, layout, about_them),
            findings=layout.findings,
        )

    def measure(self, content: LayerContent) -> LayerSize | Unknown:
        """Return the sizes that `build` would give, reading wheels by range. Raises UnsafeWheelError."""
        try:
            with ExitStack() as stack:
                opened = self._open_remote(content, stack)
                layout, about_them = _lay_out(content, opened)
        except DownloadError as error:
            return Unknown(reason=error.message)
        exact = len(opened) == len(content.lock.distributions)
        return _size(content, layout, about_them, exact=exact)

    def _open_local(self, content: LayerContent, root: Path, stack: ExitStack) -> list[_Opened]:
        wheels = [found.origin for found in content.lock.distributions if isinstance(found.origin, Wheel)]
        cached = iter(self._wheels.fetch(wheels))
        opened = []
        for found in content.lock.distributions:
            if isinstance(found.origin, Wheel):
                path, compiled = next(cached)
                opened.append(
                    _Opened(distribution=found, wheel=_open(path, found.origin.sha256, stack), compiled=compiled)
                )
            else:
                path = self._from_source(found, found.origin, content, root, stack)
                read, size = stack.enter_context(reading(path))
                checked = verify(read, size, path.name)
                wheel = OpenWheel(filename=path.name, sha256=sha256_of(path), members=checked.members, read=read)
                opened.append(_Opened(distribution=found, wheel=wheel, compiled=checked.compiled))
        return opened

    def _from_source(
        self, found: LockedDistribution, source: Source, content: LayerContent, root: Path, stack: ExitStack
    ) -> Path:
        from layer_action.build.source import SourceBuilder, Wanted  # noqa: PLC0415 - few layers hold sources

        into = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambda-layer-")))
        wanted = Wanted(name=found.name, version=found.version, target=content.targets[0])
        return SourceBuilder(self._env, self._http).build(source, wanted, root=root, into=into)

    def _open_remote(self, content: LayerContent, stack: ExitStack) -> list[_Opened]:
        def one(found: LockedDistribution) -> _Opened | None:
            if not isinstance(found.origin, Wheel):
                return None
            if path := self._wheels.find(found.origin):
                return _Opened(distribution=found, wheel=_open(path, found.origin.sha256, stack))
            if not found.origin.url:
                raise DownloadError(f"The lock does not say where {found.origin.filename} is.")
            remote = stack.enter_context(self._http.ranged(found.origin.url))
            try:
                members = read_directory(remote.read, remote.size, most=MOST_MEMBERS)
            except BadZipError as error:
                raise unsafe(found.origin.filename, f"is not a zip that can be read: {error.message}") from error
            wheel = OpenWheel(
                filename=found.origin.filename, sha256=found.origin.sha256, members=members, read=remote.read
            )
            return _Opened(distribution=found, wheel=wheel)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [opened for opened in pool.map(one, content.lock.distributions) if opened]


def _open(path: Path, sha256: str, stack: ExitStack) -> OpenWheel:
    read, size = stack.enter_context(reading(path))
    return OpenWheel(filename=path.name, sha256=sha256, members=read_directory(read, size), read=read)


def _lay_out(content: LayerContent, opened: Sequence[_Opened]) -> tuple[Layout, dict[str, About]]:
    """Return the layout, and what each distribution says of itself, by name."""
    excluded = excluder(content.spec.exclude)
    by_name = {found.distribution.name: found for found in opened}
    parts = [
        Part(
            name=name,
            wheel=by_name[name].wheel,
            placement=place(by_name[name].wheel.members, by_name[name].wheel.filename, excluded),
        )
        for name in install_order([found.distribution for found in opened])
    ]
    lock = pylock.encode(
        layer_name=content.layer_name, targets=content.targets, lock=content.lock, digest=content.digest
    )
    layout = lay_out(parts, content.own_files, (pylock.embedded_path(content.layer_name), lock))
    return layout, {part.name: _about(part) for part in parts}


def _about(part: Part) -> About:
    metadata = part.placement.metadata("METADATA")
    if metadata is None:
        raise unsafe(part.wheel.filename, "holds no METADATA")
    return about(read_member(part.wheel.read, metadata))


def _size(content: LayerContent, layout: Layout, about_them: Mapping[str, About], *, exact: bool = True) -> LayerSize:
    versions = {found.name: found.version for found in content.lock.distributions}
    distributions = [
        DistributionSize(
            name=name,
            version=versions[name],
            unzipped=unzipped,
            license=about_them[name].license,
            changelog=about_them[name].changelog,
        )
        for name, unzipped in layout.unzipped.items()
    ]
    distributions.sort(key=lambda found: (-found.unzipped, found.name))
    return LayerSize(zipped=layout.zipped, unzipped=layout.total, distributions=tuple(distributions), exact=exact)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place; it moves there at the end of the block."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            yield file
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
