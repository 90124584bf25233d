"""Planning without AWS: the head is compared with the base commit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from layer_action.errors import InputError, Problems, ResolutionError
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerContent, LayerSpec
from layer_action.model.plan import NoLongerDeclared, Unchanged
from layer_action.ports.repository import Tree
from tests.commands.desk import World
from tests.factories import REGION, make_lock, make_spec


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


def test_a_layer_of_equal_inputs_is_locked_once_when_its_content_is_wanted_too(tmp_path: Path) -> None:
    world = World()
    at_base(world, tmp_path, {"requests": "2.31.0"})
    world.require({"requests": "2.31.0"})
    (unchanged,) = world.plan_without_aws(complete=True).plan.layers
    assert isinstance(unchanged, Unchanged)
    assert isinstance(unchanged.content, LayerContent)
    assert len(world.stage.resolver.resolved) == 1


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
    with pytest.raises(InputError, match="nothing to compare with"):
        World().plan_without_aws(base="v9")


def test_a_base_that_cannot_be_resolved_is_no_failure_of_the_head(tmp_path: Path) -> None:
    world = World()
    at_base(world, tmp_path, {"requests": "2.31.0"})
    resolve = world.stage.resolver.resolve

    def broken(spec: LayerSpec, target: Any, root: Path, preferences: Any) -> Any:
        if root == tmp_path:
            raise Problems([ResolutionError("the base conflicts."), ResolutionError("it lacks idna.")])
        return resolve(spec, target, root, preferences)

    world.stage.resolver.resolve = broken  # type: ignore[method-assign]
    world.require({"requests": "2.32.3"})
    (publication,) = world.plan_without_aws().plan.publications
    assert "is unknown: the base conflicts, and 1 more problem" in publication.reason.text


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
