"""A git repository as the GitHub stand-in has it: every commit with its parents and files, every branch and tag."""

import subprocess
from pathlib import Path

from tests.standins.github.records import SUBMODULE, Repository


def mirror(origin: Path, repo: Repository) -> None:
    """Bring all commits and refs of a git repository into the stand-in; what it has of its own stays."""
    for line in _git(origin, "rev-list", "--all", "--parents").decode().splitlines():
        commit, *parents = line.split()
        if commit not in repo.trees:
            repo.parents[commit] = tuple(parents)
            repo.trees[commit] = _files(origin, commit, repo)
            repo.tree_sha(repo.trees[commit])
    for line in _git(origin, "for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines():
        commit, _, name = line.partition(" ")
        repo.refs[name.removeprefix("refs/")] = commit


def _files(origin: Path, commit: str, repo: Repository) -> dict[str, bytes]:
    """Return the files of a commit: of a link its aim, of a submodule its commit."""
    files: dict[str, bytes] = {}
    for entry in _git(origin, "ls-tree", "-r", "-z", commit).decode().split("\0")[:-1]:
        facts, _, name = entry.partition("\t")
        mode, _, sha = facts.split()
        if mode != "100644":
            repo.modes[name] = mode
        files[name] = sha.encode() if mode == SUBMODULE else _git(origin, "cat-file", "blob", sha)
    return files


def _git(origin: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=origin, check=True, capture_output=True).stdout
