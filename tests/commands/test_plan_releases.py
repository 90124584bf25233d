"""Planning the release of a tag."""

import pytest
from semver import Version

from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import InputError
from layer_action.model.plan import Unchanged
from tests.commands.desk import World, moved, published
from tests.factories import REGION, make_spec


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


def test_a_tag_for_a_layer_that_the_run_leaves_out_says_so() -> None:
    world = World(make_spec("http"))
    release = ReleaseRequest(layer="data", version=Version.parse("2.0.0"))
    with pytest.raises(InputError, match=r"data/v2\.0\.0 is for `data`, which `layers` leaves out") as caught:
        world.plan(release=release, declared=("http", "data"))
    assert caught.value.hint == "Run it for that layer too: `layers: data`."


def test_a_pre_release_is_published_and_moves_no_function() -> None:
    world = World()
    world.publish()
    world.pin("checkout", 1)
    release = ReleaseRequest(layer="http", version=Version.parse("2.0.0-rc.1"))
    planned = world.plan(release=release)
    assert published(planned) == [("http", REGION, "2.0.0-rc.1")]
    assert moved(planned) == []
