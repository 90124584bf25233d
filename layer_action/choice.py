"""From an event to a command: what `command: auto` means, and what no event may do. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from semver import Version

from layer_action.errors import InputError, Location, RefusedEventError
from layer_action.event import Event, Kind
from layer_action.model.command import Command

_TAG: Final = re.compile(r"(?:(?P<layer>.+)/)?v(?P<version>[^/]+)", re.DOTALL)


_CHANGES_AWS: Final = {Command.PUBLISH, Command.RELEASE, Command.ROLLBACK, Command.PRUNE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A command and, where the user may have expected another, why (one sentence, to be shown as a notice)."""

    command: Command
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTag:
    """A parsed release tag. `layer` is None for `v1.2.3`, which is about every affected layer."""

    tag: str
    layer: str | None
    version: Version

    @property
    def is_prerelease(self) -> bool:
        """Whether it publishes without moving functions."""
        return self.version.prerelease is not None


def command_for(event: Event, *, command: str = "auto", layer_names: Collection[str] = (), head: str = "") -> Choice:
    """Choose the command of a run (design §8), or check the one that the user chose.

    `head` is the commit that is checked out, "" when nobody knows. Where the workflow is trusted but the code may not
    be (workflow_run, issue_comment), it must be the event's own. Raises RefusedEventError, InputError.
    """
    _refuse_untrusted(event, head)
    if command == "auto":
        return _automatic(event, layer_names)
    words = sorted(set(Command) - {Command.NOTHING, Command.AUTO})
    if command not in words:
        hint = f"Choose one of {', '.join(['auto', *words])}."
        raise InputError(f"`{command}` is no command.", hint=hint, location=Location("command"))
    chosen = Command(command)
    if chosen in _CHANGES_AWS and event.kind in (Kind.PULL_REQUEST, Kind.MERGE_GROUP):
        raise RefusedEventError(
            f"`{chosen}` does not run on `{event.name}`: what is not merged yet must not reach AWS.",
            hint="Use `command: plan` (or `auto`) here, and `publish` on a push to the default branch.",
            location=Location("command"),
        )
    return Choice(command=chosen)


def parse_release_tag(tag: str, layer_names: Collection[str]) -> ReleaseTag:
    """Parse `name/v1.2.3` or `v1.2.3`. Raises InputError when it names no layer or no semantic version."""
    shape = "Push a tag such as `v1.2.3` (all affected layers) or `http/v1.2.3` (one layer)."
    match = _TAG.fullmatch(tag)
    if match is None:
        raise InputError(f"The tag `{tag}` is not a release tag.", hint=shape, location=Location("tag"))
    layer = match["layer"]
    if layer is not None and layer not in layer_names:
        known = ", ".join(f"`{name}`" for name in layer_names) or "none"
        raise InputError(
            f"The tag `{tag}` names no layer: there is no `{layer}`.",
            hint=f"Layers of the config: {known}.",
            location=Location("tag"),
        )
    try:
        version = Version.parse(match["version"])
    except ValueError:
        raise InputError(
            f"The tag `{tag}` holds no semantic version: `{match['version']}`.", hint=shape, location=Location("tag")
        ) from None
    return ReleaseTag(tag=tag, layer=layer, version=version)


def _automatic(event: Event, layer_names: Collection[str]) -> Choice:
    match event.kind:
        case Kind.PULL_REQUEST if event.action == "closed":
            choice = Choice(command=Command.NOTHING, notice="The pull request is closed: nothing to do.")
        case Kind.PULL_REQUEST | Kind.MERGE_GROUP | Kind.LOCAL:
            choice = Choice(command=Command.PLAN)
        case Kind.BRANCH_PUSH | Kind.TAG_PUSH if event.deleted:
            choice = Choice(command=Command.NOTHING, notice=f"`{event.ref_name}` was deleted: nothing to do.")
        case Kind.BRANCH_PUSH:
            choice = _pushed_branch(event)
        case Kind.TAG_PUSH:
            choice = _pushed_tag(event, layer_names)
        case Kind.SCHEDULE:
            choice = Choice(command=Command.STATUS)
        case Kind.DISPATCH | Kind.WORKFLOW_RUN | Kind.ISSUE_COMMENT:
            notice = f"`{event.name}` only plans. Set `command: publish` to publish on it."
            choice = Choice(command=Command.PLAN, notice=notice)
        case _:
            raise InputError(
                f"`command: auto` has no rule for the event `{event.name}`.",
                hint="Say what to do with `command: plan`, `publish`, `release` or `status`.",
                location=Location("command"),
            )
    return choice


def _pushed_branch(event: Event) -> Choice:
    if event.is_default_branch:
        return Choice(command=Command.PUBLISH)
    known = (
        f"the default branch `{event.default_branch}`" if event.default_branch else "a default branch (unknown here)"
    )
    return Choice(command=Command.PLAN, notice=f"`{event.ref_name}` is not {known}: this run only plans.")


def _pushed_tag(event: Event, layer_names: Collection[str]) -> Choice:
    try:
        parse_release_tag(event.tag or "", layer_names)
    except InputError as error:
        # a repository has other tags too (`v1`, those of other components): they must not fail
        return Choice(command=Command.PLAN, notice=f"{error.message} This run only plans.")
    return Choice(command=Command.RELEASE)


def _refuse_untrusted(event: Event, head: str) -> None:
    if event.kind is Kind.PULL_REQUEST_TARGET:
        raise RefusedEventError(
            "`pull_request_target` is refused: it would run a stranger's requirements with this repository's secrets.",
            hint="Use `on: pull_request`; for comments on forks use the two-workflow pattern of the README.",
            location=Location("on"),
        )
    if event.kind not in (Kind.WORKFLOW_RUN, Kind.ISSUE_COMMENT):
        return
    if not event.is_default_branch or not head or head != event.sha:
        found = f"commit {head[:12]} is checked out" if head else "nothing known is checked out"
        raise RefusedEventError(
            f"`{event.name}` is served only on the default branch's own commit, and {found}.",
            hint="Remove `ref:` from the checkout step, or plan in a workflow that runs `on: pull_request`.",
            location=Location("on"),
        )
