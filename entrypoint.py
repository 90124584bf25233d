"""Where the container starts: `python -I entrypoint.py`, its package on the path by a .pth file."""

from layer_action.cli.main import console

if __name__ == "__main__":
    console()
