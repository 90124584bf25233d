"""Release notes: a layer is held against its own release before, and a completed release reads like an unbroken one."""

from layer_action.choice import parse_release_tag
from layer_action.commands.since_release import since_last_release
from layer_action.errors import AwsError
from layer_action.model.plan import LayerOperation, Outcome, PublishLayer
from layer_action.model.published import LayerVersion
from layer_action.ports.repository import Release
from tests.factories import (
    make_content,
    make_layer_version,
    make_lock,
    make_plan,
    make_publication,
    make_size,
    make_unchanged,
)
from tests.fakes import Stage

TAG = parse_release_tag("http/v2.0.0", ["http"])
CONTENT = make_content(seed="2", lock=make_lock({"requests": "2.34.0", "six": "1.17.0"}))


def stage_with(*released: str, versions: tuple[str, ...] = ("1.0.0", "1.1.0", "1.2.0")) -> Stage:
    """Return AWS with versions, of which each raised requests by one, and GitHub with releases of some of them."""
    stage = Stage()
    for number, version in enumerate(versions, start=1):
        seed(stage, number, version)
    for tag in released:
        stage.releases.publish(Release(tag=tag, title="", body="", prerelease=False, latest=False, assets=()))
    return stage


def seed(stage: Stage, number: int, version: str, requests: str = "", digest: str | None = None) -> LayerVersion:
    found = make_layer_version("http", number, version, digest=digest)
    return stage.store.add(found, lock=make_lock({"requests": requests or f"2.{number}.0"}), size=make_size())


def publication(stage: Stage) -> LayerOperation:
    """Return the publication of the tag's version, as a plan holds it against the newest version."""
    return make_publication(CONTENT, "2.0.0", previous=stage.store.all_versions()[-1])


def told(stage: Stage, operation: LayerOperation) -> PublishLayer:
    plan = make_plan([operation])
    shown, _ = since_last_release(stage.services(), plan, Outcome(plan=plan), TAG)
    [found] = shown.layers
    assert isinstance(found, PublishLayer)
    return found


def changes(operation: PublishLayer) -> list[tuple[str, str | None, str | None]]:
    return [(change.name, change.before, change.after) for change in operation.known_changes]


def test_a_layer_is_held_against_its_own_release_before() -> None:
    stage = stage_with("http/v1.0.0", "data/v1.2.0", "v1", "http/v3.0.0")
    found = told(stage, publication(stage))
    assert found.previous == stage.store.all_versions()[0]
    assert changes(found) == [("requests", "2.1.0", "2.34.0"), ("six", None, "1.17.0")]


def test_a_release_of_every_layer_counts() -> None:
    stage = stage_with("http/v1.0.0", "v1.1.0")
    assert told(stage, publication(stage)).previous == stage.store.all_versions()[1]


def test_a_release_under_which_this_layer_was_not_published_does_not() -> None:
    stage = stage_with("http/v1.0.0", "v1.5.0")
    assert told(stage, publication(stage)).previous == stage.store.all_versions()[0]


def test_a_pre_release_is_no_release_before() -> None:
    stage = stage_with("http/v1.0.0", "http/v2.0.0-rc.1")
    seed(stage, 4, "2.0.0-rc.1")
    assert told(stage, publication(stage)).previous == stage.store.all_versions()[0]


def test_the_first_release_is_held_against_the_version_before_as_the_plan_was() -> None:
    stage = stage_with()
    operation = publication(stage)
    assert told(stage, operation) is operation


def test_what_an_earlier_try_published_is_told_as_if_this_run_had() -> None:
    stage = stage_with("http/v1.0.0")
    ours = seed(stage, 4, "2.0.0", "2.34.0", digest=CONTENT.digest)
    plan = make_plan([make_unchanged(content=CONTENT, current=ours)])
    shown, done = since_last_release(stage.services(), plan, Outcome(plan=plan), TAG)
    [found] = shown.publications
    assert found.previous == stage.store.all_versions()[0]
    assert changes(found) == [("requests", "2.1.0", "2.34.0"), ("six", None, "1.17.0")]
    assert done.published == (ours,)


def test_an_earlier_try_of_the_very_first_version_has_nothing_before_it() -> None:
    stage = Stage()
    ours = seed(stage, 1, "2.0.0", "2.34.0", digest=CONTENT.digest)
    found = told(stage, make_unchanged(content=CONTENT, current=ours))
    assert found.previous is None
    assert changes(found) == [("requests", None, "2.34.0"), ("six", None, "1.17.0")]


def test_the_same_packages_are_told_as_that() -> None:
    stage = stage_with("http/v1.0.0", versions=())
    stage.store.add(make_layer_version("http", 1, "1.0.0", digest=CONTENT.digest), lock=CONTENT.lock)
    stage.store.add(make_layer_version("http", 2, "1.1.0"), lock=make_lock({}))
    assert told(stage, publication(stage)).reason.text == "released as 2.0.0"


def test_a_layer_that_the_tag_does_not_publish_stays_as_it_was() -> None:
    stage = stage_with("http/v1.0.0")
    plan = make_plan([make_unchanged()])
    shown, _ = since_last_release(stage.services(), plan, Outcome(plan=plan), TAG)
    assert shown.layers == plan.layers


def test_without_the_lock_of_the_release_before_the_plan_is_told() -> None:
    stage = stage_with("http/v1.0.0")
    stage.store.locks.clear()
    operation = publication(stage)
    assert told(stage, operation) is operation


def test_an_aws_that_does_not_answer_any_more_costs_no_release() -> None:
    stage = stage_with("http/v1.0.0")
    operation = publication(stage)
    stage.calls.fail = lambda _: AwsError("AWS is away")
    assert told(stage, operation) is operation
    assert "AWS is away" in stage.console.texts("warning")[0]
