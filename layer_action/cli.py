"""The front door.

arguments, inputs, event, config   what is asked for; every problem at once     (prepare)
services                           the ports, connected                        (wiring)
commands                           decide, then do, then tell                   (dispatch)
errors                             one sentence each, and an exit code          (here)
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from layer_action.arguments import Arguments, parse
from layer_action.errors import EXIT_BUG, LayerActionError, Problems, exit_code_of
from layer_action.ports import Console
from layer_action.stopping import Stopping


def console() -> None:
    """Run as the console script."""
    sys.exit(main(sys.argv[1:], os.environ))


def main(argv: Sequence[str], env: Mapping[str, str], here: Path | None = None) -> int:
    """Run one command in a folder (default: the current one); return the exit code of the table in the README."""
    arguments = parse(argv)
    from layer_action import dispatch, wiring  # noqa: PLC0415 - `--help` and `--version` need none of it

    speaking = wiring.connect_console(env, arguments)
    stopping = Stopping()
    with stopping.listening():
        try:
            return dispatch.run(arguments, env, here or Path.cwd(), speaking, stopping)
        except LayerActionError as error:
            tell(speaking, error)
            code = exit_code_of(error)
        except Exception as error:  # noqa: BLE001 - the last border: a bug is told as one
            _tell_bug(speaking, error, arguments)
            code = EXIT_BUG
        dispatch.write_outputs_of_failure(env)
        return code


def tell(console: Console, error: LayerActionError) -> None:
    """Annotate each problem at its place."""
    for problem in error.problems if isinstance(error, Problems) else (error,):
        text = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
        console.error(text, location=problem.location)


def _tell_bug(console: Console, error: Exception, arguments: Arguments) -> None:
    import traceback  # noqa: PLC0415 - rarely needed

    with console.group("Traceback"):
        console.foreign("".join(traceback.format_exception(error)))
    console.error(
        f"This is a bug in lambda-layer-action: {type(error).__name__}: {error}\n"
        f"Please report it with the traceback above and the command `{arguments.command}`.",
        title="Bug",
    )
