"""Planning over fakes: what is asked of the ports, and what comes of it."""

import pytest

from layer_action.commands.judging import Terms
from layer_action.errors import (
    AwsError,
    ConfigError,
    InputError,
    Location,
)
from layer_action.model.layer import Publication
from layer_action.model.lock import Source, SourceKind
from layer_action.model.plan import HeldFunction, Superseded, Unchanged
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from tests.commands.desk import EAST, World, moved, published
from tests.factories import (
    ACCOUNT,
    ARM_312,
    REGION,
    X86_312,
    make_artifact,
    make_distribution,
    make_finding,
    make_layer_version,
    make_lock,
    make_size,
    make_spec,
)


def test_a_first_plan_publishes_every_layer_once() -> None:
    world = World(make_spec("http"), make_spec("data"))
    assert published(world.plan()) == [("http", REGION, "1.0.0"), ("data", REGION, "1.0.0")]


def test_a_plan_on_its_own_outcome_is_all_unchanged() -> None:
    world = World(make_spec("http"), make_spec("data", publication=Publication(regions=(REGION, EAST))))
    world.publish()
    resolved = len(world.stage.resolver.resolved)

    again = world.plan()

    assert not again.plan.changes_anything
    assert all(isinstance(op, Unchanged) for op in again.plan.layers)
    assert len(world.stage.resolver.resolved) == resolved, "equal inputs need no resolver"


def test_after_an_apply_nothing_is_left_but_what_is_held() -> None:
    world = World(make_spec(publication=Publication(regions=(REGION, EAST))))
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("checkout", 1)
    world.pin("careful", 1, tags={"layer:http": "1.0.x"})
    world.require({"requests": "2.32.3"})
    planned = world.plan()

    outcome = apply(
        planned.plan,
        {name: make_artifact(content) for name, content in planned.contents.items()},
        services=world.stage.services(),
        journal=Journal(None, account=ACCOUNT),
        options=ApplyOptions(),
    )

    assert outcome.error is None
    assert len(outcome.published) == 2
    again = world.plan().plan
    assert not again.changes_anything
    assert [type(op) for op in again.layers] == [Unchanged, Unchanged]
    assert [(type(op), op.function.name) for op in again.functions] == [(HeldFunction, "careful")]


def test_only_the_affected_layer_is_published_and_its_functions_move() -> None:
    world = World(make_spec("http"), make_spec("data"))
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("checkout", 1)
    world.require({"requests": "2.32.3"})
    world.stage.resolver.lines["http"] = {"requests": Location("layers/http/requirements.txt", 3)}

    planned = world.plan()

    assert published(planned) == [("http", REGION, "1.1.0")]
    assert planned.plan.publications[0].reason.text == "requests 2.31.0 → 2.32.3, layers/http/requirements.txt:3"
    assert moved(planned) == ["checkout"]
    assert planned.plan.compared_with == f"the versions published in {REGION}"


def test_the_published_versions_are_preferred() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.require({"requests": "2.32.3"})

    world.plan(upgrade=("idna",))

    preferences = world.stage.resolver.resolved[-1][3]
    assert preferences.versions == {"requests": "2.31.0"}
    assert preferences.upgrade == ("idna",)


def test_the_published_commits_are_preferred() -> None:
    commit = Source(kind=SourceKind.VCS, location="git+https://git.example/x", identity=f"commit:{'a' * 40}")
    lock = make_lock([make_distribution("shop", origin=commit), make_distribution("idna", "3.7")])
    assert Terms(baseline=None).preferences([lock]).commits == {"shop": commit}


def test_a_name_to_upgrade_that_no_layer_holds_is_told() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    found = world.plan(upgrade=("Requests", "reqests")).plan.findings
    assert [(finding.check, finding.message) for finding in found] == [
        ("nothing-to-upgrade", "`upgrade` names reqests, which no layer here holds.")
    ]


def test_a_name_to_upgrade_that_only_a_lock_holds_is_told() -> None:
    world = World(make_spec(requirements=("layers/http/pylock.toml",)), make_spec("data"))
    world.require({"requests": "2.31.0", "idna": "3.7"})
    world.require({"idna": "3.7"}, layer="data")
    [found] = world.plan(upgrade=("idna", "requests")).plan.findings
    assert found.message == "`upgrade` names requests, which only locks hold, and they are taken as they are."


