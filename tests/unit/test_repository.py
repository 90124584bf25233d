"""The checkout as git tells it: complete, shallow, or no repository at all."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from layer_action.model.function import Unknown
from layer_action.repository.checkout import GitRepository


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


@dataclass
class Server:
    """The same repository on a server: answers as told, and remembers what it was asked."""

    answer: str | Unknown
    asked: list[str] = field(default_factory=list)

    def write_files(self, commit: str, folder: Path) -> Mapping[str, str] | Unknown:
        del folder
        return Unknown(reason=f"no {commit}")

    def text(self, commit: str, path: str) -> str | Unknown | None:
        return f"{path} of {commit}"

    def is_ancestor(self, commit: str, head: str) -> bool | Unknown:
        return Unknown(reason=f"{commit} {head}")

    def merge_base(self, base: str, head: str) -> str | Unknown:
        del head
        self.asked.append(base)
        return self.answer


def opened(folder: Path, **options: object) -> GitRepository:
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


def test_a_base_that_is_not_here_is_asked_of_the_server_once(team: Path) -> None:
    server = Server("e" * 40)
    assert opened(team, remote=server, base="d" * 40).default_base() == "e" * 40
    assert server.asked == ["d" * 40]


def test_a_base_that_the_server_does_not_know_is_compared_with_as_it_is(team: Path) -> None:
    assert opened(team, remote=Server(Unknown(reason="404")), base="d" * 40).default_base() == "d" * 40


def test_a_default_branch_that_is_here_is_asked_of_nobody(team: Path) -> None:
    server = Server("e" * 40)
    assert opened(team, remote=server, default_branch="main").default_base() == git(team, "rev-parse", "HEAD")
    assert server.asked == []


def test_a_checkout_of_one_tag_asks_the_server_for_the_default_branch_by_its_own_name(team: Path) -> None:
    git(team, "switch", "-q", "--detach")
    git(team, "branch", "-q", "-D", "main")
    server = Server("e" * 40)
    assert opened(team, remote=server, default_branch="main").default_base() == "e" * 40
    assert server.asked == ["main"]


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


def test_the_base_of_a_pull_request_is_what_it_is_merged_onto_not_what_the_event_names(team: Path) -> None:
    old = git(team, "rev-parse", "HEAD")
    git(team, "switch", "-q", "-c", "raise")
    tip = commit(team, "a.txt", "a")
    git(team, "switch", "-q", "-c", "moved", old)
    onto = commit(team, "b.txt", "b")
    git(team, "merge", "-q", "--no-ff", "-m", "Merge", tip)
    assert opened(team, base=old, tip=tip).default_base() == onto
    assert opened(team, base=old, tip=onto).default_base() == old


def test_a_shallow_checkout_knows_the_name_of_what_it_is_merged_onto(team: Path, tmp_path: Path) -> None:
    git(team, "switch", "-q", "-c", "raise")
    tip = commit(team, "a.txt", "a")
    git(team, "switch", "-q", "-c", "moved", "HEAD~1")
    onto = commit(team, "b.txt", "b")
    git(team, "merge", "-q", "--no-ff", "-m", "Merge", tip)
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=moved", f"file://{team}", "shallow")
    assert opened(tmp_path / "shallow", base="0" * 40, tip=tip).default_base() == onto


def test_one_file_of_a_revision_comes_from_git_or_else_from_the_server(team: Path) -> None:
    here, gone = git(team, "rev-parse", "HEAD"), "d" * 40
    assert opened(team).text(here, "layers/http/requirements.txt") == "requests==2.31.0\n"
    assert opened(team).text(here, "no/such.yml") is None
    assert isinstance(opened(team).text(gone, "README.md"), Unknown)
    assert opened(team, remote=Server(answer=gone)).text(gone, "README.md") == f"README.md of {gone}"


def test_edited_is_what_the_commit_has_otherwise_and_not_what_it_does_not_have(team: Path) -> None:
    commit(team, "kept", "1")
    commit(team, "raised", "1")
    commit(team, "gone", "1")
    (team / "raised").write_text("2")
    (team / "gone").unlink()
    (team / "new").write_text("1")
    assert opened(team).edited() == ("gone", "raised")


def test_without_git_nothing_is_edited(tmp_path: Path) -> None:
    assert opened(tmp_path).edited() == ()
