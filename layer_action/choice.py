"""From an event to a command: what `command: auto` means, and what no event may do. Pure."""

import re
from collections.abc import Collection
from typing import Final

from semver import Version

from layer_action.errors import InputError, Location, RefusedEventError
from layer_action.event import Event, Kind
from layer_action.model.command import Command
from layer_action.record import record

_TAG: Final = re.compile(r"(?:(?P<layer>.+)/)?v(?P<version>[^/]+)", re.DOTALL)
# Meant for us, right or wrong: `http/v1`, `v1.2.x`. A tag that other tags move with, `v1` or `v1.2`, is not.
_MEANT: Final = re.compile(r".+/v\d.*|v\d+\.\d+\..*", re.DOTALL)
_OTHER_FORM: Final = re.compile(r"(?:(?P<layer>.+)[-@/])?v?(?P<version>\d+\.\d+\.\d+.*)", re.DOTALL)
_CHANGES_AWS: Final = {Command.PUBLISH, Command.RELEASE, Command.ROLLBACK, Command.PRUNE}
_TAKEN_BACK: Final = ("deleted", "unpublished")


@record
class Choice:
    """A command and, where the user may have expected another, why (one sentence, to be shown as a notice)."""

    command: Command
    notice: str = ""


@record
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
    if chosen is Command.RELEASE and event.name == "release" and event.action in _TAKEN_BACK:
        return Choice(
            command=Command.NOTHING, notice=f"The release `{event.ref_name}` was {event.action}: nothing to do."
        )
    return Choice(command=chosen)


def parse_release_tag(tag: str, layer_names: Collection[str]) -> ReleaseTag:
    """Parse `name/v1.2.3` or `v1.2.3`. Raises InputError when it names no layer or no semantic version, or is ""."""
    if not tag:
        hint = "Push a tag, or name one with `--tag v1.2.3`."
        raise InputError("there is no tag to release", hint=hint, location=Location("tag"))
    shape = f"{_in_our_form(tag, layer_names)}Push a tag such as `v1.2.3` (all affected layers) or `http/v1.2.3` (one)."
    match = _TAG.fullmatch(tag)
    if match is None:
        raise InputError(f"The tag `{tag}` is not a release tag.", hint=shape, location=Location("tag"))
    layer = match["layer"]
    if layer is not None and layer not in layer_names:
        raise InputError(
            f"The tag `{tag}` names no layer: there is no `{layer}`.",
            hint=_nearest(layer, match["version"], layer_names),
            location=Location("tag"),
        )
    try:
        version = Version.parse(match["version"])
    except ValueError:
        raise InputError(
            f"The tag `{tag}` holds no semantic version: `{match['version']}`.", hint=shape, location=Location("tag")
        ) from None
    return ReleaseTag(tag=tag, layer=layer, version=version)


def _in_our_form(tag: str, layer_names: Collection[str]) -> str:
    """Return how a tag such as `http-v1.2.3` or `1.2.3` is written here, "" where it is not one of those."""
    match = _OTHER_FORM.fullmatch(tag)
    if not match or not (match["layer"] is None or match["layer"] in layer_names):
        return ""
    ours = f"{match['layer']}/v{match['version']}" if match["layer"] else f"v{match['version']}"
    return f"Did you mean `{ours}`? " if ours != tag and Version.is_valid(match["version"]) else ""


def _nearest(layer: str, version: str, layer_names: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a wrong tag

    close = get_close_matches(layer, list(layer_names), n=1)
    meant = f"Did you mean `{close[0]}/v{version}`? " if close else ""
    return f"{meant}Layers of the config: {', '.join(f'`{name}`' for name in layer_names) or 'none'}."


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
        case Kind.OTHER if event.name == "delete":
            choice = Choice(command=Command.NOTHING, notice="A branch or tag was deleted: nothing to do.")
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
    tag = event.tag or ""
    try:
        parse_release_tag(tag, layer_names)
    except InputError as error:
        if _MEANT.fullmatch(tag) and layer_names:  # without any, the config is wrong, and that is told already
            raise
        # a repository has other tags too (`v1`, `latest`): they must not fail
        ours = _in_our_form(tag, layer_names)
        return Choice(command=Command.PLAN, notice=f"{error.message} {ours}This run only plans.")
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
