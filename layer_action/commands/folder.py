"""The folder of a build: `manifest.json` names each zip and lock that is there, and nothing that is not.

While a run is at it, the manifest names no artifact, and as `unfinished` what will be written: if the run is killed,
the next one removes that too. Files that no manifest of ours names are never removed.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from layer_action.errors import InputError, Location
from layer_action.exhausted import exhausted
from layer_action.formats.manifest import MANIFEST, PARTIAL, encode, lock_name, names_in, zip_name

_ANOTHER: Final = "Name another one with `--dir`."


def begin(directory: Path, layer_names: Collection[str]) -> None:
    """Make a folder, or clear it of what the last run built, before layers of these names are built into it.

    Raises InputError where it cannot be written to, or a manifest is there that is not ours; ExhaustedError.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        files = [name for layer in layer_names for name in (zip_name(layer), lock_name(layer))]
        for name in set(_named_by(directory / MANIFEST)):
            (directory / name).unlink(missing_ok=True)
        for path in list(directory.iterdir()):
            if PARTIAL.fullmatch(path.name):
                path.unlink(missing_ok=True)
        write_whole(directory / MANIFEST, encode([], unfinished=files))
    except OSError as error:
        refused = InputError(f"the folder {directory} cannot be written to: {error.strerror}", hint=_ANOTHER)
        raise exhausted(error) or refused from error


def finish(directory: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """Let the manifest name what was built; return its path."""
    path = directory / MANIFEST
    write_whole(path, encode(rows))
    return path


def write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file that appears whole, or not at all; what is no file, such as a pipe, takes it as it comes."""
    path = path.resolve()  # a link stays one
    pieces = [content] if isinstance(content, bytes) else content
    if path.exists() and not path.is_file():
        _write(path, pieces)
        return
    partial = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        _write(partial, pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _named_by(manifest: Path) -> list[str]:
    """Return the files that the last run's manifest names, of those that we could have written."""
    try:
        return names_in(manifest.read_bytes())
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise InputError(
            f"the folder {manifest.parent} holds a {MANIFEST} that no build of ours wrote",
            hint=_ANOTHER,
            location=Location(str(manifest)),
        ) from error
