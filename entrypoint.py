"""Where the container starts: `python -I entrypoint.py`, its package on the path by a .pth file."""

import os
import sys

from layer_action.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
