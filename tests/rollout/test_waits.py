"""Waiting for AWS, by the book and by the clock: minutes for a throttle of EC2, never past the session's end."""

import signal
from collections.abc import Callable
from itertools import pairwise

import pytest

from layer_action.errors import AwsError, ConflictError, InterruptedRunError, StaleRevisionError, ThrottledError
from tests.fakes import Call
from tests.rollout.stage import AWSLAYER, FOREIGN, HTTP_1, HTTP_2, World, arn

MOVED = (FOREIGN, HTTP_2, AWSLAYER)
BEFORE = (FOREIGN, HTTP_1, AWSLAYER)
MINUTES = 60


def refused_for(world: World, minutes: float, error: Callable[[str], AwsError], *names: str) -> None:
    """Let AWS refuse every update (of these functions) from now on, for some minutes."""
    until = world.stage.clock.now() + minutes * MINUTES

    def fail(call: Call) -> AwsError | None:
        mine = not names or any(call.resource == arn(name) for name in names)
        if call.operation == "set_layers" and mine and world.stage.clock.now() < until:
            return error("Not now.")
        return None

    world.stage.calls.fail = fail


@pytest.mark.parametrize(("error", "minutes"), [(ThrottledError, 13), (ConflictError, 13)])
def test_a_refusal_that_time_heals_is_waited_out_for_minutes(error: Callable[[str], AwsError], minutes: float) -> None:
    world = World("a", "b")
    refused_for(world, minutes, error)
    outcome = world.apply()
    assert outcome.error is None
    assert {world.layers("a"), world.layers("b")} == {MOVED}


def test_waiting_ends_by_the_book() -> None:
    world = World("a")
    begun = world.stage.clock.now()
    refused_for(world, 600, ThrottledError)
    outcome = world.apply()
    assert isinstance(outcome.failures[0].error, ThrottledError)
    assert world.layers("a") == BEFORE
    assert 12 * MINUTES < world.stage.clock.now() - begun < 15 * MINUTES


def test_calls_are_spread_out_while_waiting() -> None:
    world = World("a")
    refused_for(world, 13, ThrottledError)
    world.apply()
    assert world.stage.calls.count("set_layers") < 40


def test_each_pause_is_twice_as_long_as_the_one_before_up_to_half_a_minute() -> None:
    world = World("a")
    asked: list[float] = []
    world.stage.calls.between.append(
        lambda call: asked.append(world.stage.clock.now()) if call.operation == "set_layers" else None
    )
    refused_for(world, 3, ThrottledError)
    world.apply()
    pauses = [round(later - earlier) for earlier, later in pairwise(asked)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 30, 30]


def test_waiting_ends_while_the_session_leaves_time_to_put_everything_back() -> None:
    world = World("a", "b")
    begun = world.stage.clock.now()
    refused_for(world, 600, ThrottledError, "b")
    outcome = world.apply(session_minutes=10)
    assert outcome.rolled_back == (arn("a"),)
    assert {world.layers("a"), world.layers("b")} == {BEFORE}
    assert world.stage.clock.now() - begun < 10 * MINUTES


def test_putting_back_waits_for_a_throttle_as_well() -> None:
    world = World("a", "b")
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    tries = 0

    def fail(call: Call) -> AwsError | None:
        nonlocal tries
        if call.operation == "set_layers" and world.layers("b") == MOVED:
            tries += 1
            return ThrottledError("Not now.") if tries < 12 else None
        return None

    world.stage.calls.fail = fail
    world.apply()
    assert {world.layers("a"), world.layers("b")} == {BEFORE}


def test_a_run_that_is_told_to_stop_waits_for_no_throttle() -> None:
    world = World("a", "b")
    refused_for(world, 600, ThrottledError, "b")

    class StopLater:
        signal_number = signal.SIGTERM

        def is_set(self) -> bool:
            return world.stage.calls.count("set_layers") > 3

    begun = world.stage.clock.now()
    outcome = world.apply(stop=StopLater())
    assert isinstance(outcome.error, InterruptedRunError)
    assert outcome.moved == (arn("a"),)
    assert (world.layers("a"), world.layers("b")) == (MOVED, BEFORE)
    assert world.stage.clock.now() - begun < MINUTES


def test_a_function_that_others_edit_all_the_time_is_given_up_soon() -> None:
    world = World("a")
    begun = world.stage.clock.now()
    refused_for(world, 600, StaleRevisionError)
    assert isinstance(world.apply().failures[0].error, StaleRevisionError)
    assert world.stage.calls.count("set_layers") <= 16
    assert world.stage.clock.now() - begun < 5 * MINUTES
