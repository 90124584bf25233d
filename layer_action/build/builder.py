"""From locks to zips: the Builder of the ports."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layer_action.build.files.appearing import appearing
from layer_action.build.inspecting.inspect import inspect, inspect_size
from layer_action.build.opening import Opener
from layer_action.build.splicing.exclude import excluder, savings, would_save
from layer_action.build.splicing.laying import extended, lay_out
from layer_action.build.splicing.layout import Layout
from layer_action.build.splicing.order import install_order
from layer_action.build.splicing.part import Part
from layer_action.build.splicing.splice import splice
from layer_action.build.wheels.fetch import WheelCache
from layer_action.build.wheels.packing import Packer
from layer_action.build.wheels.placement import ROOT
from layer_action.build.wheels.wheel import OpenWheel
from layer_action.errors import BuildError, DownloadError, raise_all
from layer_action.formats import pylock
from layer_action.formats.manifest import zip_name
from layer_action.http import Http
from layer_action.model.layer import (
    NEAR_LIMIT,
    UNZIPPED_LIMIT,
    Artifact,
    Bytecode,
    DistributionSize,
    Finding,
    LayerContent,
    LayerSize,
    Severity,
)
from layer_action.model.lock import Wheel
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace

if TYPE_CHECKING:
    from layer_action.model.function import Unknown
    from layer_action.ports.speaking import Console

_MUCH: Final = 100_000_000  # bytes to fetch; most layers that Lambda takes have less


class WheelBuilder:
    """Fetches, checks and splices wheels; implements `ports.Builder`.

    `env` is what builds from source may see, `cache` the folder that runs share.
    """

    def __init__(self, *, env: Mapping[str, str], cache: Path, http: Http, console: "Console") -> None:
        """Touch nothing yet."""
        self._env = env
        self._opener = Opener(env=env, cache=cache, wheels=WheelCache(cache, http=http, console=console), http=http)

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        """Write `<layer name>.zip` into a directory. Raises RefusedLayerError, BuildError, Problems."""
        if _zipped(content) > _MUCH and self._opener.to_fetch(content) > _MUCH:
            self._refuse_too_large(content)
        with ExitStack() as stack:
            opened = self._opener.local(content, root, stack)
            content = _sized(content, opened)
            parts = _parts(content, opened)
            packer = Packer(stack)
            layout = _lay_out(content, parts, packer)
            if content.spec.bytecode is not Bytecode.NONE and layout.unzipped < UNZIPPED_LIMIT:
                from layer_action.build.splicing.bytecode import bytecode  # noqa: PLC0415 - most layers ship none

                layout = extended(layout, bytecode(layout, content, self._env, packer))
            size = _size(content, parts, layout)
            left = chain.from_iterable(part.placement.excluded.sizes() for part in parts)
            if content.spec.include:
                from layer_action.build.splicing.own_files import left_out  # noqa: PLC0415 - few layers hold own files

                left = chain(left, left_out(content.spec, root))
            excluded = savings(content.spec.exclude, left, layer=content.spec.name, artifact=content.which)
            findings = (*_unmet(content, parts), *inspect(content, parts, layout, size), *excluded)
            if any(finding.severity is Severity.ERROR for finding in findings):
                raise RefusedLayerError(findings)
            path = directory / zip_name(content.layer_name)
            directory.mkdir(parents=True, exist_ok=True)
            with appearing(path, buffering=0) as (file, _):
                code_sha256 = splice(layout, file)
        return Artifact(content=content, path=path, code_sha256=code_sha256, size=size, findings=findings)

    def _refuse_too_large(self, content: LayerContent) -> None:
        """Refuse a layer before gigabytes of it are fetched. Raises RefusedLayerError."""
        try:
            size = self.measure(content)
        except BuildError:
            return  # what is wrong with a wheel is told once all of it is there
        findings = inspect_size(content, size) if isinstance(size, LayerSize) else ()
        if any(finding.severity is Severity.ERROR for finding in findings):
            raise RefusedLayerError(findings)

    def measure(self, content: LayerContent) -> "LayerSize | Unknown":
        """Return the sizes that `build` would give, reading wheels by range. Raises BuildError for unsafe ones."""
        try:
            with ExitStack() as stack:
                opened = self._opener.remote(content, stack)
                content = _sized(content, opened)
                parts = _parts(content, opened)
                size = _size(content, parts, _lay_out(content, parts, Packer(stack)))
                size = replace(size, findings=_unmet(content, parts))
        except DownloadError as error:
            from layer_action.model.function import Unknown  # noqa: PLC0415 - a build needs no functions

            return Unknown(reason=error.message)
        # bytecode adds to it: how much, only a compiler knows
        return size if content.spec.bytecode is Bytecode.NONE else replace(size, exact=False)


def _unmet(content: LayerContent, parts: Sequence[Part]) -> tuple[Finding, ...]:
    """Return what does not suit those who need it; where one does not even say. Raises ResolutionError, Problems."""
    if not any(found.believed for found in content.lock.distributions):
        return ()
    from layer_action.build.resolving.needs import unmet  # noqa: PLC0415 - `packaging` costs 50 ms
    from layer_action.build.wheels.metadata import metadata_in  # noqa: PLC0415 - as above

    problems, findings = unmet(
        content,
        {
            part.name: part.wheel.stated or metadata_in(part.placement, part.wheel.read, part.wheel.filename)
            for part in parts
            if (found := content.lock.get(part.name)) and found.believed
        },
    )
    raise_all(problems)
    return tuple(findings)


def _zipped(content: LayerContent) -> int:
    """Return the bytes of all wheels, as far as the lock tells: of most layers that is enough to know."""
    return sum(found.origin.size or 0 for found in content.lock.distributions if isinstance(found.origin, Wheel))


def _sized(content: LayerContent, opened: Mapping[str, OpenWheel]) -> LayerContent:
    """Let the lock tell what sizes its wheels have, whatever was told: equal digests are equal bytes."""
    return replace(content, lock=content.lock.sized({name: wheel.size for name, wheel in opened.items()}))


def _parts(content: LayerContent, opened: dict[str, OpenWheel]) -> list[Part]:
    """Take of each wheel what the config does not leave out; the parts are in the order of installing."""
    excluded = excluder(content.spec.exclude)
    parts = []
    for name in install_order({name: wheel.about.needs for name, wheel in opened.items()}):
        wheel = opened.pop(name)  # what is left out of one is forgotten before the next
        parts.append(Part(name, replace(wheel, placement=wheel.placement.without(excluded)) if excluded else wheel))
    return parts


def _lay_out(content: LayerContent, parts: Sequence[Part], packer: Packer) -> Layout:
    lock = pylock.encode(
        layer_name=content.layer_name, targets=content.targets, lock=content.lock, digest=content.digest
    )
    return lay_out(parts, content.own_files, (pylock.embedded_path(content.layer_name), lock), packer)


def _size(content: LayerContent, parts: Sequence[Part], layout: Layout) -> LayerSize:
    versions = {found.name: found.version for found in content.lock.distributions}
    distributions = [_distribution_size(part, versions[part.name], layout) for part in parts]
    distributions.sort(key=lambda found: (-found.unzipped, found.name))
    exact = len(parts) == len(content.lock.distributions)
    limit = NEAR_LIMIT if content.spec.budget is None else min(NEAR_LIMIT, content.spec.budget + 1)
    placements = [part.placement for part in parts]
    return LayerSize(
        zipped=layout.zipped,
        unzipped=layout.unzipped,
        distributions=tuple(distributions),
        exact=exact,
        savings=would_save(content.spec.exclude, placements) if layout.unzipped >= limit else (),
    )


def _distribution_size(part: Part, version: str, layout: Layout) -> DistributionSize:
    keys, sizes = layout.owned[part.name]
    size = DistributionSize.of(part.name, version, sizes, lambda at: layout.path(keys[at]).removeprefix(ROOT))
    return replace(size, license=part.wheel.about.license, changelog=part.wheel.about.changelog)
