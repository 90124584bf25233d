"""Where the container starts: `/opt/app/bin/python -I /opt/app/entrypoint.py`; on a checkout, `python entrypoint.py`."""

import os
import sys

from layer_action.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
