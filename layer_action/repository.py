"""The checkout, through git; where git cannot tell (shallow, or no git at all), through whoever else can."""

import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from layer_action import process
from layer_action.model.function import Unknown

_SECONDS: Final = 120.0
# The repository's own settings are a pull request's to write: none of them may start a program.
_SETTINGS: Final = ("safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")
_SAFE: Final = tuple(word for setting in _SETTINGS for word in ("-c", setting))


class RemoteRepository(Protocol):
    """The same repository, on a server that has its whole history."""

    def tree(self, revision: str, into: Path) -> Path | Unknown:
        """Fill an empty folder with the files of a revision."""

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
    ) -> None:
        """Work on a checkout. `base` is the commit that the event compares with, if it names one."""
        self._root = root
        self._env = process.plain_environment(env) | {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        self._remote = remote
        self._base = base
        self._default_branch = default_branch
        self._folders: dict[str, Path] = {}

    @property
    def root(self) -> Path:
        """The top folder of the checkout."""
        return self._root

    def close(self) -> None:
        """Remove the folders that `tree` made."""
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        self._folders.clear()

    def head(self) -> str:
        """Return the commit checked out, "" where there is none."""
        return self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}") or ""

    def default_base(self) -> str | Unknown:
        """Return the merge base with the event's base, or with the default branch."""
        candidates = [self._base] if self._base else self._default_branches()
        for candidate in candidates:
            if found := self._merge_base(candidate):
                return found
        if self._base:
            return self._base
        return Unknown(reason="no default branch is known here to compare with; name a revision with --base")

    def _default_branches(self) -> list[str]:
        named = [f"origin/{self._default_branch}", self._default_branch] if self._default_branch else []
        origin = self._git("rev-parse", "--abbrev-ref", "origin/HEAD")
        return [*named, *([origin] if origin else []), "origin/main", "origin/master", "main", "master"]

    def _merge_base(self, revision: str) -> str | None:
        if found := self._git("merge-base", "HEAD", revision):
            return found
        known = self._commit(revision)
        if self._remote is not None and not known and (head := self.head()):
            remote = self._remote.merge_base(revision, head)
            return None if isinstance(remote, Unknown) else remote
        return None

    def tree(self, revision: str) -> Path | Unknown:
        """Return a folder with the files of a revision; the same one for the same revision."""
        commit = self._commit(revision) or revision
        if commit not in self._folders:
            folder = Path(tempfile.mkdtemp(prefix="lambda-layer-action-tree-"))
            filled = self._fill(commit, folder)
            if isinstance(filled, Unknown):
                shutil.rmtree(folder, ignore_errors=True)
                return filled
            self._folders[commit] = folder
        return self._folders[commit]

    def _fill(self, commit: str, folder: Path) -> Path | Unknown:
        archive = folder.with_suffix(".tar")
        try:
            if self._git("archive", "--format=tar", f"--output={archive}", commit) is not None:
                with tarfile.open(archive) as tar:
                    tar.extractall(folder, filter="data")
                return folder
        finally:
            archive.unlink(missing_ok=True)
        if self._remote is not None:
            return self._remote.tree(commit, folder)
        return Unknown(reason=f"the revision {commit!r} is not in this checkout: check out with more depth")

    def contains(self, commit: str) -> bool | Unknown:
        """Return whether a commit is the head or an ancestor of it."""
        head = self.head()
        if not head:
            return Unknown(reason="there is no git history here")
        if head.startswith(commit):
            return True
        if known := self._commit(commit):
            done = self._run("merge-base", "--is-ancestor", known, head)
            if done.code in (0, 1) and (done.code == 0 or not self._is_shallow()):
                return done.code == 0
        elif not self._is_shallow():
            return False
        if self._remote is not None:
            return self._remote.is_ancestor(commit, head)
        return Unknown(reason=f"the checkout is shallow, so whether it contains {commit} cannot be told")

    def _is_shallow(self) -> bool:
        return self._git("rev-parse", "--is-shallow-repository") == "true"

    def _commit(self, revision: str) -> str | None:
        return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") or None

    def _git(self, *arguments: str) -> str | None:
        done = self._run(*arguments)
        return done.stdout.strip() if done.code == 0 else None

    def _run(self, *arguments: str) -> process.Completed:
        try:
            return process.run(["git", *_SAFE, *arguments], env=self._env, cwd=self._root, timeout=_SECONDS)
        except FileNotFoundError:
            return process.Completed(code=127, stdout="", stderr="git is not installed")
