"""The repository's history as GitHub has it, for checkouts that hold one commit. Connects when first asked."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from layer_action.errors import GitHubError
from layer_action.model.function import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from github import Github

    from layer_action.github.contents import ApiTree, Downloads


class RemoteHistory:
    """Implements repository.RemoteRepository over the API, with the token's rights to read."""

    def __init__(self, open_session: "Callable[[], Github]", repository: str, downloads: "Downloads") -> None:
        """Read from `owner/name`; the session is opened at the first question."""
        self._open_session = open_session
        self._repository = repository
        self._downloads = downloads

    @cached_property
    def _tree(self) -> "ApiTree":
        from layer_action.github.contents import ApiTree  # noqa: PLC0415 - PyGithub costs 0.3 s

        return ApiTree(self._open_session(), self._repository, self._downloads)

    def write_files(self, commit: str, folder: Path) -> "Mapping[str, str] | Unknown":
        """Write the files of a commit into an empty folder; return the commits of its submodules, by path."""
        try:
            return self._tree.write_files(commit, folder)
        except GitHubError as error:
            return Unknown(reason=error.message)

    def text(self, commit: str, path: str) -> str | Unknown | None:
        """Return one text file of a commit; None where it has no such file."""
        try:
            return self._tree.text(commit, path)
        except GitHubError as error:
            return Unknown(reason=error.message)

    def is_ancestor(self, commit: str, head: str) -> bool | Unknown:
        """Return whether `commit` is `head` or one of its ancestors."""
        return self._tree.is_ancestor(commit, head)

    def merge_base(self, base: str, head: str) -> str | Unknown:
        """Return the commit from which both went their ways."""
        return self._tree.merge_base(base, head)
