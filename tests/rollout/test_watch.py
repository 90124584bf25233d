"""Alarms, pauses, the end of the session and signals: when a rollout does not go on."""

import signal
from pathlib import Path

import pytest
from semver import Version

from layer_action.errors import AwsError, InputError, InterruptedRunError, PartialApplyError
from layer_action.model.layer import Rollout
from layer_action.model.published import LayerArn
from layer_action.rollout.journal import Journal, Result
from layer_action.rollout.run import Moved, NotStarted, Step, StepMove
from layer_action.rollout.waves import Watch, roll_out
from tests.factories import make_layer_arn, make_move, make_plan, make_repoint, make_spec
from tests.fakes import Call
from tests.journals import read_journal
from tests.rollout.stage import BEFORE, HTTP_2, MOVED, World, arn, make_run

HTTP = make_layer_arn("http")


class StopAfter:
    """A stop sign that is set once a fake AWS has seen some calls."""

    signal_number = signal.SIGTERM

    def __init__(self, world: World, operation: str, count: int) -> None:
        self.world, self.operation, self.count = world, operation, count

    def is_set(self) -> bool:
        return self.world.stage.calls.count(self.operation) >= self.count


def test_alarms_hold_the_rest_back_and_put_the_first_back() -> None:
    world = World("a", "b", spec=make_spec(rollout=Rollout(bake=5.0, alarms=("errors",))))
    world.functions.alarms = {"errors": False}

    def hand(call: Call) -> None:
        if call.operation == "set_layers":
            world.functions.alarms["errors"] = True

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert isinstance(outcome.error, PartialApplyError)
    assert outcome.error.message.startswith("errors is in ALARM in eu-central-1.")
    assert (world.layers("a"), world.layers("b")) == (BEFORE, BEFORE)
    assert outcome.rolled_back == (arn("a"),)


def test_the_pause_after_the_first_function_is_as_long_as_asked() -> None:
    world = World("a", "b", spec=make_spec(rollout=Rollout(bake=5.0)))
    begun = world.stage.clock.now()
    assert world.apply().error is None
    assert world.stage.clock.now() - begun >= 300


def test_told_to_stop_while_watching_the_rest_does_not_move() -> None:
    world = World("a", "b", spec=make_spec(rollout=Rollout(bake=30.0)))
    begun = world.stage.clock.now()

    class StopLater:
        signal_number = signal.SIGINT

        def is_set(self) -> bool:
            return world.stage.clock.now() > begun + 60

    outcome = world.apply(stop=StopLater())
    assert isinstance(outcome.error, InterruptedRunError)
    assert outcome.error.message == (
        "Stopped by SIGINT. The first functions were not watched to the end. "
        "1 function was moved and stays on its new layers, 1 was not started."
    )
    assert world.stage.clock.now() < begun + 70


def test_nothing_begins_while_an_alarm_is_firing() -> None:
    world = World(spec=make_spec(rollout=Rollout(alarms=("errors",))))
    world.functions.alarms = {"errors": True}
    outcome = world.apply()
    assert isinstance(outcome.error, AwsError)
    assert not world.stage.calls.writes


def test_an_alarm_that_does_not_exist_stops_everything_before_it_begins() -> None:
    world = World(spec=make_spec(rollout=Rollout(alarms=("errors",))))
    outcome = world.apply()
    assert outcome.error is not None
    assert "There is no alarm errors" in outcome.error.message
    assert not world.stage.calls.writes


def test_a_pause_longer_than_the_session_is_refused() -> None:
    world = World(spec=make_spec(rollout=Rollout(bake=90.0)))
    with pytest.raises(InputError, match="session ends before that"):
        world.apply(session_minutes=60)
    assert not world.stage.calls.writes


def test_no_function_moves_that_the_session_leaves_no_time_to_put_back() -> None:
    world = World("a", "b", "c")
    world.functions.settles_after = 40
    outcome = world.apply(session_minutes=5)
    assert isinstance(outcome.error, PartialApplyError)
    assert "The session ends too soon" in outcome.error.message
    assert 0 < len(outcome.moved) < 3
    rest = make_plan([], [make_repoint(op.function, make_move(to=2)) for op in world.repoints()])
    assert world.apply(rest).error is None
    assert {world.layers(name) for name in "abc"} == {MOVED}


