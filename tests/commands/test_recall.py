"""A published zip that cannot be read: what its commit asks for stands in for it, if it is surely the same."""

from collections.abc import Mapping
from pathlib import Path

from layer_action.commands.plan import PlanRequest, plan_layers
from layer_action.model.layer import Bump
from layer_action.model.plan import PublishLayer
from layer_action.ports.aws import PublishRequest
from layer_action.ports.repository import Tree
from tests.factories import COMMIT, REGION, make_artifact, make_lock, make_spec
from tests.fakes import Stage


def plan(stage: Stage) -> PublishLayer:
    planned = plan_layers(stage.services(), (make_spec(),), PlanRequest(default_region=REGION))
    (publication,) = planned.plan.publications
    return publication


def published(versions: Mapping[str, str]) -> Stage:
    """Publish `http` from COMMIT, in a store that tells nobody what its zips hold."""
    stage = Stage()
    stage.resolver.locks["http"] = make_lock(versions)
    first = plan(stage)
    request = PublishRequest(
        artifact=make_artifact(first.content), region=REGION, description=first.description, known=0
    )
    stage.store.publish(request)
    stage.store.locks.clear()
    return stage


def at_the_commit(stage: Stage, folder: Path, versions: Mapping[str, str]) -> None:
    file = folder / "layers" / "http" / "requirements.txt"
    file.parent.mkdir(parents=True)
    file.touch()
    stage.repository.trees[COMMIT[:12]] = Tree(folder=folder)
    stage.resolver.locks["http", folder] = make_lock(versions)


def test_what_the_published_commit_asks_for_tells_what_changes(tmp_path: Path) -> None:
    stage = published({"requests": "2.31.0", "idna": "3.7"})
    at_the_commit(stage, tmp_path, {"requests": "2.31.0", "idna": "3.7"})
    stage.resolver.locks["http"] = make_lock({"requests": "2.32.3", "idna": "3.7"})

    publication = plan(stage)

    assert publication.bump is Bump.MINOR
    assert [(change.before, change.after) for change in publication.known_changes] == [("2.31.0", "2.32.3")]
    assert stage.resolver.resolved[-1][3].versions == {"requests": "2.31.0", "idna": "3.7"}


def test_a_commit_that_asks_for_other_packages_today_tells_nothing(tmp_path: Path) -> None:
    stage = published({"requests": "2.31.0", "idna": "3.7"})
    at_the_commit(stage, tmp_path, {"requests": "2.31.0", "idna": "3.8"})
    stage.resolver.locks["http"] = make_lock({"requests": "2.32.3", "idna": "3.8"})
    assert plan(stage).bump is Bump.MAJOR


def test_a_commit_that_is_not_in_the_checkout_tells_nothing() -> None:
    stage = published({"requests": "2.31.0"})
    stage.resolver.locks["http"] = make_lock({"requests": "2.32.3"})
    assert plan(stage).bump is Bump.MAJOR
