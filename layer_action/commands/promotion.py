"""A plan made in one environment, promoted to another: the same packages, planned anew against what that one holds."""

from pathlib import Path

from layer_action.commands.plan import Planned
from layer_action.errors import InputError, LayerActionError, Location, raise_all
from layer_action.model.layer import LayerContent, LayerSpec
from layer_action.model.plan import Plan, PublishLayer, Unchanged
from layer_action.model.target import Target
from layer_action.ports.aws import LayerStore
from layer_action.ports.building import LayerInputs, Preferences, Resolution, Resolver
from layer_action.record import replace


def is_promotion(plan: Plan, *, store: LayerStore, expected: str) -> bool:
    """Tell whether a plan is of another account than this run's, and the run's is the one that its environment names.

    `expected` is the environment's `account`, "" for none: nobody promotes by having the wrong credentials.
    """
    account = store.account()
    return plan.account not in {"", account} and expected == account


class PlannedResolver:
    """Implements ports.Resolver: a plan's own locks, as they were decided. What the plan does not hold is resolved."""

    def __init__(self, plan: Plan, resolver: Resolver) -> None:
        """Take the locks out of the plan; `resolver` reads this checkout's requirements."""
        self._resolver = resolver
        self._contents = known_contents(plan)

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        """Read requirement files and own files. Raises ConfigError, Problems."""
        return self._resolver.inputs(spec, root)

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        """Return the plan's lock for a target. Raises ResolutionError, ConfigError, Problems."""
        for content in self._contents:
            if content.spec.name == spec.name and target in content.targets:
                return Resolution(lock=replace(content.lock, target=target))
        return self._resolver.resolve(spec, target, root, preferences)


def known_contents(plan: Plan) -> tuple[LayerContent, ...]:
    """Return what a plan knows to be in its layers."""
    found = (op.content for op in plan.layers if isinstance(op, PublishLayer | Unchanged))
    return tuple(content for content in found if content)


def check_promoted(given: Plan, promoted: Planned, *, environment: str, file: str) -> None:
    """Hold the digests of this checkout, in this environment, against the plan's. Raises InputError, Problems."""
    digests = {(content.spec.name, content.targets): content.digest for content in known_contents(given)}
    problems: list[LayerActionError] = []
    for content in promoted.contents.values():
        expected = digests.get((content.spec.name, content.targets))
        if expected not in {None, content.digest}:
            problems.append(
                InputError(
                    f"`{content.layer_name}` would hold something else in {environment or 'this environment'} "
                    f"than the plan says: {content.digest} instead of {expected}.",
                    hint="Its own files, or settings of this environment, differ: plan in this environment.",
                    location=Location(file),
                )
            )
    raise_all(problems)
