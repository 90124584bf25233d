"""Files and ancestry of commits that a shallow checkout does not have, through the API."""

import os
import tarfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, Final, Protocol

from github import Github

from layer_action.errors import GitHubError, LayerActionError
from layer_action.github.refusals import translated
from layer_action.model.function import Unknown

# Bounds against a repository that is not what it seems; far above what one with layers has.
TREE_BYTES: Final = 4 << 30
TREE_FILES: Final = 500_000


class Downloads(Protocol):
    """What http.Http does."""

    def download(self, url: str, into: BinaryIO) -> object:
        """Write the body of a URL into a file."""


class ApiTree:
    """Reads commits of one repository without git and without git's credentials."""

    def __init__(self, session: Github, repository: str, downloads: Downloads) -> None:
        """Read from `owner/name`; nothing is sent yet."""
        self._session = session
        self._repository = repository
        self._downloads = downloads

    def fetch_tree(self, commit: str, into: Path) -> Path:
        """Write all files of a commit below the empty folder `into`, and return it. Raises GitHubError."""
        with translated(f"read the files of {commit[:12]}"):
            link = self._session.get_repo(self._repository).get_archive_link("tarball", commit)
        with TemporaryFile() as archive:
            self._download(link, archive, commit)
            archive.seek(0)
            try:
                with tarfile.open(fileobj=archive, mode="r:*") as tar:
                    extract(tar, into)
            except (tarfile.TarError, EOFError, OSError, ValueError) as error:
                raise GitHubError(f"The files of {commit[:12]} cannot be unpacked: {error}.") from error
        return into

    def is_ancestor(self, base: str, head: str) -> bool | Unknown:
        """Tell whether `base` is `head` or one of its ancestors. Commits may be abbreviated."""
        try:
            with translated(f"compare {base[:12]} with {head[:12]}"):
                comparison = self._session.get_repo(self._repository).compare(base, head, comparison_commits_per_page=1)
                return comparison.status in ("ahead", "identical")
        except GitHubError as error:
            return Unknown(reason=error.message)

    def _download(self, link: str, archive: BinaryIO, commit: str) -> None:
        try:
            self._downloads.download(link, archive)
        except LayerActionError as error:
            # not from the error: its text may hold the signed link
            raise GitHubError(f"The files of {commit[:12]} cannot be downloaded.") from error


def extract(tar: tarfile.TarFile, into: Path, *, most_bytes: int = TREE_BYTES, most_files: int = TREE_FILES) -> None:
    """Unpack an archive whose members all lie in one folder, without that folder.

    Only files, folders and links that stay inside are written. Raises ValueError for a name that leaves `into`, or for
    more than there may be.
    """
    links: list[tuple[Path, str]] = []
    size = 0
    for count, member in enumerate(tar):
        size += member.size
        if size > most_bytes or count >= most_files:
            raise ValueError("it is too large")
        path = _inside(into, member.name)
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.issym():
            links.append((path, member.linkname))
        elif member.isfile():
            _write(tar, member, path)
    # links come last, so that no file is ever written through one
    for path, target in links:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(path):
            path.symlink_to(target)
    _remove_escaping(into, [path for path, _ in links])


def _inside(into: Path, name: str) -> Path:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name:
        raise ValueError(f"it holds {name!r}")
    return into.joinpath(*pure.parts[1:])


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is None or len(PurePosixPath(member.name).parts) < 2:  # noqa: PLR2004 - folder and name
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("xb") as file:
        while block := source.read(1 << 20):
            file.write(block)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)


def _remove_escaping(into: Path, links: list[Path]) -> None:
    root = into.resolve()
    for link in links:
        try:
            inside = link.resolve().is_relative_to(root)
        except (OSError, RuntimeError):  # a loop
            inside = False
        if not inside:
            link.unlink(missing_ok=True)
