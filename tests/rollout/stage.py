"""A small world for rollout tests: layers at 1.0.0, functions pinned to them, and a plan that moves them."""

from collections.abc import Sequence
from typing import Any

from layer_action.model.layer import LayerSpec
from layer_action.model.plan import Outcome, Plan, RepointFunction
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from layer_action.rollout.run import Run
from layer_action.rollout.stop import NeverStops
from tests.factories import (
    REGION,
    make_artifact,
    make_content,
    make_function,
    make_layer_arn,
    make_move,
    make_plan,
    make_publication,
    make_spec,
)
from tests.fakes import FakeFunctions, FakeStore, Stage

FOREIGN = "arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:38"
AWSLAYER = "arn:aws:lambda:::awslayer:AmazonLinux1703"
HTTP_1 = make_layer_arn("http").version(1)
HTTP_2 = make_layer_arn("http").version(2)
MOVED = (FOREIGN, HTTP_2, AWSLAYER)
BEFORE = (FOREIGN, HTTP_1, AWSLAYER)


class World:
    """`http` at 1.0.0 with functions on it, and a plan that publishes 1.1.0 and moves them."""

    def __init__(self, *names: str, spec: LayerSpec | None = None, **function: Any) -> None:
        self.stage = Stage()
        self.spec = spec or make_spec()
        self.content = make_content(self.spec, seed="two")
        self.stage.store.seed()
        for name in names or ("checkout", "search", "cart"):
            self.add(name, **function)

    @property
    def store(self) -> FakeStore:
        return self.stage.store

    @property
    def functions(self) -> FakeFunctions:
        return self.stage.functions

    def add(self, name: str, layers: Sequence[str] = (FOREIGN, HTTP_1, AWSLAYER), **overrides: Any) -> None:
        lists = {key: overrides.pop(key) for key in ("aliases", "versions") if key in overrides}
        self.stage.functions.add(make_function(name, layers, **overrides), **lists)

    def repoints(self) -> list[RepointFunction]:
        return [
            RepointFunction(function=function, moves=(make_move(),), unzipped=1)
            for function in self.stage.functions.all_functions()
            if HTTP_1 in function.layer_arns
        ]

    def plan(self) -> Plan:
        """Return the plan for what is published and pinned now, made by hand."""
        return make_plan([make_publication(self.content)], self.repoints())

    def apply(self, plan: Plan | None = None, *, journal: Journal | None = None, **options: Any) -> Outcome:
        return apply(
            plan or self.plan(),
            {self.content.layer_name: make_artifact(self.content)},
            services=self.stage.services(),
            journal=journal or Journal(None, account=self.stage.store.account_id),
            options=ApplyOptions(**({"in_flight": 1} | options)),
        )

    def layers(self, name: str) -> tuple[str, ...]:
        return self.stage.functions.layers(name)


def make_run(**overrides: Any) -> Run:
    """Return a run on an empty AWS, of a session that ends in some thirty years."""
    stage = Stage()
    values = {
        "functions": stage.functions,
        "clock": stage.clock,
        "console": stage.console,
        "journal": Journal(None, account=stage.store.account_id),
        "stop": NeverStops(),
        "deadline": 1e9,
        "in_flight": 1,
    }
    return Run(**(values | overrides))


def arn(name: str) -> str:
    return make_function(name, region=REGION).arn
