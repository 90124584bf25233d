"""Planning over fakes: what is asked of the ports, and what comes of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from semver import Version

from layer_action.commands.plan import Planned, PlanRequest, plan_layers
from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import (
    AccessDeniedError,
    AwsError,
    BuildError,
    ConfigError,
    InputError,
    Location,
    Problems,
    ResolutionError,
    each_of,
    exit_code_of,
)
from layer_action.model.function import Unknown
from layer_action.model.layer import Artifact, Bump, LayerSpec, Publication, Rollout
from layer_action.model.plan import (
    FailedLayer,
    HeldFunction,
    NoLongerDeclared,
    PublishLayer,
    Superseded,
    Unchanged,
)
from layer_action.ports.aws import PublishRequest
from layer_action.ports.repository import Tree
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from tests.factories import (
    ACCOUNT,
    ARM_312,
    REGION,
    X86_312,
    make_artifact,
    make_function,
    make_layer_arn,
    make_layer_version,
    make_lock,
    make_size,
    make_spec,
)
from tests.fakes import Stage, make_services

EAST = "us-east-1"
HTTP = make_layer_arn("http")
NO_AWS = Unavailable(reason="no credentials")


class World:
    """A repository with layers, and the AWS it publishes to."""

    def __init__(self, *specs: LayerSpec) -> None:
        self.stage = Stage()
        self.specs = specs or (make_spec(),)

    def require(self, versions: Mapping[str, str], *, layer: str = "http") -> None:
        self.stage.resolver.locks[layer] = make_lock(versions)

    def plan(self, **request: Any) -> Planned:
        values = {"default_region": REGION} | request
        return plan_layers(self.stage.services(), self.specs, PlanRequest(**values))

    def plan_without_aws(self, **request: Any) -> Planned:
        services = make_services(self.stage, store=NO_AWS, functions=NO_AWS)
        return plan_layers(services, self.specs, PlanRequest(**request))

    def publish(self, **request: Any) -> Planned:
        """Plan and do the layers' part; the functions' is the rollout's."""
        planned = self.plan(**request)
        for op in planned.plan.publications:
            artifact: Artifact = make_artifact(op.content)
            known = op.previous.number if op.previous else 0
            self.stage.store.publish(
                PublishRequest(artifact=artifact, region=op.region, description=op.description, known=known)
            )
        return planned

    def pin(self, name: str, number: int, **overrides: Any) -> None:
        self.stage.functions.add(make_function(name, [HTTP.version(number)], **overrides))


def published(planned: Planned) -> list[tuple[str, str, str]]:
    return [(op.content.layer_name, op.region, str(op.version)) for op in planned.plan.publications]


def moved(planned: Planned) -> list[str]:
    return [op.function.name for op in planned.plan.repoints]


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


def test_functions_that_an_earlier_run_left_behind_are_moved() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("left-behind", 1)
    world.require({"requests": "2.32.3"})
    world.publish()

    planned = world.plan()

    assert published(planned) == []
    (repoint,) = planned.plan.repoints
    assert repoint.function.name == "left-behind"
    assert repoint.moves[0].to == HTTP.version(2)


def test_functions_that_are_where_they_should_be_are_not_even_read() -> None:
    world = World()
    world.publish()
    world.pin("current", 1)
    before = len(world.stage.calls.record)
    planned = world.plan()
    assert planned.plan.functions == ()
    assert {call.operation for call in world.stage.calls.record[before:]} == {"versions", "listed"}


def test_without_repoint_no_function_is_looked_at() -> None:
    world = World()
    world.publish()
    world.pin("checkout", 1)
    before = len(world.stage.calls.record)
    assert world.plan(repoint=False).plan.functions == ()
    assert {call.operation for call in world.stage.calls.record[before:]} == {"versions"}


def test_a_held_function_is_in_the_plan_with_its_reason() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("careful", 1, tags={"layer:http": "hold"})
    world.require({"requests": "2.32.3"})
    (operation,) = world.plan().plan.functions
    assert isinstance(operation, HeldFunction)


def test_a_tag_run_again_after_a_newer_version_prefers_the_packages_that_it_published_then() -> None:
    world = World()
    tag = ReleaseRequest(layer="http", version=Version(2))
    world.require({"requests": "2.31.0"})
    world.publish(release=tag)
    world.require({"requests": "2.32.3"})
    world.publish()
    world.require({"requests": "2.31.0"})
    assert published(world.plan(release=tag)) == []
    _, _, _, preferences = world.stage.resolver.resolved[-1]
    assert preferences.versions == {"requests": "2.31.0"}


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


