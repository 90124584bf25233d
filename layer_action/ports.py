"""What commands and rollout speak to. Each adapter implements one of these; tests bring fakes."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from layer_action.errors import Location
from layer_action.model.function import FunctionAlias, PinnedFunction, Unknown
from layer_action.model.layer import (
    Artifact,
    Finding,
    LayerArn,
    LayerContent,
    LayerSize,
    LayerSpec,
    LayerVersion,
    OwnFile,
    Publication,
)
from layer_action.model.lock import Lock
from layer_action.model.plan import Outcome, Plan
from layer_action.model.proposal import Proposal
from layer_action.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A port that this run does not have, and why (one sentence)."""

    reason: str


# -- building ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Versions to keep unless a requirement forces a move, by normalised name.

    The names in `upgrade` are dropped from them.
    """

    versions: Mapping[str, str]
    upgrade: Collection[str] = ()
    upgrade_all: bool = False

    @property
    def asks_for_upgrade(self) -> bool:
        """Whether the inputs-hash shortcut must not be taken."""
        return self.upgrade_all or bool(self.upgrade)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInputs:
    """What a layer's identity depends on before anything is resolved.

    `inputs_hash` is `i:<12 hex>` over requirement texts, the layer's config, own files and local sources. `lines` maps
    the normalised name of each direct requirement to the line that asks for it.
    """

    inputs_hash: str
    lines: Mapping[str, Location]
    own_files: tuple[OwnFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A complete, checked lock and what was noticed on the way."""

    lock: Lock
    findings: tuple[Finding, ...] = ()


class Resolver(Protocol):
    """From requirements to locks. Paths in specs are relative to `root`, the top of a checkout of any commit."""

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        """Read requirement files and own files. Raises ConfigError, Problems."""

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        """Lock a spec for one target. Raises ResolutionError, ConfigError, Problems."""


class Builder(Protocol):
    """From locks to zips."""

    def measure(self, content: LayerContent) -> LayerSize | Unknown:
        """Return the sizes that `build` would give, without downloading wheels where the index answers Range."""

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        """Write `<layer name>.zip` into a directory. Raises BuildError."""


# -- AWS ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """One publication. `known` is the newest number listed before: how a lost answer is recognised."""

    artifact: Artifact
    region: str
    description: str
    known: int


class LayerStore(Protocol):
    """Layer versions in AWS."""

    def account(self) -> str:
        """Return the account id of the credentials. Raises CredentialsError."""

    def layer_arn(self, layer_name: str, region: str) -> LayerArn:
        """Return the ARN that a layer of this account has, whether it exists or not."""

    def versions(self, layer_name: str, region: str) -> tuple[LayerVersion, ...]:
        """Return all versions, the newest number first; () for a layer that does not exist."""

    def version(self, layer_name: str, region: str, number: int) -> LayerVersion:
        """Return one version with its CodeSha256 and size. Raises MissingResourceError."""

    def lock(self, version: LayerVersion) -> Lock | Unknown:
        """Return the lock that a published version carries, or one made from its `*.dist-info` names."""

    def size(self, version: LayerVersion) -> LayerSize | Unknown:
        """Return the sizes of a published version, from its zip's central directory."""

    def unzipped(self, version_arn: str) -> int | Unknown:
        """Return the unzipped size in bytes of any layer version, also a foreign one."""

    def publish(self, request: PublishRequest) -> LayerVersion:
        """Publish exactly once, whatever happens to the answer, and share it. Raises AwsError, PartialApplyError."""

    def complete(self, version: LayerVersion, publication: Publication) -> None:
        """Share a version and record it in SSM, as far as that is not done: `publish` does it, unless it was killed."""

    def delete(self, version: LayerVersion) -> None:
        """Delete one version; a second time is no error."""


