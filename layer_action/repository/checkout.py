"""The checkout, through git; where git cannot tell (shallow, or no git at all), through whoever else can."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from layer_action.model.function import Unknown
from layer_action.ports.repository import CommittedFile, Tree
from layer_action.repository.git import Git
from layer_action.repository.revision import fill_submodules, is_checked_out, read_files, settle, write_files

_NO_HISTORY: Final = Unknown(reason="there is no git history here")
_NO_GIT: Final = Unknown(reason="git is not installed, and without it no history can be read")
_NO_BASE: Final = Unknown(reason="no default branch is known here to compare with")


class RemoteRepository(Protocol):
    """The same repository, on a server that has its whole history."""

    def write_files(self, commit: str, folder: Path) -> Mapping[str, str] | Unknown:
        """Write the files of a commit into an empty folder; return the commits of its submodules, by path."""

    def text(self, commit: str, path: str) -> str | Unknown | None:
        """Return one text file of a commit; None where it has no such file."""

    def is_ancestor(self, commit: str, head: str) -> bool | Unknown:
        """Return whether `commit` is `head` or one of its ancestors."""

    def merge_base(self, base: str, head: str) -> str | Unknown:
        """Return the commit from which both went their ways."""


class GitRepository:
    """A checkout below `root`. Implements ports.Repository."""

    def __init__(
        self,
        root: Path,
        *,
        env: Mapping[str, str],
        remote: RemoteRepository | None = None,
        base: str = "",
        default_branch: str = "",
        tip: str = "",
    ) -> None:
        """Work on a checkout.

        `base` is the commit that the event compares with, if it names one, and `tip` the end of the branch in question.
        """
        self._root = root
        self._git = Git(root, env)
        self._remote = remote
        self._base = base
        self._default_branch = default_branch
        self._tip = tip
        self._trees: dict[str, Tree] = {}

    @property
    def root(self) -> Path:
        """The top folder of the checkout."""
        return self._root

    def close(self) -> None:
        """Remove the folders that `tree` made."""
        for tree in self._trees.values():
            if tree.folder != self._root:
                shutil.rmtree(tree.folder, ignore_errors=True)
        self._trees.clear()

    def head(self) -> str:
        """Return the commit checked out, "" where there is none."""
        return self._git.says("rev-parse", "--verify", "--quiet", "HEAD^{commit}") or ""

    def default_base(self) -> str | Unknown:
        """Return what the event's branch is merged onto here, or the merge base with its base or the default branch."""
        if onto := self._merged_onto():
            return onto
        candidates = [self._base] if self._base else self._default_branches()
        for candidate in candidates:
            if found := self._git.says("merge-base", "HEAD", candidate):
                return found
        found = self._remote_merge_base(self._base or self._default_branch)
        return found or self._base or (_NO_BASE if self.head() else self._no_history())

    def _merged_onto(self) -> str:
        """Return the first parent of a merge of the tip; "" for any other head.

        The event may name an older base. A shallow checkout lacks the parent, but not its name.
        """
        header, _, _ = (self._git.says("cat-file", "commit", "HEAD") or "").partition("\n\n")
        parents = [line.removeprefix("parent ") for line in header.splitlines() if line.startswith("parent ")]
        return parents[0] if self._tip and parents[1:] == [self._tip] else ""

    def _default_branches(self) -> list[str]:
        named = [f"origin/{self._default_branch}", self._default_branch] if self._default_branch else []
        origin = self._git.says("rev-parse", "--abbrev-ref", "origin/HEAD")
        return [*named, *([origin] if origin else []), "origin/main", "origin/master", "main", "master"]

    def _remote_merge_base(self, revision: str) -> str:
        """Ask the server where a revision that is not here meets the head; "" where that cannot be told."""
        head = self.head()
        if self._remote is None or not revision or not head or self._commit(revision):
            return ""
        found = self._remote.merge_base(revision, head)
        return "" if isinstance(found, Unknown) else found

    def tree(self, revision: str) -> Tree | Unknown:
        """Return the files of a revision; the same folder for the same revision. The checkout itself may be it."""
        here = self._commit(revision)
        commit = here or revision
        if commit not in self._trees and commit == self.head() and is_checked_out(self._git):
            self._trees[commit] = Tree(folder=self._root)
        if commit not in self._trees:
            folder = Path(tempfile.mkdtemp(prefix="lambda-layer-action-tree-"))
            submodules = self._write(commit, folder, is_here=here is not None)
            if isinstance(submodules, Unknown):
                shutil.rmtree(folder, ignore_errors=True)
                return submodules
            unknown = fill_submodules(self._git, submodules, folder)
            settle(self._git, folder)
            self._trees[commit] = Tree(folder=folder, unknown=unknown)
        return self._trees[commit]

    def text(self, revision: str, path: str) -> str | Unknown | None:
        """Return one text file of a revision, without the others; None where it has no such file."""
        commit = self._commit(revision)
        if commit:
            if not self._git.says("ls-tree", "--full-tree", commit, "--", path):
                return None
            found = self._git.run("cat-file", "blob", f"{commit}:{path}")
            if found.code == 0:
                return found.stdout
        if self._remote is None:
            return self._missing(revision)
        return self._remote.text(commit or revision, path)

    def _write(self, commit: str, folder: Path, *, is_here: bool) -> Mapping[str, str] | Unknown:
        """Write the files of a commit, from here or else from the server; return its submodules."""
        if is_here and (submodules := write_files(self._git, commit, folder)) is not None:
            return submodules
        if self._remote is None:
            return self._missing(commit)
        # some of it may have been here
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        return self._remote.write_files(commit, folder)

    def committed(self, paths: Iterable[str]) -> Mapping[str, CommittedFile]:
        """Return those of the paths that are files of the head's commit."""
        return read_files(self._git, paths)

    def edited(self) -> tuple[str, ...]:
        """Return the files of the head's commit that are something else in this checkout, or not there."""
        quiet = self._git.without_filters() | {"GIT_OPTIONAL_LOCKS": "0"}
        names = self._git.run("diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "HEAD", **quiet).stdout
        return tuple(filter(None, names.split("\0")))

    def contains(self, commit: str) -> bool | Unknown:
        """Return whether a commit is the head or an ancestor of it."""
        head = self.head()
        if not head:
            return self._no_history()
        if head.startswith(commit):
            return True
        if known := self._commit(commit):
            done = self._git.run("merge-base", "--is-ancestor", known, head)
            if done.code in (0, 1) and (done.code == 0 or not self._is_shallow()):
                return done.code == 0
        elif not self._is_shallow():
            return False
        if self._remote is not None:
            return self._remote.is_ancestor(commit, head)
        return Unknown(reason=f"the checkout is shallow, so whether it contains {commit} cannot be told")

    def _missing(self, revision: str) -> Unknown:
        if not self.head():
            return self._no_history()
        if self._commit(revision):
            return Unknown(reason=f"this checkout lacks files of {revision}: check out without `filter`")
        return Unknown(reason=f"this checkout has no revision {revision!r}: check out with more depth")

    def _no_history(self) -> Unknown:
        return _NO_HISTORY if self._git.is_installed else _NO_GIT

    def _is_shallow(self) -> bool:
        return self._git.says("rev-parse", "--is-shallow-repository") == "true"

    def _commit(self, revision: str) -> str | None:
        return self._git.says("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") or None
