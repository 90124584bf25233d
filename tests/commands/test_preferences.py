"""Which published versions a layer keeps: its own zip's, and what its other zips, regions and former name hold."""

from semver import Version

from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import UnreadLockError
from layer_action.model.layer import Bump, Publication, Rollout
from layer_action.model.plan import PublishLayer
from layer_action.model.target import Architecture, Target
from tests.commands.desk import EAST, HTTP, World, moved, published
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    make_digest,
    make_function,
    make_layer_version,
    make_lock,
    make_spec,
)

EVERYWHERE = Publication(regions=(REGION, EAST))
ARM_39, ARM_313 = (Target(runtime=f"python3.{minor}", architecture=Architecture.ARM64) for minor in (9, 13))


def preferred(world: World, *, target: Target = ARM_312) -> dict[str, str]:
    return next(dict(row[3].versions) for row in reversed(world.stage.resolver.resolved) if row[1] == target)


def renamed(version: str | None = "1.4.2", **versions: str) -> World:
    """Return `web`, which was called http when it was published last, with a function on it."""
    world = World(make_spec("web", rollout=Rollout(replaces="http")))
    world.stage.store.add(make_layer_version(version=version), lock=make_lock(versions or {"requests": "2.31.0"}))
    world.pin("checkout", 1)
    return world


def only(world: World) -> PublishLayer:
    [publication] = world.plan().plan.publications
    return publication


def test_the_first_region_decides_and_the_others_fill_in_what_it_does_not_hold() -> None:
    world = World(make_spec(publication=EVERYWHERE))
    world.stage.store.add(make_layer_version(), lock=make_lock({"requests": "2.31.0"}))
    east = make_lock({"requests": "2.30.0", "idna": "3.7"})
    world.stage.store.add(make_layer_version(version="1.1.0", digest=make_digest("east"), region=EAST), lock=east)
    world.plan()
    assert preferred(world) == {"requests": "2.31.0", "idna": "3.7"}


def test_a_zip_for_a_new_runtime_keeps_the_versions_of_the_nearest_one() -> None:
    world = World(make_spec(layer_name="http-{runtime}", targets=(ARM_39, ARM_312, ARM_313)))
    for name, requests in (("http-python3_9", "2.30.0"), ("http-python3_12", "2.31.0")):
        world.stage.store.add(
            make_layer_version(name, digest=make_digest(name)), lock=make_lock({"requests": requests})
        )
    world.plan()
    assert [preferred(world, target=target) for target in (ARM_39, ARM_312, ARM_313)] == [
        {"requests": "2.30.0"},
        {"requests": "2.31.0"},
        {"requests": "2.31.0"},
    ]


def test_a_zip_for_a_new_architecture_keeps_the_versions_of_the_other() -> None:
    world = World(make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312)))
    world.stage.store.add(make_layer_version("http-x86_64"), lock=make_lock({"requests": "2.31.0"}))
    world.plan()
    assert preferred(world) == {"requests": "2.31.0"}


def test_a_renamed_layer_keeps_the_versions_of_its_former_name() -> None:
    world = renamed(requests="2.31.0", idna="3.7")
    world.plan()
    assert preferred(world) == {"requests": "2.31.0", "idna": "3.7"}


def test_a_renamed_layer_is_held_against_its_former_name_and_goes_on_counting() -> None:
    world = renamed()
    world.require({"requests": "2.32.3"}, layer="web")
    publication = only(world)
    assert [(change.before, change.after) for change in publication.known_changes] == [("2.31.0", "2.32.3")]
    assert (str(publication.version), publication.bump) == ("1.5.0", Bump.MINOR)
    assert (
        publication.reason.text
        == "renamed: it was http:1 (1.4.2); requests 2.31.0 → 2.32.3, layers/web/requirements.txt"
    )


