"""Files and ancestry of commits that a shallow checkout does not have, through the API."""

import base64
import tarfile
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TypeVar

from github import Github, UnknownObjectException

from layer_action.errors import GitHubError, LayerActionError
from layer_action.github.archive import extract, make_links
from layer_action.github.refusals import translated
from layer_action.github.restore import SUBMODULE, Restoring
from layer_action.model.function import Unknown

if TYPE_CHECKING:
    from github.Comparison import Comparison

_Found = TypeVar("_Found")

_MOST_BLOBS: Final = 300  # to be asked for one by one; GitHub allows a job's token 1 000 requests an hour
_NO_COMMIT: Final = "No commit found"
_MORE_DEPTH: Final = "Check out with more depth (actions/checkout: `fetch-depth: 0`)."


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

    def write_files(self, commit: str, into: Path) -> dict[str, str]:
        """Write all files of a commit below the empty folder `into`; return the commits of its submodules, by path.

        They come as an archive; where that differs from the commit, single files are asked for. Raises GitHubError.
        """
        with translated(f"read the files of {commit[:12]}"):
            repository = self._session.get_repo(self._repository)
            listing = repository.get_git_tree(commit, recursive=True)
            link = repository.get_archive_link("tarball", commit)
            if listing.raw_data.get("truncated"):
                raise GitHubError(f"{commit[:12]} has more files than GitHub lists.", hint=_MORE_DEPTH)
        with TemporaryFile() as archive:
            self._download(link, archive, commit)
            archive.seek(0)
            try:
                with tarfile.open(fileobj=archive, mode="r:*") as tar:
                    links = extract(tar, into)
                restoring = Restoring(into, listing.tree, links, self._blobs(commit))
                links |= restoring.add_missing()
                restoring.undo_expansions()
                make_links(links)
            except (tarfile.TarError, EOFError, OSError, ValueError) as error:
                raise GitHubError(f"The files of {commit[:12]} cannot be unpacked: {error}.") from error
        return {entry.path: entry.sha for entry in listing.tree if entry.mode == SUBMODULE}

    def text(self, commit: str, path: str) -> str | None:
        """Return one text file of a commit; None where it has no such file. Raises GitHubError."""
        with translated(f"read {path} of {commit[:12]}"):
            try:
                found = self._session.get_repo(self._repository).get_contents(path, ref=commit)
            except UnknownObjectException as error:
                if _NO_COMMIT in str(error.message):
                    raise
                return None
            if isinstance(found, list) or found.encoding != "base64":
                return None  # a folder, a submodule, or far more than a config holds
            return found.decoded_content.decode("utf-8", "replace")

    def is_ancestor(self, base: str, head: str) -> bool | Unknown:
        """Tell whether `base` is `head` or one of its ancestors. Commits may be abbreviated."""
        return self._compared(base, head, lambda found: found.status in ("ahead", "identical"))

    def merge_base(self, base: str, head: str) -> str | Unknown:
        """Return the commit from which both went their ways."""
        return self._compared(base, head, lambda found: found.merge_base_commit.sha)

    def _compared(self, base: str, head: str, read: "Callable[[Comparison], _Found]") -> _Found | Unknown:
        try:
            with translated(f"compare {base[:12]} with {head[:12]}"):
                # GitHub is asked at the first look at the answer
                repository = self._session.get_repo(self._repository)
                return read(repository.compare(base, head, comparison_commits_per_page=1))
        except GitHubError as error:
            return Unknown(reason=error.message)

    def _download(self, link: str, archive: BinaryIO, commit: str) -> None:
        try:
            self._downloads.download(link, archive)
        except LayerActionError as error:
            # not from the error: its text may hold the signed link
            raise GitHubError(f"The files of {commit[:12]} cannot be downloaded.") from error

    def _blobs(self, commit: str) -> Callable[[Collection[str]], dict[str, bytes]]:
        def read(names: Collection[str]) -> dict[str, bytes]:
            if len(names) > _MOST_BLOBS:
                raise GitHubError(f"The archive of {commit[:12]} lacks {len(names)} of its files.", hint=_MORE_DEPTH)
            with translated(f"read files of {commit[:12]}"):
                repository = self._session.get_repo(self._repository)
                return {name: base64.b64decode(repository.get_git_blob(name).content) for name in names}

        return read