def test_an_upgrade_resolves_although_the_inputs_are_the_same() -> None:
    world = World()
    world.stage.resolver.input_hashes["http"] = "i:" + "1" * 12
    world.require({"requests": "2.31.0"})
    world.publish()
    world.require({"requests": "2.32.3"})

    assert published(world.plan()) == []
    assert published(world.plan(upgrade_all=True)) == [("http", REGION, "1.1.0")]


def test_other_inputs_with_the_same_content_publish_nothing() -> None:
    world = World()
    world.publish()
    world.stage.resolver.input_hashes["http"] = "i:" + "2" * 12
    planned = world.plan()
    assert published(planned) == []
    assert planned.contents["http"].digest.startswith("d1:")


def test_an_unchanged_layer_has_its_content_when_all_are_asked_for() -> None:
    world = World()
    world.publish()
    (unchanged,) = world.plan(complete=True).plan.layers
    assert isinstance(unchanged, Unchanged)
    assert unchanged.content is not None


def test_a_newer_commit_in_aws_supersedes_this_one() -> None:
    world = World()
    world.stage.store.add(make_layer_version(commit="f" * 12), lock=make_lock({"requests": "2.31.0"}))
    world.stage.repository.strangers.add("f" * 40)
    world.pin("checkout", 1)

    planned = world.plan()

    (operation,) = planned.plan.layers
    assert isinstance(operation, Superseded)
    assert planned.plan.functions == ()
    assert published(world.plan(allow_older=True)) == [("http", REGION, "1.1.0")]


def test_a_shallow_checkout_is_said_once() -> None:
    world = World(make_spec("http"), make_spec("data"))
    for name in ("http", "data"):
        world.stage.store.add(make_layer_version(name), lock=make_lock({"requests": "2.31.0"}))
    world.stage.repository.shallow = True
    planned = world.plan()
    assert [finding.check for finding in planned.plan.findings] == ["history-unknown"]
    assert len(planned.plan.publications) == 2


def test_aws_refusing_to_list_stops_the_plan() -> None:
    world = World()
    world.stage.calls.fail = lambda call: AwsError("not allowed") if call.operation == "versions" else None
    with pytest.raises(AwsError, match="not allowed"):
        world.plan()


def test_two_layers_of_one_name_are_a_mistake_before_anything_is_asked() -> None:
    world = World(make_spec("a", layer_name="x"), make_spec("b", layer_name="x"))
    with pytest.raises(ConfigError):
        world.plan()
    assert world.stage.resolver.resolved == []
    assert world.stage.calls.record == []


def test_without_a_region_the_way_out_is_said() -> None:
    with pytest.raises(InputError, match="no AWS region for `http`") as caught:
        World().plan(default_region="")
    assert "AWS_REGION" in caught.value.hint


def test_asked_for_regions_come_before_the_configs() -> None:
    world = World(make_spec(publication=Publication(regions=(REGION,))))
    assert published(world.plan(regions=(EAST,))) == [("http", EAST, "1.0.0")]


def test_sizes_of_the_new_and_the_old_version_are_in_the_plan() -> None:
    world = World()
    old, new = make_size(1, 2), make_size(3, 4)
    world.stage.store.add(make_layer_version(), lock=make_lock({"requests": "2.31.0"}), size=old)
    world.stage.builder.sizes["http"] = new
    (publication,) = world.plan().plan.publications
    assert (publication.size, publication.before) == (new, old)


def test_what_showed_while_sizes_were_read_is_told_at_the_line_that_it_is_about() -> None:
    world = World()
    line = Location("layers/http/pylock.toml", 3)
    world.stage.resolver.lines["http"] = {"requests": line}
    world.stage.builder.sizes["http"] = make_size(findings=(make_finding(layer="http", distribution="requests"),))
    (finding,) = world.plan().plan.findings
    assert (finding.check, finding.location) == ("example", line)


def test_targets_with_other_wheels_are_artifacts_of_their_own() -> None:
    world = World(make_spec("data", layer_name="data-{architecture}", targets=(ARM_312, X86_312)))
    planned = world.publish()
    assert published(planned) == [("data-arm64", REGION, "1.0.0"), ("data-x86_64", REGION, "1.0.0")]
    assert sorted(planned.resolutions) == ["data-arm64", "data-x86_64"]
    assert not world.plan().plan.changes_anything


def test_what_is_published_from_files_that_are_not_committed_is_told_so() -> None:
    world = World(make_spec("http"))
    world.stage.repository.changed = ("layers/http/requirements.txt",)
    (finding,) = world.plan().plan.findings
    assert finding.message == "Files of this checkout are not as they were committed: layers/http/requirements.txt."
    world.publish()
    assert world.plan().plan.findings == ()
