"""The checkout, and GitHub."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from layer_action.model.function import Unknown
from layer_action.model.proposal import Proposal
from layer_action.record import field, record


@record
class Tree:
    """The files of a revision, in a folder. `unknown` are the submodules whose content nobody has, by path."""

    folder: Path
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

    def unknown_at(self, path: str) -> Unknown | None:
        """Return why a file, or a part of a folder, is not known; None where all of it is."""
        wanted = PurePosixPath(path)
        for place, reason in self.unknown.items():
            if wanted.is_relative_to(place) or PurePosixPath(place).is_relative_to(wanted):
                return reason
        return None


@record
class CommittedFile:
    """A file as the head's commit holds it, before a checkout turned its line ends or encoding."""

    content: bytes
    executable: bool = False


class Repository(Protocol):
    """The checkout that the run works on."""

    @property
    def root(self) -> Path:
        """Its top folder."""

    def head(self) -> str:
        """Return the commit checked out, 40 hex digits; "" where there is no git."""

    def default_base(self) -> str | Unknown:
        """Return the commit to compare with when nobody names one: the merge base with the default branch."""

    def tree(self, revision: str) -> Tree | Unknown:
        """Return the files of a revision, in a folder that is removed at the end of the run."""

    def text(self, revision: str, path: str) -> str | Unknown | None:
        """Return one text file of a revision, without the others; None where it has no such file."""

    def committed(self, paths: Iterable[str]) -> Mapping[str, CommittedFile]:
        """Return those of the paths that are files of the head's commit.

        What git does not track, links, and files of submodules are none.
        """

    def edited(self) -> tuple[str, ...]:
        """Return the files of the head's commit that are something else in this checkout, or not there."""

    def contains(self, commit: str) -> bool | Unknown:
        """Return whether a commit (maybe abbreviated) is the head or an ancestor of it."""


@record
class Release:
    """A GitHub Release to be.

    `assets` are files on disk; `latest` tells whether it may become the repository's latest.
    """

    tag: str
    title: str
    body: str
    prerelease: bool
    latest: bool
    assets: tuple[Path, ...]


class Reviews(Protocol):
    """Pull-request comments."""

    def upsert(self, pull_request: int, *, marker: str, body: str, create: bool) -> str | Unknown:
        """Edit our comment that holds the marker, or create one; return its URL, or why there is none. Never raises."""


class Releases(Protocol):
    """GitHub Releases."""

    def tags(self) -> tuple[str, ...]:
        """Return the tags of all releases but drafts, the newest first. Raises GitHubError."""

    def publish(self, release: Release) -> str:
        """Create (or complete) a release: draft, assets, publish; return its URL. Raises GitHubError."""


class PullRequests(Protocol):
    """Pull requests of our own."""

    def propose(self, proposal: Proposal) -> str | Unknown:
        """Open the pull request of a branch, or update it in place; return its URL, or why it is left alone.

        Raises GitHubError.
        """

    def withdraw(self, branch: str, *, base: str, commit: str) -> str | Unknown:
        """Close the pull request of a branch and remove the branch; return its URL, or why there is none to close.

        `commit` is where there is nothing to propose: only the end of `base` has that say.
        """
