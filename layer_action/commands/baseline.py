"""What the base commit asks for: what a head is compared with where there is no AWS."""

import re
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Final

from layer_action.commands.parallel import each_tried
from layer_action.decide.artifacts import contents_of
from layer_action.decide.verdict import NOTHING, AtBase
from layer_action.errors import InputError, LayerActionError, Location, in_short
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.target import Target
from layer_action.ports.building import LayerInputs, Preferences
from layer_action.ports.repository import Tree
from layer_action.ports.services import Services
from layer_action.record import field, record

_COMMIT: Final = re.compile("[0-9a-f]{40}")
_WILD: Final = frozenset("*?[")


@record
class Baseline:
    """The base commit, checked out. `tree` is Unknown where nothing can be compared; `specs` are its layers, by name.

    Without `specs` the layers of the head are taken to be declared at the base as well. `is_head` tells that the base
    is the very commit that is checked out: only what is not committed can differ.
    """

    label: str
    tree: Tree | Unknown
    specs: Mapping[str, LayerSpec] | None = None
    is_head: bool = False


@record
class BaseLayer:
    """One layer at the base: its artifacts by layer name, or why they are unknown; none if it was not there."""

    baseline: Baseline
    contents: Mapping[str, LayerContent] = field(default_factory=dict)
    locks: Mapping[Target, Lock] = field(default_factory=dict)
    unknown: Unknown | None = None

    def at(self, layer_name: str) -> AtBase:
        """Return what a head's artifact of that name is compared with."""
        return AtBase(content=self.unknown or self.contents.get(layer_name), label=self.baseline.label)

    def locks_for(self, target: Target) -> list[Lock]:
        """Return the locks to prefer for a target: its own first."""
        own = [self.locks[target]] if target in self.locks else []
        return [*own, *(lock for other, lock in self.locks.items() if other != target)]


def baseline_of(services: Services, base: str | None, specs: Mapping[str, LayerSpec] | None) -> Baseline:
    """Check the base out. Raises InputError when the revision that the user named cannot be had."""
    revision = base or services.repository.default_base()
    if isinstance(revision, Unknown):
        return Baseline(label=NOTHING, tree=revision)
    tree = services.repository.tree(revision)
    if isinstance(tree, Unknown) and base:
        raise InputError(
            f"There is nothing to compare with: {tree.reason}.",
            hint="Name a commit, branch or tag that is in this checkout; `fetch-depth: 0` brings all of them.",
            location=Location("--base"),
        )
    label = f"the base commit {revision[:12]}" if _COMMIT.fullmatch(revision) else f"the base {revision}"
    return Baseline(label=label, tree=tree, specs=specs, is_head=revision == services.repository.head())


def inputs_at(services: Services, baseline: Baseline, head: LayerSpec) -> LayerInputs | Unknown | None:
    """Return a layer's inputs at the base; None when the base does not have the layer."""
    spec, tree = _spec_at(baseline, head), baseline.tree
    if isinstance(tree, Unknown):
        return tree
    if spec is None:
        return None
    if hidden := _hidden(tree, *spec.requirements, *map(_folder_of, spec.include)):
        return hidden
    if not all((tree.folder / path).exists() for path in spec.requirements):
        return None
    try:
        inputs = services.resolver.inputs(spec, tree.folder)
    except LayerActionError as error:
        # what is not there may lie in a submodule that is not there
        return Unknown(
            reason=" ".join([in_short(error), *(f"Note that {why.reason}." for why in tree.unknown.values())])
        )
    return _hidden(tree, *inputs.projects) or inputs


def is_the_same_at(baseline: Baseline, head: LayerSpec, root: Path) -> bool:
    """Tell whether the base is the checkout itself, with the same config of a layer: its files are not read twice."""
    tree = baseline.tree
    return isinstance(tree, Tree) and tree.folder == root and _spec_at(baseline, head) == head


def layer_at(
    services: Services, baseline: Baseline, head: LayerSpec, inputs: LayerInputs | Unknown | None
) -> BaseLayer:
    """Lock a layer as the base asks for it. What fails there is no failure of the head: it is Unknown."""
    spec, tree = _spec_at(baseline, head), baseline.tree
    if isinstance(inputs, Unknown):
        return BaseLayer(baseline=baseline, unknown=inputs)
    if inputs is None or spec is None or isinstance(tree, Unknown):
        return BaseLayer(baseline=baseline)
    nothing = Preferences(versions={})
    results = each_tried(lambda target: services.resolver.resolve(spec, target, tree.folder, nothing), spec.targets)
    locks: dict[Target, Lock] = {}
    for target, result in zip(spec.targets, results, strict=True):
        if isinstance(result, LayerActionError):
            return BaseLayer(baseline=baseline, unknown=Unknown(reason=in_short(result)))
        locks[target] = result.lock
    try:
        contents = contents_of(spec, locks, own_files=inputs.own_files, inputs_hash=inputs.inputs_hash)
    except LayerActionError as error:
        return BaseLayer(baseline=baseline, locks=locks, unknown=Unknown(reason=in_short(error)))
    return BaseLayer(baseline=baseline, contents={content.layer_name: content for content in contents}, locks=locks)


def _spec_at(baseline: Baseline, head: LayerSpec) -> LayerSpec | None:
    return head if baseline.specs is None else baseline.specs.get(head.name)


def _hidden(tree: Tree, *paths: str) -> Unknown | None:
    """Return why one of these paths is not known at the base; None where all are."""
    return next((reason for path in paths if (reason := tree.unknown_at(path))), None)


def _folder_of(pattern: str) -> str:
    """Return what all matches of a glob have in common: the part before its first wildcard."""
    return "/".join(takewhile(lambda part: not _WILD & set(part), pattern.split("/")))