class Functions(Protocol):
    """Functions in AWS."""

    def listed(self, region: str) -> tuple[PinnedFunction, ...]:
        """Return every function of a region as ListFunctions tells it: without tags and status."""

    def read(self, function_arn: str) -> PinnedFunction:
        """Return one function as it is now, by GetFunction. Raises MissingResourceError, AccessDeniedError."""

    def code_unzipped(self, function: PinnedFunction) -> int | Unknown:
        """Return the unzipped size of its code, in bytes."""

    def set_layers(self, function: PinnedFunction, layers: Sequence[str]) -> None:
        """Replace its layer list if its revision is still `function.revision_id`.

        Raises ConflictError, StaleRevisionError.
        """

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        """Add tags."""

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        """Remove tags."""

    def aliases(self, function_arn: str) -> tuple[FunctionAlias, ...]:
        """Return its aliases."""

    def published_versions(self, function_arn: str) -> tuple[PinnedFunction, ...]:
        """Return its published versions (not `$LATEST`), each with its layers; `arn` is qualified."""

    def publish_version(self, function: PinnedFunction, description: str) -> str:
        """Publish `$LATEST` if code and revision are still those of `function`; return the version."""

    def move_alias(self, function_arn: str, alias: FunctionAlias, function_version: str) -> None:
        """Point an alias at a version if its revision is still `alias.revision_id`."""

    def alarms_firing(self, region: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the named CloudWatch alarms that are in ALARM. Raises MissingResourceError."""


# -- the repository and GitHub -----------------------------------------------


class Repository(Protocol):
    """The checkout that the run works on."""

    @property
    def root(self) -> Path:
        """Its top folder."""

    def head(self) -> str:
        """Return the commit checked out, 40 hex digits; "" where there is no git."""

    def default_base(self) -> str | Unknown:
        """Return the commit to compare with when nobody names one: the merge base with the default branch."""

    def tree(self, revision: str) -> Path | Unknown:
        """Return a folder that holds the files of a revision (removed at the end of the run)."""

    def contains(self, commit: str) -> bool | Unknown:
        """Return whether a commit (maybe abbreviated) is the head or an ancestor of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A GitHub Release to be.

    `assets` are files on disk; `latest` tells whether it may become the repository's latest.
    """

    tag: str
    title: str
    body: str
    prerelease: bool
    latest: bool
    assets: tuple[Path, ...]


class Reviews(Protocol):
    """Pull-request comments."""

    def upsert(self, pull_request: int, *, marker: str, body: str, create: bool) -> str | Unknown:
        """Edit our comment that holds the marker, or create one; return its URL, or why there is none. Never raises."""


class Releases(Protocol):
    """GitHub Releases."""

    def tags(self) -> tuple[str, ...]:
        """Return the tags of all releases but drafts, the newest first. Raises GitHubError."""

    def publish(self, release: Release) -> str:
        """Create (or complete) a release: draft, assets, publish; return its URL. Raises GitHubError."""


class PullRequests(Protocol):
    """Pull requests of our own."""

    def propose(self, proposal: Proposal) -> str:
        """Open the pull request of a branch, or update it in place; return its URL. Raises GitHubError."""

    def withdraw(self, branch: str, *, base: str) -> str | Unknown:
        """Close the pull request of a branch and remove the branch; return its URL, or why there is none to close."""


# -- speaking ----------------------------------------------------------------


class Progress(Protocol):
    """A long piece of work with a known number of steps."""

    def advance(self, steps: int = 1) -> None:
        """Tell that some steps are done."""


class Console(Protocol):
    """Where a person, or the runner, reads along."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """Fold what is printed inside; the end shows the duration."""

    def info(self, text: str) -> None:
        """Print a line."""

    def debug(self, text: str) -> None:
        """Print a line where somebody asked for detail."""

    def notice(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: worth knowing."""

    def warning(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something may be wrong."""

    def error(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something is wrong."""

    def foreign(self, text: str) -> None:
        """Print text that is not ours: it cannot give the runner orders."""

    def mask(self, secret: str) -> None:
        """Never show this again."""

    def progress(self, title: str, total: int) -> AbstractContextManager[Progress]:
        """Show work under way."""


class Runner(Protocol):
    """What the workflow runner collects from a step. Outside of a runner, nothing."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write step outputs."""

    def summary(self, markdown: str) -> None:
        """Append to the step summary, cut at its limit."""


class Reporter(Protocol):
    """Plans and outcomes as text. Every text renders the same Plan."""

    def comment(self, plan: Plan, *, environment: str = "", limit: int = 65_536) -> str:
        """Return Markdown for a pull request, below `limit` characters, the marker of `environment` inside."""

    def summary(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return Markdown for the step summary."""

    def terminal(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return plain text for a log or a terminal."""

    def release_notes(self, plan: Plan, outcome: Outcome, *, layer: str, limit: int = 125_000) -> str:
        """Return Markdown for the release of one layer (spec name)."""

    def html(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return one self-contained HTML page."""

    def sbom(self, content: LayerContent, size: LayerSize | Unknown, version: str) -> str:
        """Return the CycloneDX JSON of one artifact, the same text for the same content."""

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
        """Return rows of plain text as a table, for a log or as Markdown."""


class Clock(Protocol):
    """Time that tests can hold still."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All ports of a run."""

    resolver: Resolver
    builder: Builder
    store: LayerStore | Unavailable
    functions: Functions | Unavailable
    repository: Repository
    reviews: Reviews | Unavailable
    releases: Releases | Unavailable
    reporter: Reporter
    console: Console
    runner: Runner
    clock: Clock
    pull_requests: PullRequests | Unavailable = Unavailable(reason="no layer has `pin-files`")
