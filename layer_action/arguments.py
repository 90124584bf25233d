"""The command line: the same words as the action's inputs, and what only a person at a terminal needs."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from layer_action import __version__
from layer_action.inputs import Inputs
from layer_action.model.command import Command

_EVERYWHERE: Final = {
    "config": ("FILE", "the config file"),
    "layers": ("NAME,…", "only these layers"),
    "environment": ("NAME", "one of the config's environments"),
    "regions": ("REGION,…", "regions instead of the config's"),
    "upgrade": ("all|NAME,…", "distributions that may move although no requirement forces them to"),
}
_ELSEWHERE: Final = {
    "runtimes": ("RUNTIME,…", "without a config file: what the layers are for; of a plan file: what to build"),
    "architectures": ("ARCH,…", "the same: x86_64, arm64"),
    "repoint": ("BUMP", "the largest bump that moves functions: major, minor, patch, none"),
    "comment": ("WHEN", "changes, always or never"),
    "fail-on": ("SEVERITY", "error or warning"),
    "plan-file": ("FILE", "a plan made before, to apply or to build"),
    "cache-dir": ("DIR", "where wheels are kept between runs"),
    "session-minutes": ("N", "how long the AWS credentials last"),
    "token": ("TOKEN", "GitHub's token"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the command line says. `given` are inputs by kebab-case name; the rest no workflow can say."""

    command: Command = Command.AUTO
    given: dict[str, str] = field(default_factory=dict)
    base: str = ""
    out: str = ""
    detailed_exitcode: bool = False
    directory: str = ""
    every: bool = False
    plan: str = ""
    no_repoint: bool = False
    yes: bool = False
    tag: str = ""
    layer: str = ""
    policy_for: Command = Command.PUBLISH
    repository: str = ""
    to: str = ""
    journal: str = ""
    keep: int = 5
    diff: int | None = None
    json: bool = False
    verbose: bool = False


_SAYS: Final = {
    Command.INIT: "write a config and a workflow from what the repository shows",
    Command.PLAN: "show what would be published and which functions would move",
    Command.BUILD: "build the zips, with neither AWS nor GitHub",
    Command.PUBLISH: "publish the affected layers and move the functions pinned to them",
    Command.RELEASE: "publish under the version of a tag and write a GitHub Release",
    Command.ROLLBACK: "move a layer's functions back to an older version",
    Command.STATUS: "show which functions are current, behind, held or failed",
    Command.SHOW: "show the lock inside a published version",
    Command.PRUNE: "delete versions that nothing uses",
    Command.IAM: "print the least IAM policy and the OIDC trust policy of a command",
}


def parse(argv: Sequence[str]) -> Arguments:
    """Parse a command line. Without a command, the action's `command` input decides. Exits 2 on a wrong one."""
    parser = argparse.ArgumentParser(
        prog="lambda-layer-action",
        description="Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely.",
    )
    parser.add_argument("--version", action="version", version=f"lambda-layer-action {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command, says in _SAYS.items():
        _options(commands.add_parser(command.value, help=says, description=f"{says[0].upper()}{says[1:]}."), command)
    found = vars(parser.parse_args(list(argv)))
    command = Command(found.pop("command") or Command.AUTO)
    names = {name.replace("-", "_"): name for name in Inputs.names()}
    given = {names[key]: _written(found.pop(key)) for key in list(found) if key in names}
    return Arguments(command=command, given={name: value for name, value in given.items() if value}, **found)


def _written(value: str | bool | None) -> str:  # noqa: FBT001 - argparse gives either
    return "" if value is None or value is False else "true" if value is True else value


def _options(parser: argparse.ArgumentParser, command: Command) -> None:  # noqa: C901 - one case a command
    for name, (metavar, says) in {**_EVERYWHERE, **_ELSEWHERE}.items():
        parser.add_argument(
            f"--{name}", metavar=metavar, help=says if name in _EVERYWHERE else argparse.SUPPRESS, default=None
        )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--verbose", action="store_true", help="print more")
    match command:
        case Command.PLAN:
            parser.add_argument("--base", metavar="REV", default="", help="the revision to compare with")
            parser.add_argument("--out", metavar="FILE", default="", help="write the plan, for `publish --plan`")
            parser.add_argument("--detailed-exitcode", action="store_true", help="exit 10 when something would change")
        case Command.BUILD:
            parser.add_argument("--base", metavar="REV", default="", help="the revision to compare with")
            parser.add_argument("--dir", dest="directory", metavar="DIR", default="", help="where the zips go")
            parser.add_argument("--all", dest="every", action="store_true", help="also what is not affected")
        case Command.PUBLISH:
            parser.add_argument("--plan", metavar="FILE", default="", help="apply this plan")
            _applying(parser)
        case Command.RELEASE:
            parser.add_argument("--tag", default="", help="v1.2.3 or LAYER/v1.2.3; default: the tag that was pushed")
            _applying(parser)
        case Command.ROLLBACK:
            parser.add_argument("layer", metavar="LAYER")
            target = parser.add_mutually_exclusive_group()
            target.add_argument("--to", metavar="VERSION", default="", help="default: the version before")
            target.add_argument("--journal", metavar="FILE", default="", help="put back what this run moved")
            parser.add_argument("--yes", action="store_true", help="do not ask")
        case Command.SHOW:
            parser.add_argument("layer", metavar="LAYER[:N]")
            parser.add_argument("--diff", metavar="N", type=int, default=None, help="compare with this version number")
        case Command.PRUNE:
            parser.add_argument("--keep", metavar="N", type=int, default=5, help="versions to keep in any case (5)")
            parser.add_argument("--yes", action="store_true", help="do not ask")
        case Command.IAM:
            parser.add_argument(
                "policy_for", metavar="FOR", nargs="?", type=Command, choices=list(_SAYS), default=Command.PUBLISH,
                help="the command that the policy is for (publish)",
            )  # fmt: skip
            parser.add_argument("--repository", metavar="OWNER/NAME", default="", help="whose jobs take the role")
        case Command.INIT:
            parser.add_argument("--yes", action="store_true", help="replace files that exist")
        case _:
            pass


def _applying(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-repoint", action="store_true", help="publish, and move no function")
    parser.add_argument("--allow-older", action="store_true", help="publish although a newer commit was published")
    parser.add_argument("--yes", action="store_true", help="do not ask")
