"""What AWS and others do to a function while a rollout moves it."""

import pytest

from layer_action.errors import AmbiguousError, AwsError, ConflictError, ThrottledError
from layer_action.record import replace
from tests.factories import make_layer_arn, make_layer_version, make_move, make_repoint
from tests.fakes import Call
from tests.rollout.stage import AWSLAYER, BEFORE, FOREIGN, HTTP_1, HTTP_2, MOVED, World, arn


def test_an_edit_between_read_and_update_is_kept() -> None:
    world = World("a")
    edited = False

    def hand(call: Call) -> None:
        nonlocal edited
        if call.operation == "set_layers" and not edited:
            edited = True
            world.functions.edit_layers("a", [AWSLAYER, HTTP_1])

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert outcome.error is None
    assert world.layers("a") == (AWSLAYER, HTTP_2)


def test_a_function_that_got_the_layer_beside_the_one_that_it_replaces_is_left() -> None:
    """AWS takes no list with two versions of one layer."""
    old = make_layer_arn("http-old")
    world = World("a", "b")
    for number in range(2):
        world.store.seed("http-old", number + 1, f"1.{number}.0")
    for name, layers in (("a", [old.version(1)]), ("b", [old.version(1), HTTP_1])):
        world.functions.edit_layers(name, layers)
    move = replace(make_move(), before=old.version(1))
    repoints = tuple(make_repoint(world.functions.now(name), move) for name in "ab")
    outcome = world.apply(replace(world.plan(), functions=repoints))
    assert outcome.error is None
    assert world.layers("a") == (HTTP_2,)
    assert world.layers("b") == (old.version(1), HTTP_1)
    assert outcome.left == {arn("b"): "somebody changed its layers or tags since the plan; the next run decides anew"}


def test_an_update_in_progress_is_waited_out() -> None:
    world = World("a")
    world.functions.settles_after = 5
    function = world.functions.read(arn("a"))
    world.functions.set_layers(function, [HTTP_1, FOREIGN])
    assert world.apply().error is None
    assert world.layers("a") == (HTTP_2, FOREIGN)


def test_a_conflict_is_tried_again() -> None:
    world = World("a")
    busy = [ConflictError("An update is in progress.")] * 2
    world.stage.calls.fail = lambda c: busy.pop() if busy and c.operation == "set_layers" else None
    assert world.apply().error is None
    assert world.layers("a") == MOVED


@pytest.mark.parametrize("error", [AmbiguousError("lost"), ThrottledError("slow down"), ConflictError("busy")])
def test_an_update_whose_answer_is_lost_is_recognised(error: AwsError) -> None:
    world = World("a")
    seen = 0

    def hand(call: Call) -> None:
        nonlocal seen
        if call.operation == "set_layers":
            seen += 1
            if seen == 1:
                world.stage.calls.lost[call.number] = error

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert (outcome.error, seen) == (None, 1)
    assert outcome.moved == (arn("a"),)


def test_a_function_that_never_comes_to_rest_fails_after_a_while() -> None:
    world = World("a")
    world.functions.settles_after = 10_000
    outcome = world.apply()
    assert "still in progress after 10 minutes" in outcome.failures[0].error.message


def test_a_function_deleted_meanwhile_is_no_failure() -> None:
    world = World("a", "b")
    plan = world.plan()
    world.functions.remove("b")
    outcome = world.apply(plan)
    assert (outcome.error, outcome.moved) == (None, (arn("a"),))


def test_a_function_that_its_owner_held_meanwhile_is_left() -> None:
    world = World("a", "b")
    plan = world.plan()
    world.functions.edit("b", tags={"layer:http": "1.0.x"})
    outcome = world.apply(plan)
    assert (outcome.error, outcome.moved) == (None, (arn("a"),))
    assert world.layers("b") == BEFORE


def test_a_function_that_a_newer_run_moved_is_left() -> None:
    world = World("a")
    plan = world.plan()
    newer = world.store.add(make_layer_version("http", 7, None)).version_arn
    world.functions.edit_layers("a", [newer])
    world.store.remove(make_layer_version("http", 7))
    world.apply(plan)
    assert world.layers("a") == (newer,)


def test_a_function_that_somebody_changed_right_after_us_is_theirs() -> None:
    world = World("a", "b")

    def hand(call: Call) -> None:
        if call.operation == "read" and world.layers("a") == MOVED:
            world.functions.edit_layers("a", [FOREIGN])

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert (outcome.error, outcome.moved) == (None, (arn("b"),))
    assert world.layers("a") == (FOREIGN,)
