"""Releases: draft, assets, publish, from whatever the last run left."""

from pathlib import Path

import pytest
from github import Github

from layer_action.errors import GitHubError, TokenPermissionError
from layer_action.github.releases import GitHubReleases, asset_name
from layer_action.github.session import connect
from layer_action.ports.repository import Release
from layer_action.record import replace
from tests.github.conftest import IMPATIENT
from tests.standins.github import records
from tests.standins.github.faults import Fault, cut_off, first, lost_answer, secondary_limit
from tests.standins.github.records import Asset
from tests.standins.github.server import FakeGitHub

TAG = "http/v1.5.0"


@pytest.fixture
def release(tmp_path: Path) -> Release:
    (tmp_path / "http.zip").write_bytes(b"zip" * 100)
    (tmp_path / "pylock.http.toml").write_text("lock-version = '1.0'\n")
    (tmp_path / "checksums.txt").write_text("abc  http.zip\n")
    assets = tuple(tmp_path / name for name in ("http.zip", "pylock.http.toml", "checksums.txt"))
    return Release(tag=TAG, title="http 1.5.0", body="notes", prerelease=False, latest=False, assets=assets)


def publish(session: Github, release: Release) -> str:
    return GitHubReleases(session, "octo/shop").publish(release)


def draft(hub: FakeGitHub, *assets: Asset, published: bool = False, immutable: bool = False) -> records.Release:
    found = records.Release(
        id=hub.number(),
        tag=TAG,
        name="http 1.5.0",
        body="notes",
        draft=not published,
        prerelease=False,
        immutable=immutable,
        assets=list(assets),
    )
    hub.repository.releases[found.id] = found
    return found


def asset(hub: FakeGitHub, name: str, content: bytes, state: str = "uploaded") -> Asset:
    return Asset(id=hub.number(), name=name, content=content, content_type="application/zip", state=state)


def only(hub: FakeGitHub) -> records.Release:
    (found,) = hub.repository.releases.values()
    return found


def contents(hub: FakeGitHub) -> dict[str, bytes]:
    return {one.name: one.content for one in only(hub).assets}


def assert_whole(hub: FakeGitHub, release: Release) -> None:
    assert not only(hub).draft
    assert contents(hub) == {path.name: path.read_bytes() for path in release.assets}
    assert {one.state for one in only(hub).assets} == {"uploaded"}


def test_a_release_is_a_draft_until_its_assets_are_there(hub: FakeGitHub, session: Github, release: Release) -> None:
    url = publish(session, release)
    assert_whole(hub, release)
    assert url == f"{hub.url}/octo/shop/releases/tag/{TAG}"
    assert [entry.method for entry in hub.writes()] == ["POST", "POST", "POST", "POST", "PATCH"]
    assert only(hub).assets[0].content_type == "application/zip"


def test_a_second_run_writes_nothing(hub: FakeGitHub, session: Github, release: Release) -> None:
    publish(session, release)
    hub.log.clear()
    publish(session, release)
    assert hub.writes() == []


def test_a_layers_release_does_not_become_the_repositorys_latest(
    hub: FakeGitHub, session: Github, release: Release
) -> None:
    publish(session, release)
    assert only(hub).make_latest == "false"


def test_a_draft_that_a_dead_run_left_is_completed(hub: FakeGitHub, session: Github, release: Release) -> None:
    draft(hub, asset(hub, "http.zip", b"zip" * 100), asset(hub, "checksums.txt", b"", state="starter"))
    publish(session, release)
    assert_whole(hub, release)
    assert [entry.method for entry in hub.writes()] == ["POST", "DELETE", "POST", "PATCH"]


def test_a_draft_is_found_behind_many_releases(hub: FakeGitHub, session: Github, release: Release) -> None:
    half_made = draft(hub)
    for number in range(150):
        other = draft(hub, published=True)
        other.tag = f"v0.{number}.0"
    publish(session, release)
    assert not half_made.draft
    assert len(hub.repository.releases) == 151


def test_a_changed_asset_is_replaced(hub: FakeGitHub, session: Github, release: Release) -> None:
    draft(hub, asset(hub, "http.zip", b"old"), published=True)
    publish(session, release)
    assert_whole(hub, release)


def test_an_immutable_release_that_is_whole_is_left_alone(hub: FakeGitHub, session: Github, release: Release) -> None:
    hub.immutable_releases = True
    publish(session, release)
    assert only(hub).immutable
    hub.log.clear()
    publish(session, release)
    assert hub.writes() == []


def test_an_immutable_release_that_differs_is_an_error_that_says_what_to_do(
    hub: FakeGitHub, session: Github, release: Release
) -> None:
    draft(hub, asset(hub, "http.zip", b"old"), published=True, immutable=True)
    with pytest.raises(GitHubError, match=r"immutable.*http\.zip") as caught:
        publish(session, release)
    assert "next version" in caught.value.hint
    assert hub.writes() == []


