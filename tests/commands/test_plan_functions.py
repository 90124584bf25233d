"""Planning what becomes of the functions pinned to a layer."""

from layer_action.errors import AccessDeniedError
from layer_action.model.function import Unknown
from layer_action.model.layer import Rollout
from layer_action.model.plan import HeldFunction
from tests.commands.desk import HTTP, World, moved, published
from tests.factories import make_spec


def test_functions_that_an_earlier_run_left_behind_are_moved() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("left-behind", 1)
    world.require({"requests": "2.32.3"})
    world.publish()

    planned = world.plan()

    assert published(planned) == []
    (repoint,) = planned.plan.repoints
    assert repoint.function.name == "left-behind"
    assert repoint.moves[0].to == HTTP.version(2)


def test_functions_that_are_where_they_should_be_are_not_even_read() -> None:
    world = World()
    world.publish()
    world.pin("current", 1)
    before = len(world.stage.calls.record)
    planned = world.plan()
    assert planned.plan.functions == ()
    assert {call.operation for call in world.stage.calls.record[before:]} == {"versions", "listed"}


def test_without_repoint_no_function_is_looked_at() -> None:
    world = World()
    world.publish()
    world.pin("checkout", 1)
    before = len(world.stage.calls.record)
    assert world.plan(repoint=False).plan.functions == ()
    assert {call.operation for call in world.stage.calls.record[before:]} == {"versions"}


def test_a_held_function_is_in_the_plan_with_its_reason() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("careful", 1, tags={"layer:http": "hold"})
    world.require({"requests": "2.32.3"})
    (operation,) = world.plan().plan.functions
    assert isinstance(operation, HeldFunction)


def test_a_function_too_large_blocks_the_plan() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("huge", 1)
    world.stage.functions.code_sizes["huge"] = 262_000_000
    world.require({"requests": "2.32.3"})
    assert [finding.check for finding in world.plan().plan.problems()] == ["function-too-large"]


def test_a_renamed_layer_takes_its_functions_along() -> None:
    world = World(make_spec("web", rollout=Rollout(replaces="http")))
    world.stage.store.seed("http", 1)
    world.pin("checkout", 1)
    assert moved(world.plan()) == ["checkout"]


def test_what_may_not_be_read_is_kept_with_unknown_tags() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("hidden", 1)
    world.require({"requests": "2.32.3"})
    denied = AccessDeniedError("lambda:GetFunction is not allowed", operation="lambda:GetFunction")
    world.stage.calls.fail = lambda call: denied if call.operation == "read" else None
    planned = world.plan()
    assert "tags-unknown" in [finding.check for finding in planned.plan.findings]
    assert planned.plan.functions[0].function.tags == Unknown(reason="lambda:GetFunction is not allowed")
