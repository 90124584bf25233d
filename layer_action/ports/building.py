"""From requirements to zips."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from layer_action.errors import BuildError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import (
    Artifact,
    Finding,
    LayerContent,
    LayerSize,
    LayerSpec,
    Severity,
)
from layer_action.model.lock import Lock, Source
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target
from layer_action.record import field, record


@record
class Preferences:
    """Versions to keep unless a requirement forces a move, by normalised name, and the commits of git sources.

    The names in `upgrade` are dropped from them.
    """

    versions: Mapping[str, str]
    commits: Mapping[str, Source] = field(default_factory=dict)
    upgrade: Collection[str] = ()
    upgrade_all: bool = False


@record
class LayerInputs:
    """What a layer's identity depends on before anything is resolved.

    `inputs_hash` is `i:<12 hex>` over requirement texts, the layer's config, own files and local sources. `lines` maps
    the normalised name of each direct requirement to the line that asks for it, `lines_on` those that are others on a
    target. `projects` are the paths of what the repository itself brings: folders of projects, wheels and sdists.
    """

    inputs_hash: str
    lines: Mapping[str, Location]
    own_files: OwnFiles
    projects: tuple[str, ...] = ()
    lines_on: Mapping[Target, Mapping[str, Location]] = field(default_factory=dict)

    def lines_for(self, targets: Sequence[Target]) -> dict[str, Location]:
        """Return the line of each name on the first of some targets that share a zip."""
        return {**self.lines, **self.lines_on.get(targets[0], {})}


@record
class Resolution:
    """A complete, checked lock and what was noticed on the way."""

    lock: Lock
    findings: tuple[Finding, ...] = ()


class RefusedLayerError(BuildError):
    """A layer that its own findings forbid; nothing of it was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep all findings: also what is no error is to be told."""
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        super().__init__(
            " ".join(finding.message for finding in errors),
            hint="\n".join(way for finding in errors for way in finding.ways_out),
            location=next((finding.location for finding in errors), None),
        )
        self.findings = tuple(findings)


class Resolver(Protocol):
    """From requirements to locks. Paths in specs are relative to `root`, the top of a checkout of any commit."""

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        """Read requirement files and own files. Raises ConfigError, Problems."""

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        """Lock a spec for one target. Raises ResolutionError, ConfigError, Problems."""


class Builder(Protocol):
    """From locks to zips."""

    def measure(self, content: LayerContent) -> LayerSize | Unknown:
        """Return the sizes that `build` would give, without downloading wheels where the index answers Range.

        Raises BuildError for wheels that no layer may hold.
        """

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        """Write `<layer name>.zip` into a directory. Raises RefusedLayerError for findings, BuildError, Problems."""