def test_a_tag_burned_by_an_immutable_release_is_githubs_reason(
    hub: FakeGitHub, session: Github, release: Release
) -> None:
    hub.repository.burned_tags.add(TAG)
    with pytest.raises(GitHubError, match="used by an immutable release") as caught:
        publish(session, release)
    assert "next version" in caught.value.hint


@pytest.mark.parametrize("path", ["/releases$", "/assets$", "/releases/[0-9]+$"])
@pytest.mark.parametrize("fault", [lost_answer(), cut_off(), Fault(status=502), secondary_limit()])
def test_a_lost_answer_at_any_write_makes_nothing_twice(
    hub: FakeGitHub, session: Github, release: Release, path: str, fault: Fault
) -> None:
    hub.faults.add("PATCH" if path.endswith("+$") else "POST", path, fault)
    publish(session, release)
    assert_whole(hub, release)


def test_a_broken_upload_is_removed_and_repeated(hub: FakeGitHub, session: Github, release: Release) -> None:
    def leave_a_stub() -> None:
        only(hub).assets.append(asset(hub, "http.zip", b"", state="starter"))

    hub.faults.add("POST", "/assets$", first(leave_a_stub))
    publish(session, release)
    assert_whole(hub, release)


def test_an_upload_that_never_works_is_given_up(hub: FakeGitHub, session: Github, release: Release) -> None:
    hub.faults.add("POST", "/assets$", Fault(status=502), times=10)
    with pytest.raises(GitHubError, match=r"upload the asset http\.zip.*502") as caught:
        publish(session, release)
    assert caught.value.exit_code == 5
    assert only(hub).draft
    hub.faults.planned.clear()
    publish(session, release)
    assert_whole(hub, release)


def test_a_release_published_by_a_quicker_run_is_completed_and_our_draft_dropped(
    hub: FakeGitHub, session: Github, release: Release
) -> None:
    hub.faults.add("PATCH", "/releases/", first(lambda: void(draft(hub, published=True))))
    publish(session, release)
    assert_whole(hub, release)


def test_a_draft_of_a_quicker_run_is_taken_over_after_a_lost_answer(
    hub: FakeGitHub, session: Github, release: Release
) -> None:
    for fault in (Fault(status=503, before=lambda: void(draft(hub))), Fault(status=503)):
        hub.repository.releases.clear()
        hub.faults.add("POST", "/releases$", fault)
        publish(session, release)
        assert_whole(hub, release)


def test_a_read_only_token_is_told_what_it_lacks(hub: FakeGitHub, release: Release) -> None:
    with connect(hub.env, "reader", patience=IMPATIENT) as session, pytest.raises(TokenPermissionError) as caught:
        publish(session, release)
    assert "contents: write" in caught.value.hint
    assert "reader" not in str(caught.value)


def test_a_long_body_is_cut(hub: FakeGitHub, session: Github, release: Release) -> None:
    long = Release(tag=TAG, title="t", body="word " * 40_000, prerelease=True, latest=False, assets=())
    publish(session, long)
    assert len(only(hub).body) <= 125_000
    assert only(hub).prerelease
    assert release.body == "notes"


def test_a_renamed_repository_gets_its_release(hub: FakeGitHub, session: Github, release: Release) -> None:
    hub.repository.full_name = "octo/store"
    hub.moved["octo/shop"] = hub.repository
    assert "octo/store" in publish(session, release)
    assert_whole(hub, release)


def test_assets_of_one_name_and_missing_ones_are_refused_before_anything_is_sent(
    hub: FakeGitHub, session: Github, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    twice = (tmp_path / "x.zip", tmp_path / "a" / "x.zip")
    for path in twice:
        path.write_bytes(b"x")
    for assets, reason in ((twice, "Two assets"), ((tmp_path / "gone.zip",), "does not exist")):
        with pytest.raises(GitHubError, match=reason):
            publish(session, Release(tag=TAG, title="t", body="", prerelease=False, latest=False, assets=assets))
    assert hub.log == []


def test_asset_names_are_what_github_makes_of_them() -> None:
    assert asset_name("my layer+1.zip") == "my.layer.1.zip"


def void(_: object) -> None:
    """Drop a value: the callback returns nothing."""


def test_the_tags_are_those_of_published_releases(hub: FakeGitHub, session: Github) -> None:
    for number in range(120):
        draft(hub, published=True).tag = f"v0.{number}.0"
    draft(hub)
    tags = GitHubReleases(session, "octo/shop").tags()
    assert sorted(tags) == sorted(f"v0.{number}.0" for number in range(120))


def test_notes_that_are_out_are_kept_by_a_second_run(hub: FakeGitHub, session: Github, release: Release) -> None:
    publish(session, release)
    only(hub).body = "notes that somebody made better"
    publish(session, replace(release, body="a later run knows less"))
    assert only(hub).body == "notes that somebody made better"


def test_a_release_made_by_hand_without_notes_gets_them(hub: FakeGitHub, session: Github, release: Release) -> None:
    draft(hub, published=True).body = ""
    publish(session, release)
    assert only(hub).body == "notes"
