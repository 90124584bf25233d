"""SSM parameters: they name a version once functions work with it, go back with a rollback, and may be others'."""

from pathlib import Path

import pytest
from semver import Version

from layer_action.aws.parameters import AwsParameters
from layer_action.commands.plan import PlanRequest, plan_layers
from layer_action.commands.publish import Published, PublishOptions, publish
from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AwsError, MissingResourceError, PartialApplyError
from layer_action.formats import description as description_codec
from layer_action.model.layer import OnFailure, Publication, Rollout
from layer_action.model.plan import Outcome, Plan
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.aws.conftest import Room
from tests.aws.shop import ONCE, Run, Shape
from tests.factories import make_description
from tests.standins.aws.server import StrictAws

ACCOUNT, REGION = "111122223333", "us-east-1"
PARAMETER = "/layers/http"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:http"


class Shop:
    """`http`, recorded in a parameter, published as often as a test likes."""

    def __init__(self, aws: StrictAws, folder: Path, rollout: Rollout) -> None:
        self.aws, self.folder = aws, folder
        aws.world.update_seconds = 0.0
        self.shape = Shape(publication=Publication(ssm="/layers/{layer}"), rollout=rollout)
        self.publish("1.0.0")

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def run(self, version: str) -> Run:
        return Run(self.aws.env(), self.shape, version, self.folder)

    def publish(self, version: str) -> Published:
        one = self.run(version)
        with one.services() as services, Journal(self.journal, account=ACCOUNT, command="publish") as journal:
            plan = plan_layers(services, self.shape.specs, PlanRequest()).plan
            apply = ApplyOptions(in_flight=1)
            return publish(services, plan, PublishOptions(directory=self.folder, journal=journal, apply=apply))

    def outcome(self, version: str) -> Outcome:
        found = self.publish(version).outcome
        assert found
        return found

    def roll_back(self, to: str = "", *, journal: bool = False) -> tuple[Plan, Outcome]:
        request = RollbackRequest(
            regions=(REGION,), to=Version.parse(to) if to else None, journal=self.journal if journal else None
        )
        with self.run("1.0.0").services() as services:
            plan = plan_rollback(services, self.shape.specs[0], request)
            with Journal(self.journal, account=ACCOUNT, command="rollback") as written:
                return plan, roll_back(services, plan, journal=written)

    @property
    def named(self) -> str:
        """What the parameter names: `2` for the layer's second version."""
        value = self.aws.region().parameters.get(PARAMETER, {"Value": ""})["Value"]
        return value.removeprefix(f"{LAYER}:")

    @named.setter
    def named(self, value: str) -> None:
        self.aws.region().parameters[PARAMETER]["Value"] = value

    def layers(self, name: str) -> list[str]:
        return [arn.removeprefix(f"{LAYER}:") for arn in self.aws.layers_of(name)]


@pytest.fixture
def shop(aws: StrictAws, tmp_path: Path) -> Shop:
    return Shop(aws, tmp_path, Rollout())