@pytest.mark.parametrize(
    ("moved", "longest", "seconds"),
    [(0, 0.0, 60), (100, 0.0, 100), (100, 3.0, 100), (100, 30.0, 360), (101, 30.0, 390)],
    ids=["nothing", "bound by our calls", "still", "bound by what is in flight", "and one more wave"],
)
def test_the_session_keeps_a_minute_and_what_putting_back_takes(moved: int, longest: float, seconds: float) -> None:
    """Four calls a function at ten a second, or one wave of updates after the other."""
    assert make_run(deadline=1000.0, in_flight=10).last_moment(moved, longest) == 1000 - seconds


def test_nobody_watches_where_the_session_leaves_no_time_for_the_other_first_function() -> None:
    world = World("a", "b", "c")
    data = make_layer_arn("data")
    for name, number, version in (("http", 2, "1.1.0"), ("data", 1, "1.0.0"), ("data", 2, "1.1.0")):
        world.store.seed(name, number, version)
    world.functions.edit_layers("b", [data.version(1)])
    world.functions.settles_after = 30
    steps = [step_of(world, "a"), step_of(world, "b", data), step_of(world, "c")]
    begun = world.stage.clock.now()
    run = make_run(functions=world.functions, clock=world.stage.clock, deadline=begun + 250)
    wave = roll_out(run, steps, Watch(seconds=1000.0, alarms=()))
    assert [type(end) for end in wave.ended] == [Moved, NotStarted, NotStarted]
    assert world.stage.clock.now() < begun + 250


def step_of(world: World, name: str, layer: LayerArn = HTTP) -> Step:
    move = StepMove(
        layer=layer.name, layer_name=layer.name, before=layer.version(1), to=layer.version(2), version=Version(1, 1)
    )
    return Step(function=world.functions.now(name), moves=(move,))


def test_the_session_is_as_old_as_its_credentials() -> None:
    world = World("a", "b")
    outcome = world.apply(started=world.stage.clock.now() - 3590)
    assert isinstance(outcome.error, PartialApplyError)
    assert outcome.error.message == (
        "The session ends too soon to move more functions and still be able to undo it. 2 functions were not started."
    )
    assert "`session-minutes`" in outcome.error.hint
    assert {world.layers(name) for name in "ab"} == {BEFORE}


def test_a_session_that_ends_before_anything_was_done_changed_nothing() -> None:
    world = World("a")
    world.apply(repoint=False)
    rest = make_plan([], [make_repoint(op.function, make_move(to=2)) for op in world.repoints()])
    error = world.apply(rest, started=world.stage.clock.now() - 3590).error
    assert (type(error), error and error.exit_code) == (AwsError, 4)


def test_a_pause_that_leaves_no_time_to_undo_is_refused() -> None:
    world = World(spec=make_spec(rollout=Rollout(bake=59.5)))
    with pytest.raises(InputError, match="too soon to undo it"):
        world.apply(session_minutes=60)
    assert not world.stage.calls.writes


def test_what_was_moved_in_time_can_be_put_back_in_time() -> None:
    world = World(*(f"f{n:02}" for n in range(40)))
    world.functions.settles_after = 20
    begun = world.stage.clock.now()
    last = f"f{len(world.apply(session_minutes=30).moved) - 1:02}"
    again = World(*(f"f{n:02}" for n in range(40)))
    again.functions.settles_after = 20
    again.functions.verdict = lambda name, layers: "broken" if name == last and HTTP_2 in layers else ""
    outcome = again.apply(session_minutes=30)
    assert outcome.moved == ()
    assert again.stage.clock.now() - begun <= 30 * 60, "the session was still valid when the last was back"


def test_told_to_stop_while_publishing_nothing_moves() -> None:
    world = World()
    outcome = world.apply(stop=StopAfter(world, "publish", 1))
    assert isinstance(outcome.error, InterruptedRunError)
    assert outcome.error.signal_number == signal.SIGTERM
    assert "1 of 1 layer version published" in outcome.error.message
    assert world.layers("checkout") == BEFORE
    assert "take back" not in outcome.error.hint, "nothing moved"


def test_told_to_stop_the_function_in_flight_is_finished_and_the_journal_true(tmp_path: Path) -> None:
    world = World("a", "b", "c")
    with Journal(tmp_path / "journal.jsonl", account="123456789012") as journal:
        outcome = world.apply(journal=journal, stop=StopAfter(world, "set_layers", 2))
    assert isinstance(outcome.error, InterruptedRunError)
    assert outcome.moved == (arn("a"), arn("b"))
    assert [world.functions.now(name).status for name in "abc"] == ["Successful"] * 3
    record = read_journal(tmp_path / "journal.jsonl")
    assert [entry.call for entry in record.entries] == ["publish", "set_layers", "set_layers"]
    assert {entry.result for entry in record.entries} == {Result.DONE}
