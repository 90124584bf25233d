"""Paths that a file of the repository names: they must stay inside of it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from layer_action.errors import ConfigError, Location

DISTRIBUTION_FILES: Final = (".whl", ".tar.gz", ".zip")  # what their names end in
CORRECT_URL: Final = "Correct it; in a login, write what is no letter or digit as `%` and two hex digits."
INSIDE_ONLY: Final = "Only files of the repository go into a layer: move it there, or publish it to a package index."


def path_below(root: Path, folder: Path, name: str, location: Location | None) -> Path:
    """Return the path that `name` means in a folder, with symbolic links followed. `root` must be resolved.

    Raises ConfigError for what lies outside of the repository.
    """
    try:
        path = (folder / name).resolve()
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.stat()  # raises for a name that no file can have
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


def resolved(path: Path) -> Path:
    """Return where a path leads to; itself where it leads to itself, or is none."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def is_address(url: str) -> bool:
    """Tell whether an URL can be taken apart, and names a server where it must."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    return not parts.scheme.endswith(("http", "https")) or bool(parts.hostname)


def file_name(url: str) -> str:
    """Return what the file is called that an URL leads to; "" where it names none."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return name if name.strip(".") else ""


def relative(root: Path, path: Path) -> str:
    """Return a path below the root as users write it."""
    return path.relative_to(root).as_posix()


@contextmanager
def reading_below(root: Path) -> Iterator[None]:
    """Let a file of the repository that this user may not read be told by its path. Raises ConfigError."""
    try:
        yield
    except PermissionError as error:
        path = Path(str(error.filename))
        if not path.is_relative_to(root):
            raise
        raise ConfigError(
            f"{relative(root, path)} cannot be read: {error.strerror}.",
            location=Location(relative(root, path)),
            hint="Give this user the right to read it.",
        ) from error
