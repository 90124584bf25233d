"""Applying a plan: publish everything, move one function first, then the others, and undo what fails."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from semver import Version

from layer_action.errors import (
    AccessDeniedError,
    AmbiguousError,
    AwsError,
    BuildError,
    ConflictError,
    InputError,
    InterruptedRunError,
    PartialApplyError,
    ThrottledError,
)
from layer_action.model.layer import OnFailure, Rollout
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal, Result
from layer_action.rollout.run import Step, StepMove
from layer_action.rollout.waves import canaries_first
from tests.factories import (
    REGION,
    make_artifact,
    make_content,
    make_function,
    make_layer_version,
    make_move,
    make_plan,
    make_publication,
    make_repoint,
    make_spec,
)
from tests.fakes import Call, make_services
from tests.journals import read_journal
from tests.rollout.stage import AWSLAYER, FOREIGN, HTTP_1, HTTP_2, World, arn

MOVED = (FOREIGN, HTTP_2, AWSLAYER)
BEFORE = (FOREIGN, HTTP_1, AWSLAYER)


class StopAfter:
    """A stop sign that is set once a fake AWS has seen some calls."""

    signal_number = signal.SIGTERM

    def __init__(self, world: World, operation: str, count: int) -> None:
        self.world, self.operation, self.count = world, operation, count

    def is_set(self) -> bool:
        return self.world.stage.calls.count(self.operation) >= self.count


def test_functions_move_after_the_layer_is_published() -> None:
    world = World()
    outcome = world.apply()
    assert outcome.error is None
    assert [version.version_arn for version in outcome.published] == [HTTP_2]
    assert outcome.moved == (arn("checkout"), arn("search"), arn("cart"))
    assert {world.layers(name) for name in ("checkout", "search", "cart")} == {MOVED}
    writes = [call.operation for call in world.stage.calls.writes]
    assert writes == ["publish", "set_layers", "set_layers", "set_layers"]


def test_all_regions_are_published_before_a_function_moves() -> None:
    world = World()
    world.store.add(make_layer_version("http", region="us-east-1"))
    publications = [make_publication(world.content, region=region) for region in (REGION, "us-east-1")]
    outcome = world.apply(make_plan(publications, world.repoints()))
    assert [version.arn.region for version in outcome.published] == [REGION, "us-east-1"]
    assert [call.operation for call in world.stage.calls.writes][:2] == ["publish", "publish"]


def test_nothing_moves_when_one_region_cannot_be_published() -> None:
    world = World()
    world.store.add(make_layer_version("http", region="us-east-1"))
    publications = [make_publication(world.content, region=region) for region in (REGION, "us-east-1")]
    denied = AccessDeniedError("You may not publish.", hint="Grant lambda:PublishLayerVersion.")
    world.stage.calls.fail = lambda c: denied if c.operation == "publish" and "us-east-1" in c.resource else None
    outcome = world.apply(make_plan(publications, world.repoints()))
    assert isinstance(outcome.error, PartialApplyError)
    assert "1 of 2 layer versions published, and no function moved" in outcome.error.message
    assert world.layers("checkout") == BEFORE
    assert len(outcome.published) == 1


def test_a_failure_that_changed_nothing_is_the_error_itself() -> None:
    world = World()
    world.stage.calls.fail = lambda c: AccessDeniedError("No.") if c.operation == "publish" else None
    assert isinstance(world.apply().error, AccessDeniedError)


def test_a_version_that_another_run_published_meanwhile_is_used() -> None:
    world = World()
    plan = world.plan()
    world.store.add(make_layer_version("http", 2, "1.1.0", digest=world.content.digest))
    outcome = world.apply(plan)
    assert outcome.error is None
    assert len(world.store.all_versions()) == 2
    assert world.layers("checkout") == MOVED


def test_a_plan_that_somebody_overtook_publishes_nothing() -> None:
    world = World()
    plan = world.plan()
    world.store.add(make_layer_version("http", 2, "1.1.0"))
    error = world.apply(plan).error
    assert isinstance(error, AwsError)
    assert "was published after this plan was made" in error.message
    assert len(world.store.all_versions()) == 2


def test_a_zip_that_the_plan_does_not_describe_is_not_published() -> None:
    world = World()
    other = {"http": make_artifact(make_content(seed="three"))}
    outcome = apply(world.plan(), other, services=world.stage.services(), journal=Journal(None, account=""))
    assert isinstance(outcome.error, BuildError)
    assert not world.stage.calls.writes


def test_without_repoint_no_function_is_touched() -> None:
    world = World()
    outcome = world.apply(repoint=False)
    assert (len(outcome.published), outcome.moved, outcome.error) == (1, (), None)
    assert world.layers("checkout") == BEFORE


def test_without_access_to_aws_nothing_is_applied() -> None:
    services = make_services(store=Unavailable(reason="there are no credentials"))
    with pytest.raises(InputError, match="there are no credentials"):
        apply(make_plan(), {}, services=services, journal=Journal(None, account=""))


def test_the_first_failure_stops_the_rollout_and_puts_the_others_back() -> None:
    world = World("a", "b", "c", "d")
    world.functions.verdict = lambda name, layers: "ImportError" if name == "c" and HTTP_2 in layers else ""
    outcome = world.apply()
    assert isinstance(outcome.error, PartialApplyError)
    assert "Lambda gave up on the update of c: ImportError" in outcome.error.message
    assert "2 functions were put back on their old layers, 1 was not started." in outcome.error.message
    assert {world.layers(name) for name in "abcd"} == {BEFORE}
    assert outcome.moved == ()
    assert outcome.rolled_back == (arn("b"), arn("a")), "c was never on the new layers"
    (failure,) = outcome.failures
    assert (failure.function, failure.restored) == (arn("c"), True)


@pytest.mark.parametrize("shows_asked", [True, False])
def test_a_function_that_failed_ends_on_its_old_layers_whatever_aws_shows(shows_asked: bool) -> None:
    world = World("a", "b")
    world.functions.failed_shows_asked = shows_asked
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    world.apply()
    assert (world.layers("a"), world.layers("b")) == (BEFORE, BEFORE)


def test_a_version_that_failed_is_remembered_on_each_function() -> None:
    world = World("a", "b", "c")
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    world.apply()
    tags = [world.functions.now(name).tags for name in "abc"]
    assert tags == [{"layer-failed:http": "1.1.0"}, {"layer-failed:http": "1.1.0"}, {}]


def test_a_function_we_may_not_update_does_not_condemn_the_version() -> None:
    world = World("a", "b")
    world.stage.calls.fail = lambda c: (
        AccessDeniedError("No.") if (c.operation, c.resource) == ("set_layers", arn("b")) else None
    )
    outcome = world.apply()
    assert outcome.rolled_back[-1] == arn("a")
    assert [world.functions.now(name).tags for name in "ab"] == [{}, {}]


def test_a_network_that_fails_does_not_condemn_the_version() -> None:
    world = World("a", "b")
    dead = AwsError("AWS cannot be reached.")
    world.stage.calls.fail = lambda c: dead if (c.operation, c.resource) == ("set_layers", arn("b")) else None
    world.apply()
    assert [world.functions.now(name).tags for name in "ab"] == [{}, {}]


def test_on_failure_stop_leaves_what_was_moved() -> None:
    world = World("a", "b", spec=make_spec(rollout=Rollout(on_failure=OnFailure.STOP)))
    world.functions.verdict = lambda name, _: "broken" if name == "b" else ""
    outcome = world.apply()
    assert outcome.moved == (arn("a"),)
    assert world.layers("a") == MOVED
    assert isinstance(outcome.error, PartialApplyError)
    assert "1 function was left moved (`on-failure: stop`)" in outcome.error.message


def test_a_rollback_leaves_what_somebody_changed_since() -> None:
    world = World("a", "b")
    other = make_layer_version("http", 3, None).version_arn

    def verdict(name: str, _: object) -> str:
        if name == "b":
            world.store.add(make_layer_version("http", 3, None))
            world.functions.edit_layers("a", [other])
        return "broken" if name == "b" else ""

    world.functions.verdict = verdict
    outcome = world.apply()
    assert world.layers("a") == (other,)
    assert (outcome.moved, outcome.rolled_back) == ((), ())
    assert outcome.left == {arn("a"): "somebody else changed its layers after us"}


def test_a_rollback_keeps_other_entries_that_somebody_changed_since() -> None:
    world = World("a", "b")

    def verdict(name: str, layers: Sequence[str]) -> str:
        if name == "b" and HTTP_2 in layers:
            world.functions.edit_layers("a", [HTTP_2, FOREIGN])
            return "broken"
        return ""

    world.functions.verdict = verdict
    world.apply()
    assert world.layers("a") == (HTTP_1, FOREIGN)


def test_a_function_that_cannot_be_put_back_is_named() -> None:
    world = World("a", "b")
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    refusing = AccessDeniedError("The session has ended.")
    updates = 0

    def fail(call: Call) -> Exception | None:
        nonlocal updates
        updates += call.operation == "set_layers"
        return refusing if call.operation == "set_layers" and updates > 2 else None

    world.stage.calls.fail = fail
    outcome = world.apply()
    assert outcome.moved == (arn("a"),)
    assert isinstance(outcome.error, PartialApplyError)
    assert "broken. 1 function was not put back (a: The session has ended)." in outcome.error.message
    assert "rollback LAYER" in outcome.error.hint


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


def test_many_functions_move_side_by_side() -> None:
    world = World(*(f"f{n:03}" for n in range(120)))
    outcome = world.apply(in_flight=16)
    assert outcome.error is None
    assert len(set(outcome.moved)) == 120


def test_a_failure_among_many_puts_all_back() -> None:
    world = World(*(f"f{n:03}" for n in range(60)))
    world.functions.verdict = lambda name, layers: "broken" if name == "f030" and HTTP_2 in layers else ""
    outcome = world.apply(in_flight=16)
    assert outcome.moved == ()
    assert {world.layers(f"f{n:03}") for n in range(60)} == {BEFORE}


def test_each_layer_has_a_canary_of_its_own() -> None:

    def step(name: str, *layers: str, region: str = REGION) -> Step:
        moves = tuple(StepMove(layer=x, layer_name=x, before="", to="", version=Version(1)) for x in layers)
        return Step(function=make_function(name, region=region), moves=moves)

    steps = [
        step("a", "http"),
        step("b", "http"),
        step("c", "http", "data"),
        step("d", "data"),
        step("e", "data", region="x"),
    ]
    canaries, rest = canaries_first(steps)
    assert [s.function.name for s in canaries] == ["a", "c"]
    assert [s.function.name for s in rest] == ["b", "e", "d"]


def test_only_the_necessary_is_called() -> None:
    world = World("a", "b")
    world.functions.settles_after = 1
    world.apply()
    calls = [call.operation for call in world.stage.calls.record]
    assert calls == ["versions", "publish"] + ["read", "set_layers", "read", "read"] * 2


def test_a_layer_update_that_aws_refuses_is_told_with_its_reason() -> None:
    world = World("a")
    world.functions.edit_layers("a", [HTTP_1, make_layer_version("gone", 3).version_arn])
    outcome = world.apply()
    assert "does not exist" in outcome.failures[0].error.message
    assert outcome.failures[0].restored


def test_options_default_to_an_hour() -> None:
    assert ApplyOptions().session_minutes == 60


def test_the_memory_of_an_older_failure_goes_when_a_newer_version_is_there() -> None:
    world = World("a", "b", tags={"layer-failed:http": "1.0.5", "team": "shop"})
    assert world.apply().error is None
    assert world.functions.now("a").tags == {"team": "shop"}


def test_the_memory_of_a_newer_failure_stays() -> None:
    world = World("a", tags={"layer-failed:http": "1.2.0"})
    assert world.apply().error is None
    assert world.functions.now("a").tags == {"layer-failed:http": "1.2.0"}


def test_a_pre_release_beside_the_plan_is_nobodys_work_to_undo() -> None:
    world = World()
    plan = world.plan()
    world.store.add(make_layer_version("http", 2, "2.0.0-rc.1"))
    outcome = world.apply(plan)
    assert outcome.error is None
    assert [version.number for version in outcome.published] == [3]


def test_of_twins_that_others_published_meanwhile_the_lowest_is_taken() -> None:
    world = World()
    plan = world.plan()
    for number in (2, 3):
        world.store.add(make_layer_version("http", number, "1.1.0", digest=world.content.digest))
    outcome = world.apply(plan)
    assert [version.number for version in outcome.published] == [2]
    assert world.layers("checkout") == MOVED


def test_a_journal_that_takes_no_more_stops_the_rollout_and_all_is_put_back(tmp_path: Path) -> None:
    world = World("a", "b", "c")
    with Journal(tmp_path / "journal.jsonl", account="123456789012") as journal:

        def hand(call: Call) -> None:
            if call.operation == "read" and world.layers("b") == MOVED:
                full = os.open("/dev/full", os.O_WRONLY)
                os.dup2(full, journal._file)  # type: ignore[arg-type]  # noqa: SLF001 - the disk is full from here on
                os.close(full)

        world.stage.calls.between.append(hand)
        outcome = world.apply(journal=journal)
    assert isinstance(outcome.error, PartialApplyError)
    assert outcome.error.message == (
        "The journal cannot be written: No space left on device. 2 functions were put back on their old layers."
    )
    assert "make room" in outcome.error.hint
    assert [world.layers(name) for name in "abc"] == [BEFORE] * 3
    assert [world.functions.now(name).tags for name in "abc"] == [{}] * 3


def test_functions_moved_and_all_put_back_are_no_change_and_are_told() -> None:
    world = World("a", "b")
    world.apply(repoint=False)
    rest = make_plan([], [make_repoint(op.function, make_move(to=2)) for op in world.repoints()])
    world.stage.calls.fail = lambda c: (
        AccessDeniedError("No.") if (c.operation, c.resource) == ("set_layers", arn("b")) else None
    )
    error = world.apply(rest).error
    assert error is not None
    assert (error.exit_code, error.message) == (4, "No. 1 function was put back on its old layers.")
    assert (world.layers("a"), world.layers("b")) == (BEFORE, BEFORE)
