"""Submodules: what they were at a commit, as far as this checkout can tell."""

from pathlib import Path

import pytest

from layer_action.model.function import Unknown
from layer_action.repository.checkout import GitRepository
from tests.end_to_end.checkout import Checkout
from tests.unit.trees import tree_of


def raised(team: Checkout, library: Checkout) -> str:
    """Let the head use a newer commit of the library; return the commit before."""
    base = team.git("rev-parse", "HEAD")
    library.write("shop.py", "version = 2\n")
    newer = library.commit("raise")
    inside = Checkout(root=team.root / "libs/shop")
    inside.git("fetch", "--quiet", "origin")
    inside.git("checkout", "--quiet", newer)
    team.commit("raise the library")
    return base


@pytest.mark.usefixtures("library")
def test_files_of_submodules_are_not_committed_here(team: Checkout, repository: GitRepository) -> None:
    assert (team.root / "libs/shop/shop.py").is_file()
    assert repository.committed(["libs/shop/shop.py", "libs/shop"]) == {}


def test_a_submodule_is_what_it_was_then(team: Checkout, library: Checkout, repository: GitRepository) -> None:
    tree = tree_of(repository, raised(team, library))
    assert (tree.folder / "libs/shop/shop.py").read_text() == "version = 1\n"
    assert not tree.unknown


def test_a_submodule_whose_older_commit_is_not_here_is_unknown(
    team: Checkout, library: Checkout, repository: GitRepository, tmp_path: Path
) -> None:
    base = raised(team, library)
    git_folder = Path(Checkout(root=team.root / "libs/shop").git("rev-parse", "--absolute-git-dir"))
    git_folder.rename(tmp_path / "whole")
    (team.root / "libs/shop/.git").unlink()
    team.git("clone", "--quiet", "--depth=1", "--bare", library.root.as_uri(), str(git_folder))
    (team.root / "libs/shop/.git").write_text(f"gitdir: {git_folder}\n")
    tree = tree_of(repository, base)
    assert not (tree.folder / "libs/shop").exists()
    for path in ("libs/shop", "libs/shop/shop.py", "libs", "."):
        reason = tree.unknown_at(path)
        assert reason is not None
        assert "the submodule libs/shop is checked out without its commit" in reason.reason
    assert tree.unknown_at("libs/shopping") is None
    assert tree.unknown_at("layers/http") is None


def test_a_submodule_that_is_not_checked_out_is_an_empty_folder_then_and_now(
    team: Checkout, library: Checkout, repository: GitRepository
) -> None:
    base = raised(team, library)
    team.git("submodule", "--quiet", "deinit", "--force", "--all")
    tree = tree_of(repository, base)
    assert list((tree.folder / "libs/shop").iterdir()) == []
    assert not tree.unknown


@pytest.mark.usefixtures("library")
def test_a_former_submodule_is_unknown(team: Checkout, repository: GitRepository) -> None:
    base = team.git("rev-parse", "HEAD")
    team.git("rm", "--quiet", "--force", "libs/shop")
    team.write("libs/shop/shop.py", "version = 1\n")
    team.commit("take the library in")
    assert tree_of(repository, base).unknown_at("libs/shop") == Unknown(
        reason="libs/shop was a submodule then, and is none in this checkout"
    )


@pytest.mark.usefixtures("library")
def test_a_submodule_that_became_a_link_to_another_repository_is_unknown(
    team: Checkout, library: Checkout, repository: GitRepository
) -> None:
    base = team.git("rev-parse", "HEAD")
    team.git("rm", "--quiet", "--force", "libs/shop")
    (team.root / "libs").mkdir(exist_ok=True)
    (team.root / "libs/shop").symlink_to(library.root)
    team.commit("link")
    assert tree_of(repository, base).unknown_at("libs/shop")
