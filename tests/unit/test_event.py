"""From the runner's variables and event file to an event, and from that to a command."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.choice import command_for, parse_release_tag
from layer_action.errors import InputError, RefusedEventError
from layer_action.event import Event, Kind, read_event
from layer_action.model.command import Command
from layer_action.model.function import Unknown

LAYERS = ("http", "data", "my-layer-v2")
REPOSITORY = {"full_name": "octo/shop", "default_branch": "main"}
SHA, HEAD, BASE = "a" * 40, "b" * 40, "c" * 40


def event(name: str, ref: str = "refs/heads/main", **payload: Any) -> Event:
    env = {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": "event.json",
        "GITHUB_SHA": SHA,
        "GITHUB_REF": ref,
        "GITHUB_REPOSITORY": "octo/shop",
        "GITHUB_ACTOR": "ann",
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_ATTEMPT": "2",
    }
    return read_event(env, json.dumps({"repository": REPOSITORY, **payload}).encode())


def pull_request(action: str = "synchronize", *, head: str | None = "octo/shop", name: str = "pull_request") -> Event:
    repo = {"full_name": head} if head else None
    pull = {
        "number": 7,
        "head": {"sha": HEAD, "repo": repo},
        "base": {"sha": BASE, "repo": {"full_name": "octo/shop"}},
    }
    return event(name, "refs/pull/7/merge", action=action, pull_request=pull)


def push(ref: str = "refs/heads/main", **payload: Any) -> Event:
    return event("push", ref, **{"before": BASE, "after": SHA, "deleted": False, "forced": False, **payload})


def test_a_pull_request_tells_merge_commit_head_base_and_number() -> None:
    read = pull_request()
    assert (read.kind, read.sha, read.head_sha, read.base_sha) == (Kind.PULL_REQUEST, SHA, HEAD, BASE)
    assert (read.pull_request, read.is_default_branch) == (7, False)
    assert (read.run_id, read.run_attempt) == (123, 2)


@pytest.mark.parametrize("head", ["mallory/shop", None])
def test_a_forks_pull_request_is_read_even_when_the_fork_was_deleted(head: str | None) -> None:
    assert (pull_request(head=head).pull_request, pull_request(head=head).head_sha) == (7, HEAD)


def test_a_push_tells_what_was_before() -> None:
    assert push().base_sha == BASE
    assert isinstance(push(before="0" * 40).base_sha, Unknown)


def test_a_tag_is_told_by_the_ref_alone() -> None:
    read = push("refs/tags/http/v1.2.3")
    assert (read.kind, read.tag, read.ref_name) == (Kind.TAG_PUSH, "http/v1.2.3", "http/v1.2.3")


def test_a_merge_group_has_a_base() -> None:
    read = event("merge_group", "refs/heads/gh-readonly-queue/main/pr-7", merge_group={"base_sha": BASE})
    assert (read.kind, read.base_sha) == (Kind.MERGE_GROUP, BASE)


def test_off_ci_there_is_a_local_event() -> None:
    assert read_event({}, None).kind is Kind.LOCAL
    assert command_for(read_event({}, None)).command is Command.PLAN


@pytest.mark.parametrize("payload", [None, b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_missing_or_garbled_event_file_is_named(payload: bytes | None) -> None:
    env = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": "event.json"}
    with pytest.raises(InputError, match="event file") as caught:
        read_event(env, payload)
    assert str(caught.value.location) == "event.json"


def test_a_pull_request_without_a_number_is_garbled() -> None:
    with pytest.raises(InputError, match="number"):
        event("pull_request", pull_request={"head": {}})


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from(["pull_request", "repository", "head", "base", "repo", "sha", "number", "before", "deleted"])
    return st.dictionaries(keys | st.text(max_size=3), inner, max_size=4)


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | objects(inner), max_leaves=6)


@given(st.sampled_from(["push", "pull_request", "merge_group", "schedule", "x"]), objects(JSON))
def test_any_json_is_an_event_or_an_input_error(name: str, payload: dict[str, Any]) -> None:
    with suppress(InputError):
        assert read_event({"GITHUB_EVENT_NAME": name, "GITHUB_RUN_ID": "x"}, json.dumps(payload).encode()).name == name


@pytest.mark.parametrize(
    ("given_event", "command"),
    [
        (pull_request("opened"), Command.PLAN),
        (pull_request("synchronize"), Command.PLAN),
        (pull_request("edited"), Command.PLAN),
        (pull_request("closed"), Command.NOTHING),
        (event("merge_group", merge_group={"base_sha": BASE}), Command.PLAN),
        (push(), Command.PUBLISH),
        (push(forced=True), Command.PUBLISH),
        (push("refs/heads/feature"), Command.PLAN),
        (push("refs/heads/feature", before="0" * 40), Command.PLAN),
        (push("refs/heads/feature", deleted=True), Command.NOTHING),
        (push("refs/heads/main", repository={}), Command.PLAN),
        (push("refs/tags/http/v1.2.3"), Command.RELEASE),
        (push("refs/tags/v1.2.3"), Command.RELEASE),
        (push("refs/tags/v1"), Command.PLAN),
        (push("refs/tags/v1.2"), Command.PLAN),
        (push("refs/tags/latest"), Command.PLAN),
        (push("refs/tags/infra/vendored"), Command.PLAN),
        (push("refs/tags/http-v1.2.3"), Command.PLAN),
        (push("refs/tags/v1.2.3", deleted=True), Command.NOTHING),
        (event("workflow_dispatch"), Command.PLAN),
        (event("repository_dispatch"), Command.PLAN),
        (event("schedule"), Command.STATUS),
        (event("workflow_run"), Command.PLAN),
        (event("delete"), Command.NOTHING),
    ],
)
def test_auto_chooses_as_the_design_says(given_event: Event, command: Command) -> None:
    choice = command_for(given_event, layer_names=LAYERS, head=SHA)
    assert choice.command is command
    plain = given_event.kind in (Kind.PULL_REQUEST, Kind.MERGE_GROUP)
    expected = (command is Command.PLAN and not plain) or command is Command.NOTHING
    assert bool(choice.notice) == expected


@pytest.mark.parametrize(
    "tag", ["web/v1.2.3", "http/v1", "http/v1.2", "v1.2.x", "v1.2.3.4", "v2026.01.05", "a/http/v1.2.3"]
)
def test_a_tag_that_was_meant_to_release_and_cannot_is_an_error(tag: str) -> None:
    with pytest.raises(InputError, match=re.escape(tag)):
        command_for(push(f"refs/tags/{tag}"), layer_names=LAYERS)


@pytest.mark.parametrize(
    ("tag", "ours"), [("http-v1.2.3", "http/v1.2.3"), ("data@2.0.0-rc.1", "data/v2.0.0-rc.1"), ("1.2.3", "v1.2.3")]
)
def test_a_tag_of_another_form_is_told_in_ours(tag: str, ours: str) -> None:
    choice = command_for(push(f"refs/tags/{tag}"), layer_names=LAYERS)
    assert f"Did you mean `{ours}`? This run only plans." in choice.notice


@pytest.mark.parametrize("tag", ["other-v1.2.3", "http-v1.2", "v1", "latest"])
def test_a_tag_of_something_else_is_told_without_a_guess(tag: str) -> None:
    assert "Did you mean" not in command_for(push(f"refs/tags/{tag}"), layer_names=LAYERS).notice


@pytest.mark.parametrize("command", ["auto", "plan", "publish"])
def test_pull_request_target_is_refused_whatever_the_command(command: str) -> None:
    refused = pull_request(name="pull_request_target")
    with pytest.raises(RefusedEventError, match="pull_request_target"):
        command_for(refused, command=command)


@pytest.mark.parametrize("name", ["workflow_run", "issue_comment"])
def test_a_trusted_event_serves_only_the_default_branchs_code(name: str) -> None:
    assert command_for(event(name), head=SHA).command is Command.PLAN
    assert command_for(event(name), command="publish", head=SHA).command is Command.PUBLISH
    with pytest.raises(RefusedEventError):
        command_for(event(name), head=HEAD)
    with pytest.raises(RefusedEventError):
        command_for(event(name, "refs/heads/feature"), head=SHA)
    with pytest.raises(RefusedEventError, match="nothing known"):
        command_for(event(name))


@pytest.mark.parametrize("command", ["publish", "release", "rollback", "prune"])
def test_a_pull_request_never_changes_aws(command: str) -> None:
    for refused in (pull_request(), pull_request(name="pull_request_review_comment"), event("merge_group")):
        with pytest.raises(RefusedEventError, match="not merged"):
            command_for(refused, command=command)


@pytest.mark.parametrize("name", ["deployment", "release", "create"])
def test_an_event_without_a_rule_needs_a_command(name: str) -> None:
    with pytest.raises(InputError, match=name):
        command_for(event(name))
    assert command_for(event(name), command="publish").command is Command.PUBLISH


@pytest.mark.parametrize(
    ("action", "command"),
    [("published", "release"), ("edited", "release"), ("deleted", "nothing"), ("unpublished", "nothing")],
)
def test_a_release_that_somebody_takes_back_is_not_made_again(action: str, command: str) -> None:
    taken_back = event("release", "refs/tags/http/v1.2.3", action=action)
    choice = command_for(taken_back, command="release", layer_names=LAYERS)
    assert (choice.command, bool(choice.notice)) == (Command(command), command == "nothing")


def test_an_unknown_command_is_told_the_known_ones() -> None:
    for unknown in ("deploy", "nothing", ""):
        with pytest.raises(InputError) as caught:
            command_for(push(), command=unknown)
        assert "publish" in caught.value.hint


@pytest.mark.parametrize(
    ("tag", "layer", "version"),
    [
        ("v1.2.3", None, "1.2.3"),
        ("http/v1.2.3", "http", "1.2.3"),
        ("my-layer-v2/v1.0.0", "my-layer-v2", "1.0.0"),
        ("data/v2.0.0-rc.1", "data", "2.0.0-rc.1"),
    ],
)
def test_a_release_tag_tells_layer_and_version(tag: str, layer: str | None, version: str) -> None:
    parsed = parse_release_tag(tag, LAYERS)
    assert (parsed.layer, str(parsed.version), parsed.is_prerelease) == (layer, version, "-" in version)


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("web/v1.2.3", "no `web`"),
        ("a/http/v1.2.3", "no `a/http`"),
        ("http/v1.2", "no semantic version: `1.2`"),
        ("v01.2.3", "no semantic version"),
        ("http-v1.2.3", "not a release tag"),
        ("1.2.3", "not a release tag"),
        ("http/v", "not a release tag"),
        ("", "no tag"),
        ("http/v1.2.3\n", "no semantic version"),
    ],
)
def test_tags_that_name_no_layer_or_no_version_say_which(tag: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_release_tag(tag, LAYERS)
    assert reason in caught.value.message
    assert caught.value.hint


def test_a_mistyped_layer_is_told_the_tag_that_was_meant() -> None:
    with pytest.raises(InputError) as caught:
        parse_release_tag("htpp/v1.2.3", LAYERS)
    assert "Did you mean `http/v1.2.3`?" in caught.value.hint
