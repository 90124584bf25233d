"""Paths that a file of the repository names: they must stay inside of it."""

from pathlib import Path
from typing import Final

from layer_action.errors import ConfigError, Location

INSIDE_ONLY: Final = "Only files of the repository go into a layer: move it there, or publish it to a package index."


def path_below(root: Path, folder: Path, name: str, location: Location | None) -> Path:
    """Return the path that `name` means in a folder, with symbolic links followed. `root` must be resolved.

    Raises ConfigError for what lies outside of the repository.
    """
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{name} is not a path.",
            location=location,
            hint="Write it relative to its own file, or to the repository's root.",
        ) from error
    # git's own folder belongs to the checkout, not to the repository: it holds the job's token
    if not path.is_relative_to(root) or ".git" in path.relative_to(root).parts:
        raise ConfigError(
            f"{name} lies outside of the repository.",
            location=location,
            hint=INSIDE_ONLY,
        )
    return path


def relative(root: Path, path: Path) -> str:
    """Return a path below the root as users write it."""
    return path.relative_to(root).as_posix()
