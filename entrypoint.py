"""Where the container starts: `python -I entrypoint.py`, its package on the path by a .pth file."""

import os
import signal

if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        # until the run listens: Python's own way is a traceback of some import, or, as process 1, to hear nothing
        signal.signal(each, lambda number, _frame: os._exit(128 + number))
    from layer_action.cli.main import console

    console()
