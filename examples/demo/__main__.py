"""Runs the demo: `python -m examples.demo [FOLDER]`. Ends with exit code 0 only when every claim was true."""

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from examples.demo import servers
from examples.demo.account import Account, environment
from examples.demo.chapters import Demo
from examples.demo.proxy import recorded
from examples.demo.shop import Shop
from examples.demo.stage import Stage, UntrueError
from examples.demo.tool import Tool

_REPORTS: Final = Path(__file__).parents[2] / "build" / "demo"
_UV: Final = Path(__file__).parents[2] / ".venv" / "bin" / "uv"


def main(arguments: list[str]) -> int:
    """Play every chapter; return the process's exit code."""
    stage = Stage()
    missing = [path for path in (servers.program(), _UV) if not path.is_file()]
    if missing:
        print(f"{missing[0]} is missing: `make demo` installs it.", file=sys.stderr)
        return 2
    reports = Path(arguments[0]).absolute() if arguments else _REPORTS
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambda-layer-demo-")))
            stage.say(
                "A small team keeps the Python dependencies of its 55 Lambda functions in three layers. This is a week "
                "of its work, done by the real command line on a real git repository, with wheels from your package "
                "index, against a local stand-in of AWS on a free port of this machine."
            )
            aws = stack.enter_context(recorded(stack.enter_context(servers.local_aws(folder))))
            shop = Shop.open(folder)
            tool = Tool(stage, shop.root, environment(aws.address) | {"INPUT_CACHE-DIR": str(folder / "wheels")})
            Demo(stage=stage, aws=aws, shop=shop, tool=tool, account=Account(aws.address), reports=reports).play(folder)
        stage.say(f"{stage.claims} claims, all of them checked, in {stage.seconds:.0f} s. Every server is stopped.")
    except UntrueError as untrue:
        print(f"\nThe demo stops here. {untrue}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; every server is stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
