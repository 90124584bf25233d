"""A rollout that fails: what was moved is put back, and the version is remembered."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from layer_action.errors import AccessDeniedError, AwsError, PartialApplyError
from layer_action.model.layer import OnFailure, Rollout
from layer_action.rollout.journal import Journal
from tests.factories import make_layer_version, make_move, make_plan, make_repoint, make_spec
from tests.fakes import Call
from tests.rollout.stage import BEFORE, FOREIGN, HTTP_1, HTTP_2, MOVED, World, arn


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
    assert world.stage.console.texts("error") == [f"{arn('a')} could not be put back: The session has ended."]
    assert [world.functions.now(name).tags for name in "ab"] == [{}, {"layer-failed:http": "1.1.0"}]


def test_a_function_that_cannot_be_tagged_with_what_failed_is_told_and_put_back_all_the_same() -> None:
    world = World("a")
    world.functions.verdict = lambda _name, layers: "broken" if HTTP_2 in layers else ""
    world.stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == "tag" else None
    world.apply()
    assert world.layers("a") == BEFORE
    assert world.stage.console.texts("warning") == ["a could not be tagged with the version that failed: No."]


def test_a_failure_among_many_puts_all_back() -> None:
    world = World(*(f"f{n:03}" for n in range(60)))
    world.functions.verdict = lambda name, layers: "broken" if name == "f030" and HTTP_2 in layers else ""
    outcome = world.apply(in_flight=16)
    assert outcome.moved == ()
    assert {world.layers(f"f{n:03}") for n in range(60)} == {BEFORE}


def test_a_layer_update_that_aws_refuses_is_told_with_its_reason() -> None:
    world = World("a")
    world.functions.edit_layers("a", [HTTP_1, make_layer_version("gone", 3).version_arn])
    outcome = world.apply()
    assert "does not exist" in outcome.failures[0].error.message
    assert outcome.failures[0].restored


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
