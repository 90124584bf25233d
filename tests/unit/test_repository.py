"""The checkout as git tells it: complete, shallow, or no repository at all."""

import os
import subprocess
from pathlib import Path

import pytest

from layer_action.model.function import Unknown
from layer_action.repository import GitRepository


def git(folder: Path, *arguments: str) -> str:
    env = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, name: str, text: str) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


def opened(folder: Path, **options: str) -> GitRepository:
    return GitRepository(folder, env=os.environ, **options)  # type: ignore[arg-type]


@pytest.fixture
def team(tmp_path: Path) -> Path:
    folder = tmp_path / "team"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "layers/http/requirements.txt", "requests==2.31.0\n")
    return folder


def test_the_base_is_the_merge_base_with_the_default_branch(team: Path) -> None:
    base = git(team, "rev-parse", "HEAD")
    git(team, "switch", "-q", "-c", "raise")
    head = commit(team, "layers/http/requirements.txt", "requests==2.32.0\n")
    repository = opened(team)
    assert repository.head() == head
    assert repository.default_base() == base


def test_the_tree_of_a_revision_holds_its_files_and_is_made_once(team: Path) -> None:
    base = git(team, "rev-parse", "HEAD")
    commit(team, "layers/http/requirements.txt", "requests==2.32.0\n")
    repository = opened(team)
    tree = repository.tree(base)
    assert isinstance(tree, Path)
    assert (tree / "layers/http/requirements.txt").read_text() == "requests==2.31.0\n"
    assert repository.tree(base) == tree
    repository.close()
    assert not tree.exists()


def test_an_ancestor_is_contained_and_a_commit_of_another_branch_is_not(team: Path) -> None:
    first = git(team, "rev-parse", "HEAD")
    git(team, "switch", "-q", "-c", "other")
    other = commit(team, "a", "a")
    git(team, "switch", "-q", "main")
    head = commit(team, "b", "b")
    repository = opened(team)
    assert repository.contains(first[:12]) is True
    assert repository.contains(head[:12]) is True
    assert repository.contains(other[:12]) is False
    assert repository.contains("0123456789ab") is False


def test_a_shallow_checkout_says_that_it_cannot_tell(team: Path, tmp_path: Path) -> None:
    first = git(team, "rev-parse", "HEAD")
    commit(team, "b", "b")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", team.as_uri(), str(shallow))
    repository = opened(shallow)
    assert isinstance(repository.contains(first[:12]), Unknown)
    assert isinstance(repository.tree(first), Unknown)


def test_a_folder_without_git_has_no_head_and_no_base(tmp_path: Path) -> None:
    repository = opened(tmp_path)
    assert repository.head() == ""
    assert isinstance(repository.default_base(), Unknown)
    assert isinstance(repository.contains("0123456789ab"), Unknown)


def test_the_repositorys_own_git_settings_start_no_program(team: Path, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    git(team, "config", "core.fsmonitor", f"touch {proof}")
    repository = opened(team)
    repository.tree(repository.head())
    repository.close()
    assert not proof.exists()
