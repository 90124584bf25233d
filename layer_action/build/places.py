"""Paths that a file of the repository names: they must stay inside of it."""

from pathlib import Path

from layer_action.errors import ConfigError, Location


def path_below(root: Path, folder: Path, name: str, location: Location | None) -> Path:
    """Return the path that `name` means in a folder, with symbolic links followed. `root` must be resolved.

    Raises ConfigError for what lies outside of the repository.
    """
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(f"{name} is not a path.", location=location) from error
    if not path.is_relative_to(root):
        raise ConfigError(
            f"{name} lies outside of the repository.",
            location=location,
            hint="Only files of the repository go into a layer: move it there, or publish it to a package index.",
        )
    return path


def relative(root: Path, path: Path) -> str:
    """Return a path below the root as users write it."""
    return path.relative_to(root).as_posix()
