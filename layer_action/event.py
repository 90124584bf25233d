"""Which event started the run. Pure: the environment and the payload's bytes come in."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from layer_action.errors import InputError, Location
from layer_action.model.function import Unknown
from layer_action.record import record

_NO_COMMIT: Final = "0" * 40  # what GitHub writes for "there was none"


class Kind(StrEnum):
    """What kind of thing happened; the values are GitHub's event names where they are one to one."""

    LOCAL = "local"
    PULL_REQUEST = "pull_request"
    PULL_REQUEST_TARGET = "pull_request_target"
    MERGE_GROUP = "merge_group"
    BRANCH_PUSH = "branch push"
    TAG_PUSH = "tag push"
    DISPATCH = "dispatch"
    SCHEDULE = "schedule"
    WORKFLOW_RUN = "workflow_run"
    ISSUE_COMMENT = "issue_comment"
    OTHER = "other"


_KINDS: Final = {
    "pull_request": Kind.PULL_REQUEST,
    "pull_request_review": Kind.PULL_REQUEST,
    "pull_request_review_comment": Kind.PULL_REQUEST,
    "pull_request_target": Kind.PULL_REQUEST_TARGET,
    "merge_group": Kind.MERGE_GROUP,
    "workflow_dispatch": Kind.DISPATCH,
    "repository_dispatch": Kind.DISPATCH,
    "schedule": Kind.SCHEDULE,
    "workflow_run": Kind.WORKFLOW_RUN,
    "issue_comment": Kind.ISSUE_COMMENT,
}


@record
class Event:
    """What the runner says of a run. Texts are "" where it says nothing.

    `sha` is the commit that the event is about, which a plain checkout has: for a pull request the merge commit, while
    `head_sha` is the head of its branch. `base_sha` is the commit to compare with *at the time of the event*: it may be
    out of date, and a shallow checkout does not have it. `ref` is `refs/heads/main`, `tag` the name of a pushed tag.
    """

    name: str
    kind: Kind
    action: str = ""
    sha: str = ""
    head_sha: str = ""
    base_sha: str | Unknown = Unknown(reason="the event has no base")
    ref: str = ""
    ref_name: str = ""
    tag: str | None = None
    pull_request: int | None = None
    default_branch: str = ""
    deleted: bool = False
    repository: str = ""
    run_id: int = 0
    run_attempt: int = 0

    @property
    def is_default_branch(self) -> bool:
        """Whether the event is about the default branch."""
        return bool(self.default_branch) and self.ref == f"refs/heads/{self.default_branch}"


def read_event(env: Mapping[str, str], payload: bytes | None) -> Event:
    """Read the runner's variables and the event file's bytes (None: there is no such file).

    Off CI, without GITHUB_EVENT_NAME, the event is of kind LOCAL. Raises InputError for a missing or garbled payload.
    """
    name = env.get("GITHUB_EVENT_NAME", "")
    if not name:
        return Event(name="", kind=Kind.LOCAL)
    file = env.get("GITHUB_EVENT_PATH") or "GITHUB_EVENT_PATH"
    body = _Payload.parse(payload, file)
    ref = env.get("GITHUB_REF", "") or body.text("ref")
    kind = _kind(name, ref)
    return Event(
        name=name,
        kind=kind,
        action=body.text("action"),
        sha=env.get("GITHUB_SHA", ""),
        head_sha=_head(kind, body) or env.get("GITHUB_SHA", ""),
        base_sha=_base(kind, body),
        ref=ref,
        ref_name=_short(ref),
        tag=ref.removeprefix("refs/tags/") if ref.startswith("refs/tags/") else None,
        pull_request=_pull_request(kind, body, file),
        default_branch=body.text("repository", "default_branch"),
        deleted=body.flag("deleted"),
        repository=env.get("GITHUB_REPOSITORY", "") or body.text("repository", "full_name"),
        run_id=_number(env, "GITHUB_RUN_ID"),
        run_attempt=_number(env, "GITHUB_RUN_ATTEMPT"),
    )


def _kind(name: str, ref: str) -> Kind:
    if name == "push":
        return Kind.TAG_PUSH if ref.startswith("refs/tags/") else Kind.BRANCH_PUSH
    return _KINDS.get(name, Kind.OTHER)


def _short(ref: str) -> str:
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        ref = ref.removeprefix(prefix)
    return ref


def _head(kind: Kind, body: "_Payload") -> str:
    return body.text("pull_request", "head", "sha") if kind is Kind.PULL_REQUEST else ""


def _base(kind: Kind, body: "_Payload") -> str | Unknown:
    match kind:
        case Kind.PULL_REQUEST:
            sha = body.text("pull_request", "base", "sha")
        case Kind.MERGE_GROUP:
            sha = body.text("merge_group", "base_sha")
        case Kind.BRANCH_PUSH | Kind.TAG_PUSH:
            sha = body.text("before")
        case _:
            sha = ""
    if not sha:
        return Unknown(reason="the event has no base")
    return Unknown(reason="the push created the branch or tag") if sha == _NO_COMMIT else sha


def _pull_request(kind: Kind, body: "_Payload", file: str) -> int | None:
    if kind is not Kind.PULL_REQUEST:
        return None
    number = body.value("pull_request", "number")
    if isinstance(number, int) and number > 0:
        return number
    raise InputError(
        "The event file of a pull request has no `pull_request.number`.",
        hint="GITHUB_EVENT_PATH must name the event that the runner wrote; leave it as it is.",
        location=Location(file),
    )


def _number(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else 0


@record(kw_only=False)
class _Payload:
    """The event file: JSON that others wrote, read without trust in its shape."""

    content: Mapping[str, object]

    @classmethod
    def parse(cls, payload: bytes | None, file: str) -> "_Payload":
        """Parse the file's bytes. Raises InputError."""
        hint = "The runner writes this file for each run; a step before this one must not change or remove it."
        if payload is None:
            raise InputError("The event file is missing.", hint=hint, location=Location(file))
        try:
            content = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise InputError(f"The event file is not JSON: {error}.", hint=hint, location=Location(file)) from error
        if not isinstance(content, dict):
            raise InputError("The event file holds no JSON object.", hint=hint, location=Location(file))
        return cls(content)

    def value(self, *keys: str) -> object:
        """Return what lies below nested keys, None where there is nothing."""
        found: object = self.content
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def text(self, *keys: str) -> str:
        """Return a string below nested keys, "" for anything else."""
        found = self.value(*keys)
        return found if isinstance(found, str) else ""

    def flag(self, *keys: str) -> bool:
        """Return a boolean below nested keys, False for anything else."""
        return self.value(*keys) is True
