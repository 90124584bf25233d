"""Run the stand-in as a program: `python -m tests.standins.aws [--port 0]` prints its URL and serves until stopped."""

import argparse
import signal
import sys
import threading

from tests.standins.aws.server import StrictAws


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="tests.standins.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--update-seconds", type=float, default=0.02, help="how long an update of a function takes")
    arguments = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    aws = StrictAws(port=arguments.port)
    aws.world.update_seconds = arguments.update_seconds
    aws.start()
    sys.stdout.write(f"{aws.endpoint_url}\n")
    sys.stdout.flush()
    stopped.wait()
    aws.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
