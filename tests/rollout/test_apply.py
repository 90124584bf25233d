"""Applying a plan: publish everything, move one function first, then the others."""

from pathlib import Path

import pytest
from semver import Version

from layer_action.errors import AccessDeniedError, AwsError, BuildError, InputError, PartialApplyError
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from layer_action.rollout.run import Step, StepMove
from layer_action.rollout.waves import canaries_first
from tests.factories import (
    REGION,
    make_artifact,
    make_content,
    make_function,
    make_layer_version,
    make_plan,
    make_publication,
)
from tests.fakes import make_services
from tests.rollout.stage import BEFORE, HTTP_2, MOVED, World, arn


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


def test_many_functions_move_side_by_side() -> None:
    world = World(*(f"f{n:03}" for n in range(120)))
    outcome = world.apply(in_flight=16)
    assert outcome.error is None
    assert len(set(outcome.moved)) == 120


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


def test_the_outcome_names_the_journal_where_one_is_written(tmp_path: Path) -> None:
    world = World("a")
    with Journal(tmp_path / "journal.jsonl", account=world.store.account_id) as journal:
        assert world.apply(journal=journal).journal == str(tmp_path / "journal.jsonl")
    assert World("a").apply().journal == ""


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
