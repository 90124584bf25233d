"""A shop in memory: several layers, regions and functions, with the real planner and the real rollout."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from layer_action.commands.build import build_artifacts, contents_of
from layer_action.commands.plan import PlanRequest, plan_layers
from layer_action.model.function import FunctionAlias
from layer_action.model.layer import LayerSpec, Publication, Rollout, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from tests.factories import make_function, make_layer_arn, make_lock, make_spec
from tests.fakes import Stage

FOREIGN = "arn:aws:lambda:{}:580247275435:layer:LambdaInsightsExtension:38"


@dataclass
class Shop:
    """Layers at 1.0.0 everywhere, their requirements raised, functions still on the old versions."""

    layers: tuple[str, ...] = ("http", "data", "common")
    regions: tuple[str, ...] = ("eu-central-1", "us-east-1")
    functions: int = 6
    rollout: Rollout = field(default_factory=Rollout)
    stage: Stage = field(default_factory=Stage)
    journal: Path | None = None

    def __post_init__(self) -> None:
        for name in self.layers:
            self.require(name, "1.0.0")
        assert self.run().error is None
        for region in self.regions:
            for number in range(self.functions):
                self._add(region, number)
        for name in self.layers:
            self.require(name, "1.1.0")
        self.stage.calls.restart()

    @property
    def specs(self) -> tuple[LayerSpec, ...]:
        publication = Publication(regions=self.regions)
        return tuple(make_spec(name, publication=publication, rollout=self.rollout) for name in self.layers)

    def require(self, layer: str, version: str) -> None:
        """Change what the repository asks for."""
        self.stage.resolver.locks[layer] = make_lock({f"{layer}-package": version})

    def plan(self) -> Plan:
        return plan_layers(self.stage.services(), self.specs, PlanRequest()).plan

    def run(self, **options: Any) -> Outcome:
        """Plan, build and apply, as `publish` does."""
        return self.apply(self.plan(), **options)

    def apply(self, plan: Plan, **options: Any) -> Outcome:
        """Build and apply a plan."""
        with TemporaryDirectory() as folder:
            contents = contents_of(plan)
            artifacts = build_artifacts(self.stage.services(), contents, Path(folder), fail_on=Severity.ERROR)
            with Journal(self.journal, account=self.stage.store.account_id) as journal:
                return apply(
                    plan,
                    artifacts,
                    services=self.stage.services(),
                    journal=journal,
                    options=ApplyOptions(**({"in_flight": 1} | options)),
                )

    def state(self) -> dict[str, Any]:
        """Return all that a user would look at: versions by layer, and what each function and alias serves."""
        found: dict[str, Any] = {
            version.version_arn: version.description for version in self.stage.store.all_versions()
        }
        for function in self.stage.functions.all_functions():
            found[function.arn] = function.layer_arns
            for alias in self.stage.functions.aliases_of(function.arn):
                served = self.stage.functions.served(function.arn, alias.name)
                found[f"{function.arn}:{alias.name}"] = served.layer_arns
        return found

    def lists(self, function_arn: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return a function's list before and after a whole rollout."""
        now = self.stage.functions.layers(function_arn)
        ours = {arn for name in self.layers for region in self.regions for arn in self._versions(name, region)}
        before = tuple(f"{arn.rpartition(':')[0]}:1" if arn in ours else arn for arn in now)
        after = tuple(f"{arn.rpartition(':')[0]}:2" if arn in ours else arn for arn in now)
        return before, after

    def _versions(self, name: str, region: str) -> tuple[str, str]:
        arn = make_layer_arn(name, region=region)
        return arn.version(1), arn.version(2)

    def _add(self, region: str, number: int) -> None:
        count = number % len(self.layers) + 1
        ours = [make_layer_arn(name, region=region).version(1) for name in self.layers[:count]]
        layers = [*ours[:1], FOREIGN.format(region), *ours[1:]]
        function = make_function(f"f{number:02}", layers, region=region)
        if self.rollout.alias:
            published = make_function(f"f{number:02}", layers, region=region, arn=f"{function.arn}:1")
            alias = FunctionAlias(name=self.rollout.alias, function_version="1")
            self.stage.functions.add(function, aliases=[alias], versions=[published])
        else:
            self.stage.functions.add(function)
