"""Which functions follow a layer, and which stay where they are, each with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from semver import Version

from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import Finding, LayerArn, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.plan import FunctionOperation
from layer_action.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The newest version of one layer in one region: published already, or to be published by this plan.

    `version_arn` is None while it is still to be published. `known` maps AWS's numbers of the versions that we wrote to
    ours. `replaces` is the layer that this one was renamed from, in the same region. `grew` says in words what made the
    layer larger, for the budget's finding.
    """

    spec: LayerSpec
    layer_name: str
    layer_arn: LayerArn
    version: Version
    version_arn: str | None
    targets: tuple[Target, ...]
    known: Mapping[int, Version] = field(default_factory=dict)
    replaces: LayerArn | None = None
    lock: Lock | None = None
    grew: str = ""


def function_operations(
    functions: Sequence[PinnedFunction],
    destinations: Sequence[Destination],
    *,
    unzipped: Callable[[PinnedFunction, Mapping[str, str]], int | Unknown],
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    """Decide for every function, in the order given, what a rollout does with it.

    `unzipped(function, replacements)` returns the bytes of the function's code and all its layers after the move, where
    `replacements` maps each version ARN that leaves to the version ARN that comes, or to the layer's name while that
    version is still to be published.
    """
    raise NotImplementedError
