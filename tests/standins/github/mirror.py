"""A git repository as the GitHub stand-in has it: every commit with its parents and files, every branch and tag."""

import subprocess
from pathlib import Path

from tests.standins.github.records import Repository


def mirror(origin: Path, repo: Repository) -> None:
    """Bring all commits and refs of a git repository into the stand-in; what it has of its own stays."""
    for line in _git(origin, "rev-list", "--all", "--parents").decode().splitlines():
        commit, *parents = line.split()
        if commit not in repo.trees:
            repo.parents[commit] = tuple(parents)
            repo.trees[commit] = _files(origin, commit)
            repo.tree_sha(repo.trees[commit])
    for line in _git(origin, "for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines():
        commit, _, name = line.partition(" ")
        repo.refs[name.removeprefix("refs/")] = commit


def _files(origin: Path, commit: str) -> dict[str, bytes]:
    """Return the files of a commit; a submodule's are in another repository."""
    listed = [line.partition("\t") for line in _git(origin, "ls-tree", "-r", "-z", commit).decode().split("\0") if line]
    names = [name for kind, _, name in listed if " blob " in kind]
    return {name: _git(origin, "cat-file", "blob", f"{commit}:{name}") for name in names}


def _git(origin: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=origin, check=True, capture_output=True).stdout
