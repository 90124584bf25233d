"""Layers: what the config declares, and what goes into a zip. What AWS holds is in `published`."""

import re
from collections.abc import Callable, Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Final, Literal, Self

from layer_action.errors import Location
from layer_action.model.lock import Lock
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target
from layer_action.record import field, record

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB unzipped, function and layers.
UNZIPPED_LIMIT: Final = 262_144_000
# From here on a layer is nearly too large: how AWS counts is not documented to the last byte.
NEAR_LIMIT: Final = 240 << 20
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 50 MB zipped, sent directly.
DIRECT_LIMIT: Final = 50 << 20
LOCK: Final = re.compile(r"uv\.lock|pylock(\.[^.]+)?\.toml")  # the names that locks may have
_LARGEST_FILES: Final = 40  # of a distribution, told one by one
_LEAST_FILE: Final = 200  # how often the smallest of them goes into the distribution


class Bump(IntEnum):
    """How far a version moves; ordered, so that the largest of several is `max`."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """Return the word that reports use."""
        return self.name.lower()


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@record
class Finding:
    """A check's result.

    `check` is a stable kebab-case name such as `glibc-too-new`; `ways_out` are imperative sentences or config snippets.
    `layer` is the spec's name, "" when the finding belongs to no single layer; `distribution` is the one that it is
    about, "" when it is about none or several.
    """

    severity: Severity
    check: str
    message: str
    ways_out: tuple[str, ...] = ()
    location: Location | None = None
    layer: str = ""
    distribution: str = ""


class Bytecode(StrEnum):
    """Which `.pyc` files a layer ships."""

    NONE = "none"
    ALL = "all"
    IMPORTS = "imports"


class IndexOptions(StrEnum):
    """What to do with requirement lines that change where packages come from."""

    REFUSE = "refuse"
    ALLOW = "allow"


class ManagedFunctions(StrEnum):
    """What to do with functions that CloudFormation and its like own."""

    SKIP = "skip"
    MOVE = "move"


class OnFailure(StrEnum):
    """What a rollout does after its first failure."""

    ROLLBACK = "rollback"
    STOP = "stop"


@record
class Rollout:
    """How functions follow a new version. `bake` is in minutes, `alarms` are CloudWatch alarm names."""

    repoint: Bump = Bump.MAJOR  # the largest bump that still moves functions
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    managed_functions: ManagedFunctions = ManagedFunctions.SKIP
    alias: str = ""
    bake: float = 0.0
    alarms: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.ROLLBACK
    replaces: str = ""


@record
class Publication:
    """How a version is published. `share` holds account ids and organisation ids (`o-…`)."""

    regions: tuple[str, ...] = ()
    license: str = ""
    share: tuple[str, ...] = ()
    ssm: str = ""
    s3_bucket: str = ""
    pin_files: tuple[str, ...] = ()


@record
class LayerSpec:
    """A layer as the config declares it.

    `name` is the key in the config; `layer_name` is AWS's name, which may hold `{runtime}` and `{architecture}`.
    `requirements` are paths relative to the repository's root. `budget` is in bytes, unzipped. `locations` points
    each key that the config sets (and "" for the layer itself) at its line.
    """

    name: str
    layer_name: str
    requirements: tuple[str, ...]
    targets: tuple[Target, ...]
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()
    index_options: IndexOptions = IndexOptions.REFUSE
    build_from_source: Literal["local", "none"] | tuple[str, ...] = "local"
    bytecode: Bytecode = Bytecode.NONE
    imports: tuple[str, ...] = ()
    budget: int | None = None
    rollout: Rollout = field(default_factory=Rollout)
    publication: Publication = field(default_factory=Publication)
    locations: tuple[tuple[str, Location], ...] = ()

    @property
    def is_locked(self) -> bool:
        """Whether its requirements are locks, which are taken as they are."""
        return all(LOCK.fullmatch(path.rpartition("/")[2]) for path in self.requirements)

    def location(self, key: str = "") -> Location | None:
        """Return where the config sets a key, else where it declares the layer."""
        found = dict(self.locations)
        return found.get(key) or found.get("")


@record
class LayerContent:
    """All that goes into one artifact, known before a wheel is downloaded.

    `layer_name` is AWS's name with nothing left to fill in. Targets whose distributions are the same share one
    artifact: `lock` is then that of the first. `digest` is `d1:<32 hex>`, `inputs_hash` `i:<12 hex>`.
    """

    spec: LayerSpec
    layer_name: str
    targets: tuple[Target, ...]
    lock: Lock
    own_files: OwnFiles = field(default_factory=OwnFiles)
    digest: str
    inputs_hash: str

    @property
    def which(self) -> str:
        """Which of a layer's zips this is, to be appended to its name: ` for 3.12 arm64`, "" where it has only one."""
        return f" for {' and '.join(map(str, self.targets))}" if len(self.targets) < len(self.spec.targets) else ""


@record
class DistributionSize:
    """What one distribution adds to the unzipped layer, in bytes, and what its metadata says of it.

    `files` is the count of its files, `largest` the path and size of those that take most of it, largest first.
    """

    name: str
    version: str
    unzipped: int
    license: str = ""
    changelog: str = ""
    files: int = 0
    largest: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, name: str, version: str, sizes: Sequence[int], path: Callable[[int], str]) -> Self:
        """Sum up files; `path` tells where each lies below `python/`, by its place among the sizes."""
        unzipped = sum(sizes)
        large = [(path(at), size) for at, size in enumerate(sizes) if size * _LEAST_FILE > unzipped]
        large.sort(key=lambda file: (-file[1], file[0]))
        return cls(
            name=name, version=version, unzipped=unzipped, files=len(sizes), largest=tuple(large[:_LARGEST_FILES])
        )


@record
class LayerSize:
    """Sizes in bytes, heaviest distribution first.

    `exact` is False when something could not be measured ("at least"). `savings` says, of a layer that is too large or
    nearly so, what each `exclude` preset that it does not use would leave out, in unzipped bytes. `findings` are what
    showed while the wheels were open.
    """

    zipped: int
    unzipped: int
    distributions: tuple[DistributionSize, ...] = ()
    exact: bool = True
    savings: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()


@record
class Artifact:
    """A built zip. `code_sha256` is base64, as AWS reports it."""

    content: LayerContent
    path: Path
    code_sha256: str
    size: LayerSize
    findings: tuple[Finding, ...] = ()
