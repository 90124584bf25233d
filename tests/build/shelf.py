"""A shelf of handmade wheels, and layers made of what stands on it."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from layer_action.build.builder import WheelBuilder
from layer_action.http import Http
from layer_action.model.layer import Artifact, Finding, LayerContent, LayerSize, LayerSpec
from layer_action.model.lock import Lock, LockedDistribution, Wheel
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.target import Architecture, Target
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.fakes import RecordingConsole
from tests.standins.wheels import Content, Extra, make_wheel, wheel_filename

X86 = Target(runtime="python3.12", architecture=Architecture.X86_64)
ARM = Target(runtime="python3.12", architecture=Architecture.ARM64)
OLD = Target(runtime="python3.11", architecture=Architecture.X86_64)


@dataclass(kw_only=True)
class Shelf:
    """Wheels in a folder, served from there or from `url`, and a builder with a cache beside them."""

    folder: Path
    url: str = ""
    console: RecordingConsole = field(default_factory=RecordingConsole)
    distributions: dict[str, LockedDistribution] = field(default_factory=dict)

    @property
    def builder(self) -> WheelBuilder:
        http = Http({}, attempts=2, backoff=0)
        return WheelBuilder(env={}, cache=self.folder / "cache", http=http, console=self.console)

    def add(
        self,
        name: str,
        files: Mapping[str, Content],
        *,
        tags: str = "py3-none-any",
        data: Mapping[str, Content] | None = None,
        extra: Extra | None = None,
        requires: Sequence[str] = (),
        required_by: Sequence[str] = (),
    ) -> LockedDistribution:
        """Make a wheel, version 1.0, and lock it."""
        wheel = make_wheel(name, "1.0", files, tags=tags, requires=requires, data=data, extra=extra)
        return self.put(name, wheel_filename(name, "1.0", tags), wheel, required_by=required_by)

    def put(
        self, name: str, filename: str, wheel: bytes, *, version: str = "1.0", required_by: Sequence[str] = ()
    ) -> LockedDistribution:
        """Lock the bytes of a wheel, whatever they are."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / filename).write_bytes(wheel)
        origin = Wheel(
            filename=filename,
            sha256=hashlib.sha256(wheel).hexdigest(),
            size=len(wheel),
            url=f"{self.url}/{filename}" if self.url else (self.folder / filename).as_uri(),
        )
        locked = LockedDistribution(
            name=name, version=version, origin=origin, direct=not required_by, required_by=tuple(required_by)
        )
        self.distributions[name] = locked
        return locked

    def content(
        self, *, spec: LayerSpec | None = None, targets: Sequence[Target] = (X86,), own_files: Sequence[OwnFile] = ()
    ) -> LayerContent:
        """Return a layer of everything on the shelf, in the order of names."""
        distributions = tuple(sorted(self.distributions.values(), key=lambda found: found.name))
        chosen = spec or LayerSpec(name="shelf", layer_name="shelf", requirements=("r.txt",), targets=tuple(targets))
        return LayerContent(
            spec=replace(chosen, targets=tuple(targets)),
            layer_name=chosen.layer_name,
            targets=tuple(targets),
            lock=Lock(target=targets[0], distributions=distributions),
            own_files=OwnFiles(own_files),
            digest="d1:" + "0" * 32,
            inputs_hash="i:" + "0" * 12,
        )

    def build(self, content: LayerContent | None = None, into: str = "out") -> Artifact:
        """Build a layer of everything on the shelf."""
        return self.builder.build(content or self.content(), self.folder, self.folder / into)

    def findings(self, content: LayerContent | None = None) -> list[Finding]:
        """Build a layer of everything on the shelf; return what is found in it, refused or not."""
        try:
            return list(self.build(content).findings)
        except RefusedLayerError as refused:
            return list(refused.findings)

    def measured(self, content: LayerContent | None = None) -> LayerSize:
        """Measure a layer of everything on the shelf."""
        size = self.builder.measure(content or self.content())
        assert isinstance(size, LayerSize)
        return size


def spec(**changes: object) -> LayerSpec:
    """Return a layer spec with some fields set."""
    plain = LayerSpec(name="shelf", layer_name="shelf", requirements=("r.txt",), targets=(X86,))
    return replace(plain, **changes)  # type: ignore[arg-type]


def own_file(path: str, source: Path, content: bytes, *, executable: bool = False) -> OwnFile:
    """Write a file of the repository and return how a layer includes it."""
    source.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return OwnFile(path=path, source=source, sha256=sha256, size=len(content), executable=executable)


def tree(path: Path) -> dict[str, bytes]:
    """Return what a zip unpacks to below `python/`, checked by zipfile."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name.removeprefix("python/"): archive.read(name) for name in names if name.startswith("python/")}
