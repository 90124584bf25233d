"""Three versions of a layer, functions on the newest, and the way back."""

from pathlib import Path

from semver import Version

from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.model.plan import Outcome, Plan
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.factories import ACCOUNT, REGION, make_function, make_layer_arn, make_spec
from tests.fakes import Stage

HTTP = make_layer_arn("http")
FOREIGN = "arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:38"


def three_versions() -> Stage:
    """Return three versions; functions are on the newest."""
    stage = Stage()
    for number, version in enumerate(("1.0.0", "1.1.0", "2.0.0"), start=1):
        stage.store.seed("http", number, version)
    for name in ("cart", "search"):
        stage.functions.add(make_function(name, [FOREIGN, HTTP.version(3)]))
    return stage


def plan(stage: Stage, to: str | None = None, journal: Path | None = None) -> Plan:
    request = RollbackRequest(regions=(REGION,), to=Version.parse(to) if to else None, journal=journal)
    return plan_rollback(stage.services(), make_spec(), request)


def go(stage: Stage, to: str | None = None, journal: Path | None = None) -> Outcome:
    return roll_back(
        stage.services(),
        plan(stage, to, journal),
        journal=Journal(None, account=ACCOUNT),
        options=ApplyOptions(in_flight=1),
    )
