"""One run: what was asked for, connected to the world, handed to its command."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from layer_action import wiring
from layer_action.arguments import Arguments
from layer_action.cli.stopping import Stopping
from layer_action.cli.work import Work
from layer_action.commands.outputs import outputs_of
from layer_action.errors import EXIT_DONE
from layer_action.model.command import Command
from layer_action.ports.speaking import Console
from layer_action.prepare import prepare


def run(arguments: Arguments, env: Mapping[str, str], here: Path, console: Console, stopping: Stopping) -> int:
    """Run a command to its end; return the exit code. Raises LayerActionError.

    Every output is written first: a later step that reads one finds it, however this one ends. What becomes known
    later replaces it, as the runner takes the last value of a name.
    """
    wiring.connect_runner(env).outputs(outputs_of(None, None))
    with ExitStack() as stack:
        access = wiring.AwsAccess(env, console, stack)
        prepared = prepare(arguments, env, here, access.check_account)
        if prepared.notice:
            console.notice(prepared.notice)
        if prepared.command is Command.NOTHING:
            return EXIT_DONE
        work = Work(prepared, wiring.connect(prepared, env, console, stack, access), env, stopping)
        stack.callback(wiring.give_back, prepared.inputs, prepared.root, env, work.audience.folder)
        return _doing(prepared.command)(work)


def _doing(command: Command) -> Callable[[Work], int]:
    """Return what does a command's work; what only other commands need is not loaded."""
    doing: dict[Command, Callable[[Work], int]]
    match command:
        case Command.PUBLISH | Command.RELEASE:
            from layer_action.cli import applying  # noqa: PLC0415

            doing = {Command.PUBLISH: applying.publish, Command.RELEASE: applying.release}
        case Command.STATUS | Command.ROLLBACK | Command.PRUNE:
            from layer_action.cli import tending  # noqa: PLC0415

            doing = {Command.STATUS: tending.status, Command.ROLLBACK: tending.rollback, Command.PRUNE: tending.prune}
        case Command.IAM:
            from layer_action.cli import access  # noqa: PLC0415

            doing = {Command.IAM: access.iam}
        case _:
            from layer_action.cli import reading  # noqa: PLC0415

            doing = {
                Command.PLAN: reading.plan,
                Command.BUILD: reading.build,
                Command.SHOW: reading.show,
                Command.INIT: reading.init,
            }
    return doing[command]