def test_functions_that_follow_a_series_stay_where_a_renamed_layer_leaves_it() -> None:
    world = renamed()
    world.pin("careful", 1, tags={"layer:http": "1.x"})
    world.require({"requests": "3.0"}, layer="web")
    assert only(world).version == Version(2)
    assert moved(world.plan()) == ["checkout"]


def test_a_renamed_layer_with_the_same_content_is_a_patch() -> None:
    world = renamed()
    world.require({"requests": "2.31.0"}, layer="web")
    assert str(only(world).version) == "1.4.3"


def test_all_regions_of_a_renamed_layer_get_one_version() -> None:
    world = renamed()
    world.specs = (make_spec("web", rollout=Rollout(replaces="http"), publication=EVERYWHERE),)
    world.stage.store.add(make_layer_version(region=EAST, version="1.3.0"))
    assert published(world.plan()) == [("web", REGION, "1.5.0"), ("web", EAST, "1.5.0")]
    world.publish(regions=(REGION,))
    assert published(world.plan()) == [("web", EAST, "1.5.0")]


def test_a_layer_for_fewer_runtimes_than_its_former_name_is_a_major() -> None:
    world = renamed()
    world.specs = (make_spec("web", rollout=Rollout(replaces="http"), targets=(ARM_313,)),)
    world.require({"requests": "2.31.0"}, layer="web")
    assert only(world).version == Version(2)


def test_a_layer_that_is_split_by_runtimes_drops_none() -> None:
    targets = (ARM_312, ARM_313)
    world = World(make_spec(layer_name="web-{runtime}", rollout=Rollout(replaces="http"), targets=targets))
    before = make_layer_version(runtimes=("python3.12", "python3.13"))
    world.stage.store.add(before, lock=make_lock({"requests": "2.31.0"}))
    world.require({"requests": "2.31.0"})
    assert [str(op.version) for op in world.plan().plan.publications] == ["1.0.1", "1.0.1"]


def test_zips_of_their_own_each_follow_their_former_name() -> None:
    rollout = Rollout(replaces="http-{runtime}")
    world = World(make_spec(layer_name="web-{runtime}", rollout=rollout, targets=(ARM_312, ARM_313)))
    for minor, version in ((12, "1.4.2"), (13, "2.0.0")):
        before = make_layer_version(f"http-python3_{minor}", version=version, digest=make_digest(str(minor)))
        world.stage.store.add(before, lock=make_lock({"requests": f"2.{minor}"}))
        world.stage.functions.add(make_function(f"on-{minor}", [before.version_arn], runtime=f"python3.{minor}"))
    world.require({"requests": "2.13"})
    plan = world.plan().plan
    assert [str(op.version) for op in plan.publications] == ["1.5.0", "2.0.1"]
    assert [op.function.name for op in plan.repoints] == ["on-12", "on-13"]


def test_a_tag_gives_a_renamed_layer_its_version() -> None:
    world = renamed()
    release = ReleaseRequest(layer="web", version=Version(1))
    assert published(world.plan(release=release)) == [("web", REGION, "1.0.0")]


def test_a_former_name_that_somebody_else_published_is_adopted() -> None:
    world = renamed(None)
    world.require({"requests": "2.31.1"}, layer="web")
    publication = only(world)
    assert (str(publication.version), preferred(world)) == ("1.0.0", {"requests": "2.31.0"})
    assert publication.reason.text.startswith("adopted: http:1 was published by something else; requests 2.31.0 →")


def test_a_former_name_whose_lock_does_not_come_is_no_first_version() -> None:
    world = renamed()
    world.stage.store.unread.add(HTTP.version(1))
    [failure] = world.plan().plan.failures
    assert isinstance(failure.error, UnreadLockError)


def test_what_a_layer_of_its_own_holds_counts_before_its_former_name() -> None:
    world = renamed(requests="2.30.0")
    world.publish()
    world.stage.store.locks[make_layer_version("web").version_arn] = make_lock({"requests": "2.31.0"})
    world.plan(upgrade=("idna",))
    assert preferred(world) == {"requests": "2.31.0"}
