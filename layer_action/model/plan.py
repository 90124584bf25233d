"""A plan: every operation that an apply would do, and everything it would leave, each with its reason."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from layer_action.errors import LayerActionError, Location
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import Bump, Finding, LayerContent, LayerSize, LayerSpec, Severity
from layer_action.model.lock import LockDiff
from layer_action.model.published import LayerVersion
from layer_action.record import field, record

if TYPE_CHECKING:
    from semver import Version


@record
class Reason:
    """Why a layer is affected (or is not), and the line that says so."""

    text: str
    location: Location | None = None


@record
class PublishLayer:
    """Publish one new version of one layer in one region.

    `previous` is the newest version that we wrote there (None: the first). `before` is that version's size, when known.
    `region` is "" in a plan without AWS: `bump` is then true, but `version` a placeholder that is never shown.
    """

    content: LayerContent
    region: str
    version: "Version"
    bump: Bump
    previous: LayerVersion | None
    reason: Reason
    description: str
    changes: LockDiff | Unknown
    size: LayerSize | Unknown
    before: LayerSize | Unknown

    @property
    def spec(self) -> LayerSpec:
        """The layer spec it comes from."""
        return self.content.spec

    @property
    def known_changes(self) -> LockDiff:
        """The changes, none where they are not known."""
        return () if isinstance(self.changes, Unknown) else self.changes


@record
class Unchanged:
    """The published version holds what the repository asks for."""

    spec: LayerSpec
    layer_name: str
    region: str
    current: LayerVersion | None
    reason: Reason
    content: LayerContent | None = None


@record
class Superseded:
    """What is published comes from a commit that ours does not contain: nothing is moved."""

    spec: LayerSpec
    layer_name: str
    region: str
    current: LayerVersion
    reason: Reason


@record
class NoLongerDeclared:
    """A layer that the base declared and the head does not: nothing is deleted."""

    name: str
    layer_name: str
    region: str
    reason: Reason


@record
class FailedLayer:
    """A layer that could not be planned; the others still are."""

    spec: LayerSpec
    error: LayerActionError


@record
class LayerMove:
    """One entry of a function's list that changes.

    `to` is the version's ARN, or None while that version is still to be published under `layer_name`. Where `before` is
    `to`, the function has the version already, and only its `alias` follows. `version` is 0.0.0 for a version that
    somebody else published: a rollback may lead there.
    """

    layer: str
    layer_name: str
    before: str
    to: str | None
    version: "Version"
    alias: str = ""

    @property
    def target(self) -> str:
        """What the entry moves to, as people read it: `http 1.5.0`, or `http:3` where the version is not ours."""
        number = (self.to or "").rpartition(":")[2]
        return f"{self.layer} {self.version}" if any(self.version.to_tuple()[:3]) else f"{self.layer_name}:{number}"


@record
class RepointFunction:
    """Move one function onto all its new layer versions, in one update. `unzipped` is its total after, in bytes."""

    function: PinnedFunction
    moves: tuple[LayerMove, ...]
    unzipped: int | Unknown


@record
class HeldFunction:
    """A pinned function that its owner, or the policy, keeps where it is.

    `failed` is the version of `layer_name` that keeps it there, as it failed on a function or was rolled back.
    """

    function: PinnedFunction
    layer: str
    reason: str
    ways_out: tuple[str, ...] = ()
    layer_name: str = ""
    failed: "Version | None" = None


@record
class SkippedFunction:
    """A pinned function that we must not, or cannot, move."""

    function: PinnedFunction
    layer: str
    reason: str
    ways_out: tuple[str, ...] = ()


@record
class ParameterMove:
    """An SSM parameter that names another version of a layer. `before` is what it held, "" for nothing at all.

    `to` is a version's ARN, `version` ours of it; `failed` the version that is rolled back.
    """

    layer: str
    layer_name: str
    region: str
    name: str
    before: str
    to: str
    version: "Version"
    failed: "Version | None" = None


LayerOperation: TypeAlias = PublishLayer | Unchanged | Superseded | NoLongerDeclared | FailedLayer
FunctionOperation: TypeAlias = RepointFunction | HeldFunction | SkippedFunction


@record
class Plan:
    """`layers` in the config's order, then by layer name and region; `functions` by region and name.

    `parameters` are those that go back; the ones that will name a new version are in no plan, as they are written when
    all else is done. `commit` is the head, 40 hex digits or "". `compared_with` says in words what the plan was held
    against. `account` is the AWS account that it was made for, "" without AWS.
    """

    layers: tuple[LayerOperation, ...]
    functions: tuple[FunctionOperation, ...]
    findings: tuple[Finding, ...]
    commit: str
    compared_with: str
    account: str = ""
    parameters: tuple[ParameterMove, ...] = ()

    @property
    def publications(self) -> tuple[PublishLayer, ...]:
        """The layer versions to publish."""
        return tuple(op for op in self.layers if isinstance(op, PublishLayer))

    @property
    def repoints(self) -> tuple[RepointFunction, ...]:
        """The functions to move."""
        return tuple(op for op in self.functions if isinstance(op, RepointFunction))

    @property
    def failures(self) -> tuple[FailedLayer, ...]:
        """The layers that could not be planned."""
        return tuple(op for op in self.layers if isinstance(op, FailedLayer))

    @property
    def changes_anything(self) -> bool:
        """Whether an apply would write to AWS."""
        return bool(self.publications or self.repoints or self.parameters)

    def problems(self, *, at_least: Severity = Severity.ERROR) -> tuple[Finding, ...]:
        """Return the findings that must stop an apply: errors, and warnings too where those fail the run."""
        blocking = {Severity.ERROR} | ({Severity.WARNING} if at_least is Severity.WARNING else set())
        return tuple(finding for finding in self.findings if finding.severity in blocking)


@record
class FunctionFailure:
    """A function that a rollout could not move. `restored` tells whether it is back on its old layers."""

    function: str
    error: LayerActionError
    restored: bool = False


@record
class Outcome:
    """What an apply did.

    `published` holds the versions, `found` the ARNs of those among them that were there already, `shared` those of
    older ones that more accounts may use than before. `moved` holds function
    ARNs, in the order they were moved and stayed moved; `rolled_back` those put back; `left` those that needed nothing,
    or that somebody else changed, with the reason. `parameters` are those that were written.
    """

    plan: Plan
    published: tuple[LayerVersion, ...] = ()
    moved: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[ParameterMove, ...] = ()
    failures: tuple[FunctionFailure, ...] = ()
    error: LayerActionError | None = None
    journal: str = ""
