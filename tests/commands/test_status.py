"""`status`: where every function stands."""

import json
from typing import Any

import pytest

from layer_action.commands.status import FunctionRow, Standing, Status, status
from layer_action.commands.unserved import lagging_findings
from layer_action.errors import AccessDeniedError
from layer_action.model.function import FunctionAlias, Unknown
from layer_action.model.layer import Rollout
from tests.factories import ACCOUNT, REGION, make_function, make_layer_arn, make_spec
from tests.fakes import Stage

HTTP = make_layer_arn("http")


def stage_of(**functions: dict[str, Any]) -> Stage:
    """Versions 1.0.0 and 1.1.0, and functions by name with `number` (default 2) and other settings."""
    stage = Stage()
    stage.store.seed("http", 1, "1.0.0")
    stage.store.seed("http", 2, "1.1.0")
    for name, settings in functions.items():
        number = settings.pop("number", 2)
        stage.functions.add(make_function(name, [HTTP.version(number)], **settings))
    return stage


def look(stage: Stage, *names: str) -> Status:
    specs = [make_spec(name) for name in names or ("http",)]
    return status(stage.services(), specs, {spec.name: (REGION,) for spec in specs})


def row(found: Status, name: str) -> FunctionRow:
    return next(row for row in found.functions if row.function == name)


def test_each_function_has_its_standing() -> None:
    found = look(
        stage_of(
            new={},
            old={"number": 1},
            pinned={"number": 1, "tags": {"layer:http": "hold"}},
            stack={"number": 1, "tags": {"aws:cloudformation:stack-name": "shop"}},
            broken={"number": 2, "status": "Failed", "status_reason": "ENILimitReached"},
        )
    )
    assert {row.function: row.standing for row in found.functions} == {
        "new": Standing.CURRENT,
        "old": Standing.BEHIND,
        "pinned": Standing.HELD,
        "stack": Standing.SKIPPED,
        "broken": Standing.FAILED,
    }
    assert row(found, "pinned").reason == "its tag says hold"
    assert "ENILimitReached" in row(found, "broken").reason
    assert (row(found, "old").number, row(found, "old").version) == (1, "1.0.0")


def test_a_function_on_which_the_newest_version_failed_says_so() -> None:
    found = look(stage_of(cart={"number": 1, "tags": {"layer-failed:http": "1.1.0"}}))
    assert row(found, "cart").standing is Standing.FAILED
    assert "1.1.0 failed or was rolled back" in row(found, "cart").reason


def test_the_layer_counts_its_functions() -> None:
    (layer,) = look(stage_of(a={}, b={"number": 1}, c={"number": 1})).layers
    assert (layer.number, layer.version) == (2, "1.1.0")
    assert dict(layer.functions) == {Standing.CURRENT: 1, Standing.BEHIND: 2}


def test_an_alias_that_serves_older_layers_is_named() -> None:
    stage = stage_of()
    published = make_function("cart", [HTTP.version(1)], arn=f"{make_function('cart').arn}:1")
    aliases = [FunctionAlias(name="live", function_version="1"), FunctionAlias(name="next", function_version="$LATEST")]
    stage.functions.add(make_function("cart", [HTTP.version(2)]), aliases=aliases, versions=[published])
    assert row(look(stage), "cart").lagging_aliases == ("live",)


@pytest.mark.parametrize("operation", ["aliases", "read"])
def test_aliases_that_nobody_lets_us_see_are_unknown_and_not_none(operation: str) -> None:
    stage = stage_of()
    stage.functions.add(
        make_function("cart", [HTTP.version(2)]), aliases=[FunctionAlias(name="live", function_version="$LATEST")]
    )
    stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == operation else None
    found = look(stage)
    assert row(found, "cart").lagging_aliases == Unknown(reason="No.")
    assert json.loads(json.dumps(found.json()))["functions"][0]["lagging-aliases"] is None


def test_a_number_that_is_not_ours_has_no_version() -> None:
    stage = stage_of(own={"number": 3})
    stage.store.seed("http", 3, None)
    assert row(look(stage), "own").version is None


def test_a_layer_that_was_never_published_is_a_row_without_a_version() -> None:
    found = look(stage_of(), "http", "data")
    assert [(layer.layer, layer.version) for layer in found.layers] == [("http", "1.1.0"), ("data", None)]


def test_nothing_is_written_and_the_json_holds_no_account() -> None:
    stage = stage_of(a={}, b={"number": 1})
    text = json.dumps(look(stage).json())
    assert not stage.calls.writes
    assert ACCOUNT not in text
    assert json.loads(text)["layers"][0]["functions"]["behind"] == 1


def lagging_stage(**aliases: str) -> Stage:
    """Functions on the newest layer whose alias serves the version before."""
    stage = stage_of()
    for name, alias in aliases.items():
        function = make_function(name, [HTTP.version(2)])
        before = make_function(name, [HTTP.version(1)], arn=f"{function.arn}:1")
        served = FunctionAlias(name=alias, function_version="1")
        stage.functions.add(function, aliases=[served], versions=[before])
    return stage


def test_aliases_that_nobody_moves_are_a_finding_with_the_ways_out() -> None:
    (finding,) = lagging_findings(look(lagging_stage(cart="live", search="live", stock="prod")), [make_spec()])
    assert finding.message == (
        "cart, search and stock serve older layers than the newest http through the aliases live and prod: "
        "only their $LATEST has moved."
    )
    assert finding.ways_out[0] == "Set `alias: live` for http: `publish` then moves it where the code is the same."


def test_one_function_with_a_lagging_alias_is_told_as_one() -> None:
    (finding,) = lagging_findings(look(lagging_stage(cart="live")), [make_spec()])
    assert finding.message == (
        "cart serves older layers than the newest http through the alias live: only its $LATEST has moved."
    )


def test_an_alias_that_the_config_names_is_for_publish_to_move() -> None:
    spec = make_spec(rollout=Rollout(alias="live"))
    assert list(lagging_findings(look(lagging_stage(cart="live")), [spec])) == []


def test_without_lagging_aliases_there_is_nothing_to_say() -> None:
    assert list(lagging_findings(look(stage_of(cart={}, search={"number": 1})), [make_spec()])) == []
