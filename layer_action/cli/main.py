"""From a command line to an exit code.

arguments, inputs, event, config   what is asked for; every problem at once     (prepare)
services                           the ports, connected                        (wiring)
commands                           decide, then do, then tell                   (run, reading, applying)
errors                             one sentence each, and an exit code          (here)
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layer_action.arguments import Arguments, parse
from layer_action.cli.lasting import outlast_readers
from layer_action.commands.tell import tell
from layer_action.errors import EXIT_BUG, GitHubError, LayerActionError, exit_code_of
from layer_action.exhausted import exhausted

if TYPE_CHECKING:
    from layer_action.cli.stopping import Stopping
    from layer_action.ports.speaking import Console

# After so many new objects Python looks for what can be freed among them, after so many looks among the older ones too.
# Its own 700 and 10 have it look through what imports and zips leave, again and again.
_NEW: Final = 2_000
_LOOKS: Final = 50


def console() -> None:
    """Run as the console script."""
    gc.set_threshold(_NEW, _LOOKS)
    outlast_readers()
    code = main(sys.argv[1:], os.environ)
    gc.freeze()  # the process ends: it need not look once more for what could be freed
    sys.exit(code)


def main(argv: Sequence[str], env: Mapping[str, str], here: Path | None = None) -> int:
    """Run one command in a folder (default: the current one); return the exit code of the table in the README."""
    arguments = parse(argv)
    from layer_action.cli.heap import share_one_heap  # noqa: PLC0415 - `--help` and `--version` need none of it
    from layer_action.cli.open_files import open_many_files  # noqa: PLC0415 - as above
    from layer_action.cli.stopping import Stopping  # noqa: PLC0415

    share_one_heap()
    open_many_files()
    stopping = Stopping()
    with stopping.listening():
        try:
            from layer_action import wiring  # noqa: PLC0415

            speaking = wiring.connect_console(env, verbose=arguments.verbose, json=arguments.json)
            return _run(arguments, env, here or Path.cwd(), speaking, stopping)
        except KeyboardInterrupt:
            return exit_code_of(stopping.error())


def _run(arguments: Arguments, env: Mapping[str, str], here: Path, console: "Console", stopping: "Stopping") -> int:
    """Run a command, and tell what stopped it."""
    from layer_action.cli.run import run  # noqa: PLC0415 - `--help` and `--version` need none of it

    try:
        return run(arguments, env, here, console, stopping)
    except KeyboardInterrupt:
        error: LayerActionError = stopping.error()
    except LayerActionError as problem:
        error = problem
    except Exception as bug:  # noqa: BLE001 - the last border: a bug is told as one
        known = exhausted(bug)
        if known is None:
            _tell_bug(console, bug, arguments)
            return EXIT_BUG
        error = known
    tell(console, error)
    with suppress(GitHubError):  # the runner's files cannot be written: then that is what was just told
        from layer_action.cli.stopped import tell_stop  # noqa: PLC0415 - most runs end with a report

        tell_stop(arguments, env, here, console, error)
    return exit_code_of(error)


def _tell_bug(console: "Console", error: Exception, arguments: Arguments) -> None:
    import traceback  # noqa: PLC0415 - rarely needed

    with console.group("Traceback"):
        console.foreign("".join(traceback.format_exception(error)))
    console.error(
        f"This is a bug in lambda-layer-action: {type(error).__name__}: {error}\n"
        f"Please report it with the traceback above and the command `{arguments.command}`.",
        title="Bug",
    )
