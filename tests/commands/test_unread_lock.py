"""A lock that is there and cannot be had is not taken for none: all packages would move to what is newest by now."""

from pathlib import Path

import pytest
from semver import Version

from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import Problems, UnreadLockError, exit_code_of
from layer_action.formats import planfile
from layer_action.model.layer import Bump, Publication
from layer_action.model.plan import FailedLayer, Unchanged
from layer_action.ports.repository import Tree
from tests.commands.desk import EAST, HTTP, World, moved, published
from tests.factories import ARM_312, COMMIT, REGION, X86_312, make_layer_arn, make_layer_version, make_lock, make_spec

EVERYWHERE = Publication(regions=(REGION, EAST))


@pytest.fixture
def world() -> World:
    """Return `http` 1.0.0 with requests 2.31.0, whose zip nobody gets to see, asked for 2.32.3 by now."""
    world = World()
    world.require({"requests": "2.31.0"})
    world.publish()
    world.pin("checkout", 1)
    world.require({"requests": "2.32.3"})
    world.stage.store.unread.add(HTTP.version(1))
    return world


def preferred(world: World) -> dict[str, str]:
    return dict(world.stage.resolver.resolved[-1][3].versions)


def test_a_layer_whose_lock_cannot_be_had_is_neither_published_nor_moved(world: World) -> None:
    plan = world.plan().plan
    [failure] = plan.failures
    assert isinstance(failure.error, UnreadLockError)
    assert failure.error.message == (
        "What http:1 (1.0.0) holds, in eu-central-1, could not be read, and without it all packages might move: "
        "the server answers 403."
    )
    assert exit_code_of(failure.error) == 4
    assert (plan.publications, plan.repoints) == ((), ())


@pytest.mark.parametrize(
    ("shallow", "deeper"),
    [(False, []), (True, ["Check out with `fetch-depth: 0`: the commit that it came from may tell as well."])],
)
def test_the_ways_out_are_told(world: World, shallow: bool, deeper: list[str]) -> None:
    world.stage.repository.shallow = shallow
    [failure] = world.plan().plan.failures
    assert failure.error.hint.splitlines() == [
        "Let us through to the zip.",
        *deeper,
        "`upgrade: all` does without: it lets all packages move.",
    ]


def test_a_layer_whose_lock_cannot_be_had_stops_no_other() -> None:
    world = World(make_spec("data"), make_spec("http"))
    world.publish()
    for name in ("data", "http"):
        world.require({"requests": "2.32.4"}, layer=name)
    world.stage.store.unread.add(make_layer_arn("data").version(1))
    planned = world.plan()
    assert [failure.spec.name for failure in planned.plan.failures] == ["data"]
    assert published(planned) == [("http", REGION, "1.0.1")]


def test_each_artifact_whose_lock_cannot_be_had_is_told() -> None:
    world = World(make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312)))
    world.publish()
    world.require({"requests": "2.32.4"})
    world.stage.store.unread |= {make_layer_arn(f"http-{word}").version(1) for word in ("arm64", "x86_64")}
    [failure] = world.plan().plan.failures
    assert isinstance(failure.error, Problems)
    assert len(failure.error.problems) == 2


def test_an_unchanged_layer_needs_no_lock(world: World) -> None:
    world.require({"requests": "2.31.0"})
    assert [type(op) for op in world.plan().plan.layers] == [Unchanged]


def test_the_copy_of_another_region_tells_the_same() -> None:
    world = World(make_spec(publication=EVERYWHERE))
    world.require({"requests": "2.31.0"})
    world.publish()
    world.require({"requests": "2.31.1"})
    world.stage.store.unread.add(HTTP.version(1))
    planned = world.plan()
    assert published(planned) == [("http", REGION, "1.0.1"), ("http", EAST, "1.0.1")]
    assert preferred(world) == {"requests": "2.31.0"}
    assert [change.before for op in planned.plan.publications for change in op.known_changes] == ["2.31.0", "2.31.0"]
    assert planned.plan.findings == ()


def test_another_version_of_another_region_tells_nothing(world: World) -> None:
    world.specs = (make_spec(publication=EVERYWHERE),)
    world.stage.store.add(make_layer_version(version="0.9.0", region=EAST), lock=make_lock({"requests": "2.30.0"}))
    assert [type(op) for op in world.plan().plan.layers] == [FailedLayer]


def test_the_first_region_tells_for_all(world: World) -> None:
    world.specs = (make_spec(publication=Publication(regions=(EAST, REGION))),)
    world.stage.store.add(make_layer_version(region=EAST), lock=make_lock({"requests": "2.31.2"}))
    assert published(world.plan()) == [("http", EAST, "1.1.0"), ("http", REGION, "1.1.0")]
    assert preferred(world) == {"requests": "2.31.2"}


def test_the_commit_that_it_came_from_tells_the_same(world: World, tmp_path: Path) -> None:
    (tmp_path / "layers" / "http").mkdir(parents=True)
    (tmp_path / "layers" / "http" / "requirements.txt").touch()
    world.stage.repository.trees[COMMIT[:12]] = Tree(folder=tmp_path)
    world.stage.resolver.locks["http", tmp_path] = make_lock({"requests": "2.31.0"})
    [publication] = world.plan().plan.publications
    assert publication.bump is Bump.MINOR
    assert preferred(world) == {"requests": "2.31.0"}


def test_who_lets_all_packages_move_needs_no_lock(world: World) -> None:
    planned = world.plan(upgrade_all=True)
    assert published(planned) == [("http", REGION, "2.0.0")]
    assert [finding.check for finding in planned.plan.findings] == ["previous-lock-unknown"]
    assert moved(planned) == ["checkout"]


@pytest.mark.parametrize("upgrade_all", [False, True])
def test_a_plan_without_the_lock_is_read_by_the_next_job(world: World, upgrade_all: bool) -> None:
    plan = world.plan(upgrade_all=upgrade_all).plan
    again = planfile.decode(b"".join(planfile.encode(plan)))
    assert (len(again.failures), again.publications) == (1 - upgrade_all, plan.publications)


def test_a_tag_run_again_needs_the_lock_that_it_published(world: World) -> None:
    tag = ReleaseRequest(layer="http", version=Version(1))
    world.publish(upgrade_all=True)
    [failure] = world.plan(release=tag).plan.failures
    assert "http:1 (1.0.0)" in failure.error.message
