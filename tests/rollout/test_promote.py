"""Aliases follow the layers, unless that would release more than them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from layer_action.errors import AwsError, PartialApplyError, StaleRevisionError
from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.model.layer import Rollout
from layer_action.rollout.journal import Journal
from tests.factories import make_function, make_spec
from tests.fakes import Call
from tests.journals import read_journal
from tests.rollout.stage import AWSLAYER, FOREIGN, HTTP_1, HTTP_2, World, arn

LISTED = (FOREIGN, HTTP_1, AWSLAYER)


def published(name: str, **overrides: Any) -> PinnedFunction:
    return make_function(name, LISTED, **({"arn": f"{arn(name)}:1"} | overrides))


def world_with_alias(*names: str, routes: bool = False, **version: Any) -> World:
    world = World("placeholder", spec=make_spec(rollout=Rollout(alias="live")))
    world.functions.remove("placeholder")
    for name in names or ("checkout",):
        alias = FunctionAlias(name="live", function_version="1", routes=routes)
        world.add(name, aliases=[alias], versions=[published(name, **version)])
    return world


def test_an_alias_moves_onto_a_version_with_the_new_layers() -> None:
    world = world_with_alias()
    assert world.apply().error is None
    assert world.functions.alias("checkout", "live").function_version == "2"
    served = world.functions.read(f"{arn('checkout')}:live")
    assert HTTP_2 in served.layer_arns


def test_an_alias_whose_code_is_older_stays_and_says_so() -> None:
    world = world_with_alias(code_sha256="older")
    outcome = world.apply()
    assert (outcome.error, outcome.moved) == (None, (arn("checkout"),))
    assert world.functions.alias("checkout", "live").function_version == "1"
    (notice,) = world.stage.console.texts("notice")
    assert notice.startswith("Alias live of checkout stays at 1: its code is not that of $LATEST")


def test_an_alias_that_splits_traffic_stays() -> None:
    world = world_with_alias(routes=True)
    assert world.apply().error is None
    assert world.functions.alias("checkout", "live").function_version == "1"
    assert "publish_version" not in [call.operation for call in world.stage.calls.writes]


def test_a_function_without_the_alias_is_moved_all_the_same() -> None:
    world = World("a", spec=make_spec(rollout=Rollout(alias="live")))
    assert world.apply().moved == (arn("a"),)


def test_an_alias_on_latest_needs_nothing() -> None:
    world = world_with_alias()
    world.add("b", aliases=[FunctionAlias(name="live", function_version="$LATEST")])
    world.apply()
    assert world.functions.alias("b", "live").function_version == "$LATEST"


def test_a_failure_puts_aliases_back_before_layers() -> None:
    world = world_with_alias("a", "b")
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    outcome = world.apply()
    assert isinstance(outcome.error, PartialApplyError)
    assert world.functions.alias("a", "live").function_version == "1"
    assert world.layers("a") == LISTED
    writes = [call.operation for call in world.stage.calls.writes if call.resource == arn("a")]
    assert writes == ["set_layers", "publish_version", "move_alias", "move_alias", "set_layers", "tag"]


def test_only_the_alias_that_was_moved_is_put_back() -> None:
    world = world_with_alias("b")
    aliases = [FunctionAlias(name="beta", function_version="1"), FunctionAlias(name="live", function_version="1")]
    world.functions.remove("b")
    world.add("a", aliases=aliases, versions=[published("a")])
    world.add("b")
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    world.apply()
    assert {world.functions.alias("a", name).function_version for name in ("beta", "live")} == {"1"}
    moved = [call.resource for call in world.stage.calls.writes if call.operation == "move_alias"]
    assert len(moved) == 2


def test_an_alias_that_somebody_moved_since_is_not_put_back() -> None:
    world = world_with_alias("a", "b")

    def hand(call: Call) -> None:
        if (call.operation, call.resource) == ("set_layers", arn("b")):
            held = world.functions._entry("a")  # noqa: SLF001 - somebody else's hand
            held.versions.append(published("a", arn=f"{arn('a')}:3"))
            held.aliases["live"] = FunctionAlias(name="live", function_version="3", revision_id="theirs")

    world.stage.calls.between.append(hand)
    world.functions.verdict = lambda name, layers: "broken" if name == "b" and HTTP_2 in layers else ""
    world.apply()
    assert world.functions.alias("a", "live").function_version == "3"


def test_a_version_that_does_not_start_is_a_failure_that_is_put_back() -> None:
    world = world_with_alias("a")

    def hand(call: Call) -> None:
        if call.operation == "read" and call.resource.endswith(":2"):
            versions = world.functions._entry("a").versions  # noqa: SLF001 - what SnapStart found
            versions[1] = published("a", arn=f"{arn('a')}:2", state="Failed", status_reason="FunctionError")

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert "does not start with its new layers: FunctionError" in outcome.failures[0].error.message
    assert world.functions.alias("a", "live").function_version == "1"
    assert world.layers("a") == LISTED


def test_an_alias_changed_by_somebody_at_the_same_time_is_read_again() -> None:
    world = world_with_alias("a")
    seen: list[Call] = []

    def hand(call: Call) -> None:
        if call.operation == "move_alias":
            seen.append(call)
            if len(seen) == 1:
                held = world.functions._entry("a")  # noqa: SLF001 - somebody else's hand
                held.aliases["live"] = FunctionAlias(name="live", function_version="1", revision_id="touched")

    world.stage.calls.between.append(hand)
    assert world.apply().error is None
    assert world.functions.alias("a", "live").function_version == "2"
    assert len(seen) == 2


def test_an_alias_that_somebody_changes_all_the_time_is_asked_for_four_times_with_longer_pauses() -> None:
    world = world_with_alias("a")
    asked: list[float] = []

    def refuse(call: Call) -> AwsError | None:
        if call.operation != "move_alias":
            return None
        asked.append(world.stage.clock.now())
        return StaleRevisionError("The revision is not the latest.")

    world.stage.calls.fail = refuse
    assert isinstance(world.apply().failures[0].error, StaleRevisionError)
    assert [round(later - earlier) for earlier, later in pairwise(asked)] == [1, 2, 4]
    assert 8.0 not in world.stage.clock.slept, "nobody asks after the last answer"


def test_a_refused_promotion_is_a_failure() -> None:
    world = world_with_alias("a")
    refusal = AwsError("CodeStorageExceeded")
    world.stage.calls.fail = lambda c: refusal if c.operation == "publish_version" else None
    outcome = world.apply()
    assert outcome.failures[0].error is refusal
    assert world.layers("a") == LISTED


def test_the_journal_tells_where_the_alias_was(tmp_path: Any) -> None:
    world = world_with_alias("a")
    with Journal(tmp_path / "j.jsonl", account="1") as journal:
        world.apply(journal=journal)
    entry = next(entry for entry in read_journal(tmp_path / "j.jsonl").entries if entry.call == "move_alias")
    assert (entry.resource, entry.before, entry.after) == (f"{arn('a')}:live", ("1",), ("2",))


def test_a_function_deleted_while_its_alias_moves_is_no_failure() -> None:
    world = world_with_alias("a", "b")

    def hand(call: Call) -> None:
        if (call.operation, call.resource) == ("publish_version", arn("b")):
            world.functions.remove("b")

    world.stage.calls.between.append(hand)
    outcome = world.apply()
    assert outcome.error is None
    assert world.functions.alias("a", "live").function_version == "2"


def test_a_function_deleted_before_it_is_put_back_is_not_lost() -> None:
    world = world_with_alias("a", "b")

    def verdict(name: str, layers: Sequence[str]) -> str:
        if name == "b" and HTTP_2 in layers:
            world.functions.remove("a")
            return "broken"
        return ""

    world.functions.verdict = verdict
    outcome = world.apply()
    assert isinstance(outcome.error, PartialApplyError)
    assert "not put back" not in outcome.error.message
    assert outcome.rolled_back == ()
