"""Functions: what a rollout needs to know of them."""

from collections.abc import Mapping
from types import MappingProxyType

from layer_action.record import field, record

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@record
class Unknown:
    """Something that could not be read, and why (one sentence)."""

    reason: str


@record
class Unread(Unknown):
    """Something that is there, and did not come when it was asked for. `way_out` is advice."""

    way_out: str = ""


@record
class Barred(Unknown):
    """A layer version that AWS refuses in any function's list: it is gone, or not ours to use. `way_out` is advice."""

    way_out: str = ""


@record
class AttachedLayer:
    """One entry of a function's `Layers`, in its place. `arn` may be foreign; `zipped` is AWS's CodeSize, in bytes."""

    arn: str
    zipped: int | None = None


@record
class PinnedFunction:
    """A function's `$LATEST`, as last read.

    `revision_id` must be of the read right before a conditional update. `tags` is Unknown without `lambda:ListTags`.
    `status` is LastUpdateStatus and `state` State, "" where the listing is silent.
    """

    name: str
    arn: str
    region: str
    runtime: str
    architecture: str
    package_type: str = "Zip"
    layers: tuple[AttachedLayer, ...] = ()
    revision_id: str = ""
    code_sha256: str = ""
    code_location: str = ""
    state: str = ""
    status: str = ""
    status_reason: str = ""
    sets_pythonpath: bool = False
    is_edge_replica: bool = False
    tags: Mapping[str, str] | Unknown = field(default_factory=lambda: _NO_TAGS)

    @property
    def layer_arns(self) -> tuple[str, ...]:
        """The version ARNs it lists, in order."""
        return tuple(layer.arn for layer in self.layers)

    @property
    def stack(self) -> str:
        """The CloudFormation stack that owns it, or ""."""
        return "" if isinstance(self.tags, Unknown) else self.tags.get("aws:cloudformation:stack-name", "")


@record
class FunctionAlias:
    """An alias of a function. `routes` is True when it splits traffic between two versions."""

    name: str
    function_version: str
    revision_id: str = ""
    routes: bool = False
