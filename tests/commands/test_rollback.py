"""`rollback`: functions go back, stay there, and nobody else's change is lost."""

import signal

import pytest

from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AccessDeniedError, InputError, InterruptedRunError
from layer_action.model.function import FunctionAlias
from layer_action.model.layer import Rollout
from layer_action.model.plan import HeldFunction, SkippedFunction
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.commands.returning import FOREIGN, HTTP, go, plan, three_versions
from tests.factories import ACCOUNT, REGION, make_function, make_spec
from tests.fakes import Stage, make_services
from tests.rollout.shop import Shop


@pytest.fixture
def stage() -> Stage:
    return three_versions()


def test_without_a_version_functions_go_to_the_one_before(stage: Stage) -> None:
    outcome = go(stage)
    assert outcome.error is None
    assert len(outcome.moved) == 2
    assert stage.functions.layers("cart") == (FOREIGN, HTTP.version(2))


def test_functions_go_to_the_version_asked_for(stage: Stage) -> None:
    go(stage, "1.0.0")
    assert stage.functions.layers("search") == (FOREIGN, HTTP.version(1))


def test_a_function_that_is_there_or_before_stays(stage: Stage) -> None:
    stage.functions.add(make_function("old", [HTTP.version(1)]))
    planned = plan(stage, "1.1.0")
    assert [op.function.name for op in planned.repoints] == ["cart", "search"]


def test_a_plan_to_roll_back_writes_nothing(stage: Stage) -> None:
    plan(stage)
    assert not stage.calls.writes


def test_what_was_left_is_not_tried_again(stage: Stage) -> None:
    go(stage)
    assert stage.functions.now("cart").tags == {"layer-failed:http": "2.0.0"}


def test_the_next_publish_leaves_the_functions_where_they_are() -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=3)
    assert shop.run().error is None
    request = RollbackRequest(regions=(REGION,))
    planned = plan_rollback(shop.stage.services(), shop.specs[0], request)
    assert roll_back(shop.stage.services(), planned, journal=Journal(None, account=ACCOUNT)).error is None
    before = shop.state()
    shop.run()
    assert shop.state() == before
    shop.require("http", "1.2.0")
    assert shop.run().error is None
    assert shop.stage.functions.layers("f00")[0] == HTTP.version(3)


def test_a_version_that_does_not_exist_is_named_with_those_that_do(stage: Stage) -> None:
    with pytest.raises(InputError, match=r"There is no version 1\.5\.0 of http in eu-central-1") as caught:
        plan(stage, "1.5.0")
    assert caught.value.hint == "There are: 2.0.0, 1.1.0, 1.0.0."


def test_a_version_beyond_the_newest_is_a_mistake_although_every_function_is_before_it(stage: Stage) -> None:
    with pytest.raises(InputError, match=r"There is no version 9\.9\.9 of http in eu-central-1"):
        plan(stage, "9.9.9")


def test_there_must_be_a_version_before() -> None:
    stage = Stage()
    stage.functions.add(make_function("cart", [stage.store.seed()]))
    with pytest.raises(InputError, match=r"no version of http before 1\.0\.0"):
        plan(stage)


def test_a_layer_that_no_function_lists_has_nothing_to_roll_back() -> None:
    stage = Stage()
    stage.store.seed()
    assert not plan(stage).changes_anything
    assert plan(stage).compared_with == "the version before"


def test_held_and_managed_functions_stay(stage: Stage) -> None:
    stage.functions.add(make_function("held", [HTTP.version(3)], tags={"layer:http": "=2.0.0"}))
    stage.functions.add(make_function("stack", [HTTP.version(3)], tags={"aws:cloudformation:stack-name": "shop"}))
    operations = {op.function.name: type(op) for op in plan(stage).functions}
    assert (operations["held"], operations["stack"]) == (HeldFunction, SkippedFunction)


def test_a_foreign_number_stays(stage: Stage) -> None:
    stage.store.seed("http", 4, None)
    stage.functions.add(make_function("own", [HTTP.version(4)]))
    assert "own" not in {op.function.name for op in plan(stage, "1.0.0").functions}


def test_alarms_do_not_hold_a_rollback_up(stage: Stage) -> None:
    stage.functions.alarms = {"errors": True}
    spec = make_spec(rollout=Rollout(alarms=("errors",), bake=30.0))
    planned = plan_rollback(stage.services(), spec, RollbackRequest(regions=(REGION,)))
    begun = stage.clock.now()
    assert roll_back(stage.services(), planned, journal=Journal(None, account=ACCOUNT)).error is None
    assert stage.clock.now() - begun < 60


def test_a_function_that_fails_does_not_move_the_others_forward_again(stage: Stage) -> None:
    stage.functions.verdict = lambda name, _: "broken" if name == "search" else ""
    outcome = go(stage)
    assert outcome.error is not None
    assert stage.functions.layers("cart") == (FOREIGN, HTTP.version(2))


def test_a_function_that_cannot_be_tagged_goes_back_all_the_same(stage: Stage) -> None:
    stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == "tag" else None
    assert len(go(stage).moved) == 2
    assert "may move it forward again" in stage.console.texts("warning")[0]


def test_an_alias_goes_back_with_its_function() -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=1, rollout=Rollout(alias="live"))
    shop.run()
    planned = plan_rollback(shop.stage.services(), shop.specs[0], RollbackRequest(regions=(REGION,)))
    roll_back(shop.stage.services(), planned, journal=Journal(None, account=ACCOUNT))
    function = make_function("f00").arn
    assert HTTP.version(1) in shop.stage.functions.served(function, "live").layer_arns
    assert isinstance(shop.stage.functions.alias(function, "live"), FunctionAlias)


def test_told_to_stop_no_function_goes_back(stage: Stage) -> None:
    class Stopped:
        signal_number = signal.SIGTERM

        def is_set(self) -> bool:
            return True

    options = ApplyOptions(stop=Stopped())
    outcome = roll_back(stage.services(), plan(stage), journal=Journal(None, account=ACCOUNT), options=options)
    assert isinstance(outcome.error, InterruptedRunError)
    assert not stage.calls.writes


def test_without_aws_nothing_can_be_rolled_back() -> None:
    services = make_services(functions=Unavailable(reason="there are no credentials"))
    with pytest.raises(InputError, match="there are no credentials"):
        plan_rollback(services, make_spec(), RollbackRequest(regions=(REGION,)))


def test_a_version_that_failed_where_it_could_not_be_taken_back_is_tried_nowhere_else() -> None:
    """The function that remembers it has it still, and so has nothing ahead."""
    shop = Shop(layers=("http",), regions=(REGION,), functions=3)
    assert shop.run(repoint=False).error is None
    shop.stage.functions.edit_layers("f01", [HTTP.version(2), FOREIGN])
    shop.stage.functions.edit("f01", tags={"layer-failed:http": "1.1.0"})
    outcome = shop.run()
    assert (outcome.error, outcome.moved) == (None, ())
    held = [op for op in outcome.plan.functions if isinstance(op, HeldFunction)]
    assert [op.function.name for op in held] == ["f00", "f02"]
    assert held[0].reason == "http 1.1.0 failed or was rolled back, says the tag layer-failed:http of f01"