def test_a_layer_that_fails_stops_no_other() -> None:
    world = World(make_spec("bad"), make_spec("http"))
    world.stage.resolver.failures["bad"] = ResolutionError("no such distribution")
    planned = world.plan()
    assert [type(op) for op in planned.plan.layers] == [FailedLayer, PublishLayer]
    assert published(planned) == [("http", REGION, "1.0.0")]


def test_a_failure_that_names_no_place_points_at_the_layers_requirements() -> None:
    spec = make_spec(locations={"requirements": Location("layers.yml", 4)})
    world = World(spec)
    world.stage.resolver.failures["http"] = Problems(
        [BuildError("one"), BuildError("two", location=Location("r.txt", 1))]
    )
    [failure] = world.plan().plan.failures
    assert [problem.location for problem in each_of(failure.error)] == [Location("layers.yml", 4), Location("r.txt", 1)]


def test_a_layer_whose_own_files_are_wrong_stops_no_other() -> None:
    world = World(make_spec("a"), make_spec("b"), make_spec("http"))
    world.stage.resolver.failures["a"] = ConfigError("bad a")
    world.stage.resolver.failures["b"] = Problems([ConfigError("bad b"), BuildError("and broken")])
    planned = world.plan()
    assert [failure.error.message for failure in planned.plan.failures] == ["bad a", "bad b\nand broken"]
    assert published(planned) == [("http", REGION, "1.0.0")]
    assert exit_code_of(Problems(failure.error for failure in planned.plan.failures)) == 2


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


def test_a_layer_over_its_budget_is_a_problem_of_the_plan() -> None:
    world = World(make_spec(budget=1))
    assert [finding.check for finding in world.plan().plan.problems()] == ["over-budget"]


def test_a_function_too_large_blocks_the_plan() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("huge", 1)
    world.stage.functions.code_sizes["huge"] = 262_000_000
    world.require({"requests": "2.32.3"})
    assert [finding.check for finding in world.plan().plan.problems()] == ["function-too-large"]


def test_a_renamed_layer_takes_its_functions_along() -> None:
    world = World(make_spec("web", rollout=Rollout(replaces="http")))
    world.stage.store.seed("http", 1)
    world.pin("checkout", 1)
    assert moved(world.plan()) == ["checkout"]


def test_a_tag_releases_the_layer_that_it_names_and_no_other() -> None:
    world = World(make_spec("http"), make_spec("data"))
    world.publish()
    world.require({"numpy": "1"}, layer="data")
    release = ReleaseRequest(layer="http", version=Version.parse("2.0.0"))

    planned = world.publish(release=release)

    assert published(planned) == [("http", REGION, "2.0.0")]
    assert planned.plan.publications[0].reason.text == "released as 2.0.0"
    again = world.plan(release=release)
    assert published(again) == []
    (unchanged,) = again.plan.layers
    assert isinstance(unchanged, Unchanged)
    assert unchanged.content is not None


def test_a_tag_that_names_no_layer_is_refused() -> None:
    with pytest.raises(InputError, match="there is no `nope`"):
        World().plan(release=ReleaseRequest(layer="nope", version=Version.parse("2.0.0")))


def test_a_pre_release_is_published_and_moves_no_function() -> None:
    world = World()
    world.publish()
    world.pin("checkout", 1)
    release = ReleaseRequest(layer="http", version=Version.parse("2.0.0-rc.1"))
    planned = world.plan(release=release)
    assert published(planned) == [("http", REGION, "2.0.0-rc.1")]
    assert moved(planned) == []


def test_targets_with_other_wheels_are_artifacts_of_their_own() -> None:
    world = World(make_spec("data", layer_name="data-{architecture}", targets=(ARM_312, X86_312)))
    planned = world.publish()
    assert published(planned) == [("data-arm64", REGION, "1.0.0"), ("data-x86_64", REGION, "1.0.0")]
    assert sorted(planned.resolutions) == ["data-arm64", "data-x86_64"]
    assert not world.plan().plan.changes_anything


def at_base(world: World, tmp_path: Path, versions: Mapping[str, str], *, layer: str = "http") -> None:
    """Let the base commit ask for other versions."""
    file = tmp_path / "layers" / layer / "requirements.txt"
    file.parent.mkdir(parents=True)
    file.touch()
    world.stage.repository.base = "b" * 40
    world.stage.repository.trees["b" * 40] = Tree(folder=tmp_path)
    world.stage.resolver.locks[layer, tmp_path] = make_lock(versions)


def test_without_aws_the_head_is_compared_with_the_base(tmp_path: Path) -> None:
    world = World()
    at_base(world, tmp_path, {"requests": "2.31.0"})
    world.require({"requests": "2.32.3"})

    planned = world.plan_without_aws()

    (publication,) = planned.plan.publications
    assert publication.region == ""
    assert publication.bump is Bump.MINOR
    assert publication.previous is None
    assert publication.description == ""
    assert planned.plan.compared_with == "the base commit bbbbbbbbbbbb (no AWS: no credentials)"
    assert world.stage.resolver.resolved[-1][3].versions == {"requests": "2.31.0"}
    assert not isinstance(publication.before, Unknown)


