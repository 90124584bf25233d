"""A commit's archive, unpacked without trusting a name in it."""

import os
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

# Bounds against a repository that is not what it seems; far above what one with layers has.
MOST_BYTES: Final = 4 << 30
MOST_FILES: Final = 500_000


def extract(
    tar: tarfile.TarFile, into: Path, *, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES
) -> dict[Path, str]:
    """Unpack files and folders of an archive whose members all lie in one folder, without that folder.

    Return its links, with what they lead to: whoever makes them last writes no file through one. Raises ValueError for
    a name that leaves `into`, or for more than there may be.
    """
    links: dict[Path, str] = {}
    size = 0
    for count, member in enumerate(tar):
        size += member.size
        if size > most_bytes or count >= most_files:
            raise ValueError("it is too large")
        path = place_of(into, *PurePosixPath(member.name).parts[1:], name=member.name)
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.issym():
            links[path] = member.linkname
        elif member.isfile():
            _write(tar, member, path)
    return links


def make_links(links: Mapping[Path, str]) -> None:
    """Make links where nothing else is. Where they lead is not looked at."""
    for path, target in links.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(path):
            path.symlink_to(target)


def place_of(into: Path, *parts: str, name: str) -> Path:
    """Return the place of a name's parts below a folder. Raises ValueError where the name is none of a file in it."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name:
        raise ValueError(f"it holds {name!r}")
    return into.joinpath(*parts)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is None or len(PurePosixPath(member.name).parts) < 2:  # noqa: PLR2004 - folder and name
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("xb") as file:
        while block := source.read(1 << 20):
            file.write(block)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
