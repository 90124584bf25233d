"""Releases: what carries a tag's version, completed after an earlier try, with all its assets."""

import json
from pathlib import Path

import pytest

from layer_action.choice import ReleaseTag, parse_release_tag
from layer_action.commands.publish import PublishOptions, publish
from layer_action.commands.release import joined_notes, release, released_contents
from layer_action.errors import BuildError, GitHubError
from layer_action.formats import pylock
from layer_action.model.plan import LayerOperation, Outcome, Plan
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.factories import (
    ACCOUNT,
    COMMIT,
    REGION,
    make_content,
    make_function,
    make_layer_version,
    make_plan,
    make_publication,
    make_repoint,
    make_spec,
    make_unchanged,
)
from tests.fakes import Stage, make_services

HTTP, DATA = make_content(seed="http"), make_content(make_spec("data"), seed="data")
EVERY = parse_release_tag("v1.1.0", ["http", "data"])
ONE = parse_release_tag("http/v1.1.0", ["http", "data"])


def done_before(version: str = "1.1.0", region: str = REGION) -> LayerOperation:
    """Return a layer that an earlier try published."""
    current = make_layer_version("http", 2, version, digest=HTTP.digest)
    return make_unchanged(content=HTTP, current=current, region=region)


def released(tmp_path: Path, plan: Plan, tag: ReleaseTag = EVERY, stage: Stage | None = None) -> str:
    stage = stage or Stage()
    return release(stage.services(), plan, Outcome(plan=plan), tag, artifacts={}, directory=tmp_path)


def test_a_tag_without_a_layer_releases_every_layer_that_was_published() -> None:
    plan = make_plan([make_publication(HTTP), make_publication(DATA), make_unchanged(make_spec("common"))])
    assert released_contents(plan, EVERY) == (HTTP, DATA)


def test_a_tag_with_a_layer_releases_that_one() -> None:
    assert released_contents(make_plan([make_publication(HTTP), make_publication(DATA)]), ONE) == (HTTP,)


def test_what_an_earlier_try_published_under_the_version_is_released_too() -> None:
    assert released_contents(make_plan([done_before()]), EVERY) == (HTTP,)


def test_what_stands_at_another_version_is_not() -> None:
    assert released_contents(make_plan([done_before("1.0.9")]), EVERY) == ()


def test_a_layer_of_two_regions_published_in_one_of_them_before_is_released_once() -> None:
    plan = make_plan([done_before(region="us-east-1"), make_publication(HTTP, region=REGION)])
    assert released_contents(plan, EVERY) == (HTTP,)


def test_a_release_has_zip_lock_bill_of_materials_and_checksums_of_each_artifact(tmp_path: Path) -> None:
    stage = Stage()
    released(tmp_path, make_plan([make_publication(HTTP), make_publication(DATA)]), stage=stage)
    found = stage.releases.releases["v1.1.0"]
    names = [path.name for path in found.assets]
    assert names == [
        *("http.zip", "pylock.http.toml", "http.cdx.json", "data.zip", "pylock.data.toml", "data.cdx.json"),
        "checksums.txt",
    ]
    lines = (tmp_path / "checksums.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("  ")[1] for line in lines] == names[:-1]
    assert json.loads((tmp_path / "http.cdx.json").read_text(encoding="utf-8"))["version"] == "1.1.0"
    assert pylock.decode((tmp_path / "pylock.http.toml").read_bytes()).get("requests")


def test_an_earlier_try_is_completed_with_the_same_content_built_again(tmp_path: Path) -> None:
    stage = Stage()
    url = released(tmp_path, make_plan([done_before()]), stage=stage)
    assert url.endswith("v1.1.0")
    assert stage.builder.built == ["http"]


def test_what_this_run_built_is_not_built_again(tmp_path: Path) -> None:
    stage, plan = Stage(), make_plan([make_publication(HTTP)])
    artifact = stage.builder.build(HTTP, tmp_path, tmp_path)
    release(stage.services(), plan, Outcome(plan=plan), EVERY, artifacts={"http": artifact}, directory=tmp_path)
    assert stage.builder.built == ["http"]


@pytest.mark.parametrize(
    ("tag", "title", "prerelease", "latest"),
    [
        ("v1.1.0", "http, data 1.1.0", False, True),
        ("v1.1.0-rc.1", "http, data 1.1.0-rc.1", True, False),
        ("http/v1.1.0", "http 1.1.0", False, False),
    ],
)
def test_only_a_final_release_of_everything_may_be_the_latest(
    tmp_path: Path, tag: str, title: str, prerelease: bool, latest: bool
) -> None:
    stage = Stage()
    plan = make_plan([make_publication(HTTP), make_publication(DATA)])
    released(tmp_path, plan, parse_release_tag(tag, ["http", "data"]), stage)
    found = stage.releases.releases[tag]
    assert (found.title, found.prerelease, found.latest) == (title, prerelease, latest)


def test_a_tag_under_which_nothing_was_published_releases_nothing_and_says_so(tmp_path: Path) -> None:
    stage = Stage()
    assert released(tmp_path, make_plan([make_unchanged()]), stage=stage) == ""
    assert "releases nothing" in stage.console.texts("notice")[0]
    assert stage.releases.releases == {}


def test_without_a_token_the_layers_stay_published_and_the_exit_code_is_github_s(tmp_path: Path) -> None:
    services = make_services(Stage(), releases=Unavailable(reason="there is no token"))
    plan = make_plan([make_publication(HTTP)])
    with pytest.raises(GitHubError, match="no token") as caught:
        release(services, plan, Outcome(plan=plan), EVERY, artifacts={}, directory=tmp_path)
    assert caught.value.exit_code == 5
    assert "contents: write" in caught.value.hint


def test_a_release_whose_zip_cannot_be_made_again_is_github_s_to_complete(tmp_path: Path) -> None:
    stage = Stage()
    stage.builder.failures["http"] = BuildError("the index is down")
    with pytest.raises(GitHubError, match="the index is down"):
        released(tmp_path, make_plan([done_before()]), stage=stage)


def test_a_prerelease_publishes_and_moves_no_function(tmp_path: Path) -> None:
    stage = Stage()
    first = stage.store.seed()
    function = stage.functions.add(make_function(layers=[first]))
    plan = make_plan([make_publication(HTTP)], [make_repoint(function)])
    with Journal(tmp_path / "journal.jsonl", account=ACCOUNT, commit=COMMIT) as journal:
        options = PublishOptions(directory=tmp_path, journal=journal, apply=ApplyOptions(repoint=False))
        publish(stage.services(), plan, options)
    assert [version.number for version in stage.store.all_versions()] == [1, 2]
    assert stage.functions.layers("checkout") == (first,)


def test_the_notes_of_several_layers_share_what_a_release_may_hold() -> None:
    asked: dict[str, int] = {}

    def notes_of(layer: str, limit: int) -> str:
        asked[layer] = limit
        return {"short": "s" * 100, "long": "l" * 5_000, "longer": "L" * 9_000}[layer][: limit - 1]

    layers = ["longer", "short", "long"]
    text = joined_notes(notes_of, layers, 1_000)
    assert len(text) < 1_000
    assert [part[0] for part in text.split("\n\n")] == ["L", "s", "l"]
    assert asked["short"] == 1_000, "it is whole"
    assert min(asked["long"], asked["longer"]) >= (1_000 - 100 - 6) // 2, "the others have the rest"


def test_notes_that_fit_are_whole() -> None:
    assert joined_notes(lambda layer, _limit: layer * 10, ["a", "b"], 100) == "a" * 10 + "\n\n" + "b" * 10