def test_without_aws_equal_inputs_need_no_resolver(tmp_path: Path) -> None:
    world = World()
    at_base(world, tmp_path, {"requests": "2.31.0"})
    world.require({"requests": "2.31.0"})
    planned = world.plan_without_aws()
    assert [type(op) for op in planned.plan.layers] == [Unchanged]
    assert world.stage.resolver.resolved == []


def test_without_aws_a_layer_that_the_base_lacks_is_new(tmp_path: Path) -> None:
    world = World(make_spec("new"))
    at_base(world, tmp_path, {"requests": "2.31.0"})
    (publication,) = world.plan_without_aws().plan.publications
    assert publication.reason.text == "new since the base commit bbbbbbbbbbbb"


def test_without_aws_and_without_a_base_everything_counts_as_changed() -> None:
    planned = World().plan_without_aws()
    assert len(planned.plan.publications) == 1
    assert [finding.check for finding in planned.plan.findings] == ["nothing-to-compare-with"]


def test_a_base_that_somebody_named_must_exist() -> None:
    with pytest.raises(InputError, match="no revision `v9`"):
        World().plan_without_aws(base="v9")


def test_a_base_that_cannot_be_resolved_is_no_failure_of_the_head(tmp_path: Path) -> None:
    world = World()
    at_base(world, tmp_path, {"requests": "2.31.0"})
    resolve = world.stage.resolver.resolve

    def broken(spec: LayerSpec, target: Any, root: Path, preferences: Any) -> Any:
        if root == tmp_path:
            raise ResolutionError("the base conflicts")
        return resolve(spec, target, root, preferences)

    world.stage.resolver.resolve = broken  # type: ignore[method-assign]
    world.require({"requests": "2.32.3"})
    (publication,) = world.plan_without_aws().plan.publications
    assert "is unknown: the base conflicts" in publication.reason.text


def unknown_at_base(world: World, tmp_path: Path) -> Tree:
    """Let the base commit hold a submodule that nobody has."""
    at_base(world, tmp_path, {"requests": "2.31.0"})
    tree = Tree(folder=tmp_path, unknown={"libs/shop": Unknown(reason="libs/shop is not here")})
    world.stage.repository.trees["b" * 40] = tree
    world.require({"requests": "2.32.3"})
    return tree


@pytest.mark.parametrize("include", ["libs/shop", "libs/shop/src", "libs", "libs/*"])
def test_a_layer_with_files_of_a_submodule_that_is_not_here_is_no_new_layer(tmp_path: Path, include: str) -> None:
    world = World(make_spec(include=(include,)))
    unknown_at_base(world, tmp_path)
    (publication,) = world.plan_without_aws().plan.publications
    assert "what the base commit bbbbbbbbbbbb holds is unknown: libs/shop is not here" in publication.reason.text
    assert publication.changes == Unknown(reason="libs/shop is not here")


def test_a_layer_with_a_project_in_a_submodule_that_is_not_here_is_no_new_layer(tmp_path: Path) -> None:
    world = World()
    unknown_at_base(world, tmp_path)
    world.stage.resolver.projects = ("libs/shop",)
    (publication,) = world.plan_without_aws().plan.publications
    assert "libs/shop is not here" in publication.reason.text


def test_a_submodule_that_is_not_here_is_nothing_to_layers_that_do_not_need_it(tmp_path: Path) -> None:
    world = World(make_spec(include=("src",)))
    unknown_at_base(world, tmp_path)
    (publication,) = world.plan_without_aws().plan.publications
    assert [(change.before, change.after) for change in publication.known_changes] == [("2.31.0", "2.32.3")]


def test_a_layer_that_only_the_base_declares_is_no_longer_declared() -> None:
    world = World()
    planned = world.plan(base_specs=(make_spec("http"), make_spec("old"), make_spec("other")), declared=("other",))
    gone = [op for op in planned.plan.layers if isinstance(op, NoLongerDeclared)]
    assert [(op.name, op.layer_name, op.region) for op in gone] == [("old", "old", REGION)]


def test_what_may_not_be_read_is_kept_with_unknown_tags() -> None:
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("hidden", 1)
    world.require({"requests": "2.32.3"})
    denied = AccessDeniedError("lambda:GetFunction is not allowed", operation="lambda:GetFunction")
    world.stage.calls.fail = lambda call: denied if call.operation == "read" else None
    planned = world.plan()
    assert "tags-unknown" in [finding.check for finding in planned.plan.findings]
    assert planned.plan.functions[0].function.tags == Unknown(reason="lambda:GetFunction is not allowed")
