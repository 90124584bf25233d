"""Fakes of what makes layers: the resolver and the builder."""

from dataclasses import dataclass, field
from pathlib import Path

from layer_action.errors import LayerActionError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import Artifact, LayerContent, LayerSize, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target
from layer_action.ports.building import LayerInputs, Preferences, Resolution
from tests.factories import hex_digest, make_artifact, make_lock, make_size


@dataclass
class FakeResolver:
    """Implements Resolver: locks by spec name, or by (spec name, folder of the checkout)."""

    locks: dict[str | tuple[str, Path], Lock] = field(default_factory=dict)
    failures: dict[str, LayerActionError] = field(default_factory=dict)
    unreadable: dict[str, LayerActionError] = field(default_factory=dict)
    input_hashes: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict[str, Location]] = field(default_factory=dict)
    resolved: list[tuple[str, Target, Path, Preferences]] = field(default_factory=list)
    projects: tuple[str, ...] = ()

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        if spec.name in self.unreadable:
            raise self.unreadable[spec.name]
        seed = repr(self.locks.get((spec.name, root)) or self.locks.get(spec.name))
        inputs_hash = self.input_hashes.get(spec.name, f"i:{hex_digest(seed, 12)}")
        lines = self.lines.get(spec.name, {})
        return LayerInputs(inputs_hash=inputs_hash, lines=lines, own_files=OwnFiles(), projects=self.projects)

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        self.resolved.append((spec.name, target, root, preferences))
        if spec.name in self.failures:
            raise self.failures[spec.name]
        lock = self.locks.get((spec.name, root)) or self.locks.get(spec.name) or make_lock()
        return Resolution(lock=Lock(target=target, distributions=lock.distributions))


@dataclass
class FakeBuilder:
    """Implements Builder: sizes by layer name, zips that hold nothing but the digest."""

    sizes: dict[str, LayerSize] = field(default_factory=dict)
    failures: dict[str, LayerActionError] = field(default_factory=dict)
    unsafe: dict[str, LayerActionError] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)

    def measure(self, content: LayerContent) -> LayerSize | Unknown:
        if content.layer_name in self.unsafe:
            raise self.unsafe[content.layer_name]
        return self.sizes.get(content.layer_name, make_size())

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        del root
        if content.layer_name in self.failures:
            raise self.failures[content.layer_name]
        self.built.append(content.layer_name)
        path = directory / f"{content.layer_name}.zip"
        path.write_text(content.digest, encoding="ascii")
        size = self.sizes.get(content.layer_name, make_size())
        return make_artifact(content, path=path, size=size, findings=size.findings)
