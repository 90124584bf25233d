"""A run may die, lose an answer or be refused at any call: the next run ends where an undisturbed one would have."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from layer_action.errors import (
    AccessDeniedError,
    AmbiguousError,
    AwsError,
    ConflictError,
    LayerActionError,
    StaleRevisionError,
    ThrottledError,
    exit_code_of,
)
from layer_action.model.layer import Rollout
from layer_action.model.plan import SkippedFunction, Unchanged
from tests.fakes import Call, Killed
from tests.rollout.shop import Shop

Make = Callable[[], Shop]


def small() -> Shop:
    return Shop(layers=("http", "data"), functions=3)


def with_alias() -> Shop:
    return Shop(layers=("http",), regions=("eu-central-1",), functions=2, rollout=Rollout(alias="live"))


def undisturbed(make: Make) -> tuple[dict[str, object], list[Call]]:
    shop = make()
    assert shop.run().error is None
    return shop.state(), list(shop.stage.calls.record)


def check_whole(shop: Shop) -> None:
    """No function is half moved."""
    for function in shop.stage.functions.all_functions():
        assert function.layer_arns in shop.lists(function.arn)


def check_converges(shop: Shop, wanted: dict[str, object]) -> None:
    """Run again, without trouble: the state is that of an undisturbed run, and a third run has nothing to do."""
    shop.stage.calls.restart()
    assert shop.run().error is None
    assert shop.state() == wanted
    shop.stage.calls.restart()
    plan = shop.plan()
    assert not plan.changes_anything
    assert {type(operation) for operation in plan.layers} == {Unchanged}
    assert not shop.stage.calls.writes


@pytest.mark.parametrize("make", [small, with_alias])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_the_next_run_ends_in_the_same_state(make: Make, after: bool) -> None:
    wanted, calls = undisturbed(make)
    for call in calls:
        shop = make()
        if after:
            shop.stage.calls.kill_after = call.number
        else:
            shop.stage.calls.kill_before = call.number
        with pytest.raises(Killed):
            shop.run()
        check_whole(shop)
        check_converges(shop, wanted)


FAULTS = {
    "denied": AccessDeniedError("AWS refused it."),
    "throttled": ThrottledError("Rate exceeded."),
    "server error": AmbiguousError("AWS gave no answer."),
    "unreachable": AwsError("AWS cannot be reached."),
    "conflict": ConflictError("An update is in progress."),
    "stale": StaleRevisionError("The Revision Id does not match."),
}


@pytest.mark.parametrize("make", [small, with_alias])
@pytest.mark.parametrize(("fault", "lost"), [*((fault, False) for fault in FAULTS), ("server error", True)])
def test_refused_or_unheard_at_any_call_the_next_run_ends_in_the_same_state(make: Make, fault: str, lost: bool) -> None:
    wanted, calls = undisturbed(make)
    for call in calls:
        shop = make()
        (shop.stage.calls.lost if lost else shop.stage.calls.faults)[call.number] = FAULTS[fault]
        before = shop.state()
        with suppress(LayerActionError):
            outcome = shop.run()
            code = exit_code_of(outcome.error) if outcome.error else 0
            changed = shop.state() != before
            assert code in {0, 4, 6}
            assert code != 4 or not changed, f"call {call}: exit 4 says that nothing was changed"
            skipped = any(isinstance(operation, SkippedFunction) for operation in outcome.plan.functions)
            assert code != 0 or skipped or shop.state() == wanted
        check_whole(shop)
        check_converges(shop, wanted)


def test_many_at_once_end_in_the_same_state_as_one_by_one() -> None:
    wanted, _ = undisturbed(Shop)
    shop = Shop()
    assert shop.run(in_flight=8).error is None
    assert shop.state() == wanted


def test_two_runs_at_once_converge() -> None:
    wanted, calls = undisturbed(small)
    for number in range(1, len(calls) + 1, 3):
        shop = small()
        other_ran = False

        def other(call: Call, number: int = number, shop: Shop = shop) -> None:
            nonlocal other_ran
            if call.number >= number and not other_ran:
                other_ran = True
                shop.run()

        shop.stage.calls.between.append(other)
        with suppress(LayerActionError):
            shop.run()
        check_whole(shop)
        check_converges(shop, wanted)
