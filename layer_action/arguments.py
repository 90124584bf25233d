"""The command line: the same words as the action's inputs, and what only a person at a terminal needs."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Final

from layer_action import __version__
from layer_action.inputs import FOLDER, Inputs
from layer_action.model.command import Command
from layer_action.record import field, record
from layer_action.usage import PROGRAM, PURPOSE, SAYS, WITHOUT_COMMAND, examples_of, usage_of


@record(kw_only=False)
class Option:
    """An input as an option: what stands for its value, and what it is, in the words of the README."""

    metavar: str
    says: str


OPTIONS: Final[Mapping[str, Option]] = {
    "config": Option("FILE", "the config file"),
    "layers": Option("NAME,…", "names of layers to work on"),
    "environment": Option("NAME", "one of the config's environments"),
    "runtimes": Option("RUNTIME,…", "without a config file: what the layers are for"),
    "architectures": Option("ARCH,…", "the same: x86_64, arm64"),
    "upgrade": Option("NAME,…", "names of distributions that may move although no requirement forces them to, or all"),
    "repoint": Option("BUMP", "the largest bump that moves functions, instead of the config's"),
    "regions": Option("REGION,…", "regions, instead of the config's or AWS_REGION"),
    "comment": Option("WHEN", "when a pull request gets a comment: changes, always, never"),
    "fail-on": Option("SEVERITY", "the least severe finding that fails the run: error, warning"),
    "plan-file": Option("FILE", "a plan that an earlier job wrote"),
    "cache-dir": Option("DIR", "a folder that keeps wheels between runs"),
    "session-minutes": Option("N", "how long the AWS credentials last"),
    "allow-older": Option("", "publish although a newer commit has been published"),
    "token": Option("TOKEN", "the token that comments and releases"),
}
_WHICH: Final = frozenset({"config", "layers", "environment", "runtimes", "architectures"})
_WHERE: Final = _WHICH | {"regions"}
_PLANNING: Final = _WHERE | {"upgrade", "repoint", "fail-on", "cache-dir", "allow-older", "token"}
# every command takes every input, as a workflow's step does; those that it heeds are in its help
_HEEDED: Final[Mapping[Command, frozenset[str]]] = {
    Command.INIT: frozenset({"regions"}),
    Command.PLAN: _PLANNING | {"comment"},
    Command.BUILD: _WHICH | {"upgrade", "fail-on", "plan-file", "cache-dir"},
    Command.PUBLISH: _PLANNING | {"session-minutes"},
    Command.RELEASE: _PLANNING | {"session-minutes"},
    Command.ROLLBACK: _WHERE | {"session-minutes"},
    Command.STATUS: _WHERE,
    Command.SHOW: _WHERE,
    Command.PRUNE: _WHERE,
    Command.IAM: _WHERE | {"token"},
}
_BASE: Final = "the revision to compare with (where HEAD left the default branch)"
_POSITIONAL: Final = {Command.ROLLBACK: "LAYER", Command.SHOW: "LAYER[:N]", Command.IAM: "[COMMAND]"}


@record
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
    shared: bool = False
    diff: int | None = None
    json: bool = False
    verbose: bool = False


def parse(argv: Sequence[str]) -> Arguments:
    """Parse a command line. Without a command, the action's `command` input decides. Exits 2 on a wrong one."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [COMMAND] [OPTION ...]",
        description=PURPOSE,
        epilog=WITHOUT_COMMAND,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND", prog=PROGRAM)
    for command, says in SAYS.items():
        its_own = commands.add_parser(
            command.value,
            usage=usage_of(command, _POSITIONAL.get(command, "")),
            help=says,
            description=f"{says[0].upper()}{says[1:]}.",
            epilog=examples_of(command),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _options(its_own, command)
        its_own.add_argument("--json", action="store_true", help="print JSON")
        its_own.add_argument("--verbose", action="store_true", help="print more")
        _inputs(its_own, command)
    found = vars(parser.parse_args(list(argv)))
    command = Command(found.pop("command") or Command.AUTO)
    names = {name.replace("-", "_"): name for name in Inputs.names()}
    given = {names[key]: _written(found.pop(key)) for key in list(found) if key in names}
    return Arguments(command=command, given={name: value for name, value in given.items() if value}, **found)


def _written(value: str | bool | None) -> str:  # noqa: FBT001 - argparse gives either
    return "" if value is None or value is False else "true" if value is True else value


class _Stated(argparse.Action):
    """What is stated once; a list may be stated in parts."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002 - as above
    ) -> None:
        before = getattr(namespace, self.dest)
        if before and not str(self.metavar).endswith("…"):
            raise argparse.ArgumentError(self, "given twice, and it is no list")
        setattr(namespace, self.dest, f"{before},{values}" if before else values)


def _inputs(parser: argparse.ArgumentParser, command: Command) -> None:
    group, defaults = parser.add_argument_group("the action's inputs"), Inputs()
    for name, option in OPTIONS.items():
        default = getattr(defaults, name.replace("-", "_"))
        told = f"{option.says} ({default})" if default else option.says
        says = told if name in _HEEDED[command] else argparse.SUPPRESS
        if option.metavar:
            group.add_argument(f"--{name}", metavar=option.metavar, help=says, action=_Stated)
        else:
            group.add_argument(f"--{name}", action="store_true", help=says)


def _options(parser: argparse.ArgumentParser, command: Command) -> None:
    match command:
        case Command.PLAN:
            parser.add_argument("--base", metavar="REV", default="", help=_BASE)
            parser.add_argument("--out", metavar="FILE", default="", help=f"where the plan goes ({FOLDER}/plan.json)")
            parser.add_argument("--detailed-exitcode", action="store_true", help="exit 10 when something would change")
        case Command.BUILD:
            parser.add_argument("--base", metavar="REV", default="", help=_BASE)
            parser.add_argument(
                "--dir", dest="directory", metavar="DIR", default="",
                help=f"where zips and locks go ({FOLDER}/build)",
            )  # fmt: skip
            parser.add_argument("--all", dest="every", action="store_true", help="every layer, affected or not")
        case Command.PUBLISH:
            parser.add_argument("--plan", metavar="FILE", default="", help="do exactly what this plan says, or refuse")
            _applying(parser)
        case Command.RELEASE:
            parser.add_argument("--tag", default="", help="v1.2.3 or LAYER/v1.2.3; default: the tag that was pushed")
            _applying(parser)
        case Command.ROLLBACK:
            parser.add_argument("layer", metavar=_POSITIONAL[command], help="the layer's name in the config")
            target = parser.add_mutually_exclusive_group()
            target.add_argument("--to", metavar="VERSION", default="", help="default: the version before")
            target.add_argument("--journal", metavar="FILE", default="", help="put back what this run moved")
            parser.add_argument("--yes", action="store_true", help="do not ask")
        case Command.SHOW:
            parser.add_argument(
                "layer", metavar=_POSITIONAL[command], help="its name; N is a number of AWS, else the newest"
            )
            parser.add_argument("--diff", metavar="N", type=int, default=None, help="compare with this version number")
        case Command.PRUNE:
            parser.add_argument("--keep", metavar="N", type=int, default=5, help="versions to keep in any case (5)")
            parser.add_argument("--shared", action="store_true", help="delete also what other accounts may use")
            parser.add_argument("--yes", action="store_true", help="do not ask")
        case Command.IAM:
            parser.add_argument(
                "policy_for", metavar="COMMAND", nargs="?", type=Command, choices=list(SAYS), default=Command.PUBLISH,
                help="the command that the policy is for (publish)",
            )  # fmt: skip
            parser.add_argument("--repository", metavar="OWNER/NAME", default="", help="whose jobs take the role")
        case Command.INIT:
            parser.add_argument("--yes", action="store_true", help="replace files that exist")
        case _:
            pass


def _applying(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-repoint", action="store_true", help="publish, and move no function")
    parser.add_argument("--yes", action="store_true", help="do not ask")