def test_a_parameter_names_a_new_version_after_the_functions_have_moved(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.aws.forget_calls()
    outcome = shop.outcome("1.1.0")
    assert (shop.named, [move.to for move in outcome.parameters]) == ("2", [f"{LAYER}:2"])
    operations = [call.operation for call in shop.aws.writes]
    assert operations == ["PublishLayerVersion", "UpdateFunctionConfiguration", "PutParameter"]


def test_a_version_that_failed_on_a_function_is_never_recorded(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.aws.world.failing_updates.append(("orders", "layer:http:2", "It does not start."))
    assert isinstance(shop.outcome("1.1.0").error, PartialApplyError)
    assert shop.named == "1"
    assert shop.outcome("1.1.0").error is None
    assert shop.named == "1", "and the run after it knows that by the function's tag"
    assert shop.outcome("1.2.0").error is None
    assert shop.named == "3"


def test_with_on_failure_stop_the_parameter_stays_as_well(aws: StrictAws, tmp_path: Path) -> None:
    shop = Shop(aws, tmp_path, Rollout(on_failure=OnFailure.STOP))
    for name in ("labels", "orders"):
        aws.add_function(name, layers=[f"{LAYER}:1"])
    aws.world.failing_updates.append(("orders", "layer:http:2", "It does not start."))
    assert shop.outcome("1.1.0").error
    assert (shop.layers("labels"), shop.named) == (["2"], "1")


def test_a_rollback_puts_the_parameter_back_and_the_next_publish_leaves_it(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.publish("1.1.0")
    plan, outcome = shop.roll_back()
    assert [(move.before, move.to, str(move.version)) for move in plan.parameters] == [
        (f"{LAYER}:2", f"{LAYER}:1", "1.0.0")
    ]
    assert (outcome.error, outcome.parameters) == (None, plan.parameters)
    assert (shop.named, shop.layers("orders")) == ("1", ["1"])
    assert shop.outcome("1.1.0").error is None
    assert shop.named == "1"
    shop.publish("1.2.0")
    assert (shop.named, shop.layers("orders")) == ("3", ["3"])


def test_a_layer_that_only_stacks_follow_is_rolled_back_by_its_parameter(shop: Shop) -> None:
    shop.publish("1.1.0")
    _, outcome = shop.roll_back()
    assert (outcome.error, shop.named) == (None, "1")
    assert shop.outcome("1.1.0").error is None
    assert shop.named == "1"


def test_a_parameter_goes_to_the_version_asked_for(shop: Shop) -> None:
    shop.publish("1.1.0")
    shop.publish("1.2.0")
    shop.roll_back("1.0.0")
    assert shop.named == "1"


def test_a_parameter_that_is_there_or_before_stays(shop: Shop) -> None:
    shop.publish("1.1.0")
    shop.roll_back("1.0.0")
    plan, _ = shop.roll_back("1.1.0")
    assert (plan.parameters, shop.named) == ((), "1")


@pytest.mark.parametrize("theirs", ["soon", f"{LAYER}-extra:7", f"{LAYER}:9", LAYER.replace(ACCOUNT, "999988887777")])
def test_what_somebody_else_wrote_stays_and_is_told(shop: Shop, theirs: str) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.publish("1.1.0")
    shop.named = theirs
    plan, outcome = shop.roll_back()
    assert outcome.error is None
    assert (shop.aws.region().parameters[PARAMETER]["Value"], shop.layers("orders")) == (theirs, ["1"])
    (finding,) = plan.findings
    assert finding.message == (
        f"The parameter {PARAMETER} in {REGION} holds {theirs}, "
        "which is no version of http that we published: it stays."
    )


def test_a_rollout_beside_a_rollback_keeps_what_it_wrote(shop: Shop) -> None:
    shop.publish("1.1.0")
    request = RollbackRequest(regions=(REGION,))
    with shop.run("1.0.0").services() as services:
        plan = plan_rollback(services, shop.shape.specs[0], request)
        shop.publish("1.2.0")
        outcome = roll_back(services, plan, journal=Journal(None, account=ACCOUNT))
    assert (outcome.error, outcome.parameters, shop.named) == (None, (), "3")


def test_a_journal_takes_back_what_its_run_recorded_and_nothing_else(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.publish("1.1.0")
    shop.roll_back(journal=True)
    assert (shop.named, shop.layers("orders")) == ("1", ["1"])
    shop.publish("1.2.0")
    shop.named = f"{LAYER}:2"
    shop.roll_back(journal=True)
    assert (shop.named, shop.layers("orders")) == ("2", ["1"]), "another hand wrote the parameter since"


def test_functions_go_back_where_the_parameter_may_not_be_read(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.publish("1.1.0")
    shop.aws.deny("ssm:GetParameter")
    plan, outcome = shop.roll_back()
    assert (outcome.error, shop.layers("orders"), shop.named) == (None, ["1"], "2")
    assert plan.findings[0].message.startswith(f"The parameter {PARAMETER} in {REGION} stays as it is. AWS refused")
    assert plan.findings[0].ways_out[0].startswith("Allow ssm:GetParameter on ")


def test_functions_go_back_where_the_parameter_may_not_be_written_and_it_is_told(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.publish("1.1.0")
    shop.aws.deny("ssm:PutParameter")
    _, outcome = shop.roll_back()
    assert isinstance(outcome.error, PartialApplyError)
    assert outcome.error.message.startswith("Not every SSM parameter could be put back. AWS refused ssm:PutParameter")
    assert "Allow ssm:PutParameter" in outcome.error.hint
    assert (shop.layers("orders"), shop.named) == (["1"], "2")
    shop.aws.world.denied.clear()
    assert (shop.roll_back("1.0.0")[1].error, shop.named) == (None, "1")


def test_a_parameter_that_cannot_be_tagged_goes_back_all_the_same(shop: Shop) -> None:
    shop.publish("1.1.0")
    shop.aws.deny("ssm:AddTagsToResource")
    assert (shop.roll_back()[1].error, shop.named) == (None, "1")


def test_a_parameter_that_may_not_be_written_is_told_when_all_else_is_done(shop: Shop) -> None:
    shop.aws.add_function("orders", layers=[f"{LAYER}:1"])
    shop.aws.deny("ssm:PutParameter")
    error = shop.outcome("1.1.0").error
    assert isinstance(error, PartialApplyError)
    assert error.message.startswith("All is done except that not every SSM parameter could be written: AWS refused")
    assert error.hint.endswith("Then run again.")
    assert (shop.layers("orders"), shop.named) == (["2"], "1")
    again = shop.outcome("1.1.0").error
    assert (type(again), again and again.exit_code) != (PartialApplyError, 6), "now nothing at all was done"
    shop.aws.world.denied.clear()
    assert (shop.outcome("1.1.0").error, shop.named) == (None, "2")


def test_a_parameter_that_is_not_there_cannot_be_tagged(room: Room) -> None:
    with pytest.raises(MissingResourceError, match="There is no parameter /layers/other in us-east-1"):
        AwsParameters(room.session()).tag("/layers/other", REGION, {"layer-failed:http": "1.1.0"})


def test_a_parameter_never_goes_back_by_itself(shop: Shop) -> None:
    shop.publish("1.1.0")
    shop.named = f"{LAYER}:7"
    shop.publish("1.1.0")
    assert shop.named == "7"


def test_what_somebody_else_wrote_into_the_parameter_is_replaced_by_a_publication(shop: Shop) -> None:
    shop.named = "soon"
    shop.publish("1.1.0")
    assert shop.named == "2"


def test_a_pre_release_is_not_recorded(shop: Shop) -> None:
    with shop.run("1.0.0").connect(ONCE):
        shop.aws.add_layer_version("http", description=description_codec.encode(make_description("2.0.0-rc.1")))
    shop.publish("1.0.0")
    assert shop.named == "1"


def test_an_error_that_changed_nothing_is_no_partial_one(shop: Shop) -> None:
    shop.publish("1.1.0")
    shop.named = f"{LAYER}:1"
    shop.aws.deny("ssm:PutParameter")
    error = shop.outcome("1.1.0").error
    assert isinstance(error, AwsError)
    assert error.exit_code == 4
