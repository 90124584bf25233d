"""Layer versions and functions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from layer_action.model.function import FunctionAlias, PinnedFunction, Unknown
from layer_action.model.layer import Artifact, LayerSize, Publication
from layer_action.model.lock import Lock
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.record import record


@record
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
        """Return the lock that a published version carries, or one made from its `*.dist-info` names.

        Unread where the version does not come, Unknown where it holds neither.
        """

    def size(self, version: LayerVersion) -> LayerSize | Unknown:
        """Return the sizes of a published version, from its zip's central directory."""

    def unzipped(self, version_arn: str) -> int | Unknown:
        """Return the unzipped size in bytes of any layer version, also a foreign one; Barred if AWS would refuse it."""

    def distributions(self, version_arn: str) -> Mapping[str, str]:
        """Return what any layer version holds, name to version; nothing where that cannot be read."""

    def publish(self, request: PublishRequest) -> LayerVersion:
        """Publish exactly once, whatever happens to the answer. Raises AwsError when nothing was published.

        Raises PartialApplyError when the version is there and holds other bytes than it should.
        """

    def share(self, version: LayerVersion, publication: Publication) -> tuple[str, ...]:
        """Share a version, as far as that is not done (`publish` does it, unless it was killed); return with whom.

        Raises AwsError, PartialApplyError.
        """

    def sharers(self, version: LayerVersion) -> tuple[str, ...]:
        """Return who else may use a version: account ids, organisations (`o-...`), `*` for all. Raises AwsError."""

    def delete(self, version: LayerVersion) -> None:
        """Delete one version; a second time is no error."""


class Functions(Protocol):
    """Functions in AWS."""

    def listed(self, region: str) -> Iterable[PinnedFunction]:
        """Return every function of a region as ListFunctions tells it, without tags and status: page by page."""

    def listed_with_versions(self, region: str) -> Iterable[PinnedFunction]:
        """Return every function of a region and every published version of one, page by page; `arn` is qualified."""

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

    def publish_version(self, function: PinnedFunction, description: str) -> str:
        """Publish `$LATEST` if code and revision are still those of `function`; return the version."""

    def move_alias(self, function_arn: str, alias: FunctionAlias, function_version: str) -> None:
        """Point an alias at a version if its revision is still `alias.revision_id`."""

    def alarms_firing(self, region: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the named CloudWatch alarms that are in ALARM. Raises MissingResourceError."""


class Parameters(Protocol):
    """SSM parameters that name layer versions. Each method raises AwsError."""

    def arn(self, name: str, region: str) -> str:
        """Return the ARN of a parameter of this account, whether it exists or not."""

    def value(self, name: str, region: str) -> str:
        """Return what a parameter holds, "" where there is none."""

    def put(self, name: str, region: str, value: str) -> None:
        """Write a parameter."""

    def tags(self, name: str, region: str) -> Mapping[str, str]:
        """Return a parameter's tags, none where there is no such parameter."""

    def tag(self, name: str, region: str, tags: Mapping[str, str]) -> None:
        """Add tags. Raises MissingResourceError."""
