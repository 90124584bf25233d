"""The files of a commit: what a checkout of it would hold, byte for byte, and nothing that leads elsewhere."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from layer_action.model.function import Unknown
from layer_action.ports.repository import Tree
from layer_action.repository.checkout import GitRepository
from tests.end_to_end.checkout import Checkout

REQUIREMENTS = "layers/http/requirements.txt"


@pytest.fixture
def team(tmp_path: Path) -> Checkout:
    (tmp_path / "team").mkdir()
    team = Checkout(root=tmp_path / "team")
    team.write("layers/http/requirements.txt", "requests==2.31.0\n")
    team.commit("begin")
    return team


@pytest.fixture
def repository(team: Checkout) -> Iterator[GitRepository]:
    with closing(GitRepository(team.root, env=os.environ)) as repository:
        yield repository


def tree_of(repository: GitRepository, revision: str = "HEAD") -> Tree:
    """Return a tree that is written, even where the checkout itself would do."""
    beside = repository.root / "beside.txt"
    beside.touch()
    tree = repository.tree(revision)
    beside.unlink()
    assert isinstance(tree, Tree)
    assert tree.folder != repository.root
    return tree


def held(folder: Path) -> dict[str, bytes]:
    """Return everything below a folder but git's own: content of files, aims of links."""
    return {
        path.relative_to(folder).as_posix(): bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and ".git" not in path.relative_to(folder).parts
    }


def test_the_tree_of_a_revision_holds_its_files_and_is_made_once(team: Checkout) -> None:
    base = team.git("rev-parse", "HEAD")
    team.write("layers/http/requirements.txt", "requests==2.32.0\n")
    team.commit("raise")
    repository = GitRepository(team.root, env=os.environ)
    tree = tree_of(repository, base)
    assert held(tree.folder) == {"layers/http/requirements.txt": b"requests==2.31.0\n"}
    assert repository.tree(base) is tree
    repository.close()
    assert not tree.folder.exists()
    assert not tree.folder.with_name(f"{tree.folder.name}.index").exists()


def leave_traces(team: Checkout) -> None:
    for path in ("layers/http/__pycache__/a.pyc", ".venv/bin/python", ".lambda-layer-action/report.html"):
        team.write(path, "left by a tool")


def ignore_traces(team: Checkout) -> None:
    team.write(".gitignore", "__pycache__\n.venv\n")
    team.commit("ignore")
    leave_traces(team)


@pytest.mark.parametrize("left", [lambda _: None, leave_traces, ignore_traces], ids=["nothing", "traces", "ignored"])
def test_a_checkout_with_nothing_changed_is_the_tree_of_its_head(
    team: Checkout, left: Callable[[Checkout], None]
) -> None:
    left(team)
    with closing(GitRepository(team.root, env=os.environ)) as repository:
        assert repository.tree("HEAD") == Tree(folder=team.root)
    assert (team.root / "layers/http/requirements.txt").is_file()


def ignore_a_file(team: Checkout) -> None:
    team.write(".gitignore", "made.py\n")
    team.commit("ignore")
    team.write("layers/http/made.py", "x = 1\n")


def stage(team: Checkout) -> None:
    team.write("layers/http/new.txt", "x\n")
    team.git("add", "--all")


def make_executable(team: Checkout) -> None:
    team.git("config", "core.fileMode", "false")
    (team.root / REQUIREMENTS).chmod(0o755)


def hide(team: Checkout) -> None:
    team.git("update-index", "--assume-unchanged", REQUIREMENTS)
    team.write(REQUIREMENTS, "requests==2.99.0\n")


def check_out_in_part(team: Checkout) -> None:
    team.write("layers/data/requirements.txt", "numpy\n")
    team.commit("more")
    team.git("sparse-checkout", "set", "layers/http")


def add_a_submodule(team: Checkout) -> None:
    team.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},libs/part")
    team.git("commit", "--quiet", "-m", "a submodule")


CHANGES: list[Callable[[Checkout], object]] = [
    lambda team: team.write(REQUIREMENTS, "requests==2.99.0\n"),
    lambda team: (team.root / REQUIREMENTS).unlink(),
    lambda team: team.write("layers/http/new.py", "x = 1\n"),
    *(ignore_a_file, stage, make_executable, hide, check_out_in_part, add_a_submodule),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkout_that_is_not_all_of_its_head_and_nothing_more_is_not_its_tree(
    team: Checkout, repository: GitRepository, change: Callable[[Checkout], object]
) -> None:
    change(team)
    tree = repository.tree("HEAD")
    assert isinstance(tree, Tree)
    assert tree.folder != team.root
    assert (tree.folder / REQUIREMENTS).read_text() == "requests==2.31.0\n"


def test_the_tree_of_an_empty_commit_is_an_empty_folder(tmp_path: Path) -> None:
    Checkout(root=tmp_path).commit("begin")
    with closing(GitRepository(tmp_path, env=os.environ)) as repository:
        assert held(tree_of(repository).folder) == {}


def test_a_tree_is_what_a_checkout_of_the_commit_holds(team: Checkout, repository: GitRepository) -> None:
    team.write(
        ".gitattributes",
        "*.in text eol=crlf\n*.txt export-subst ident\n/layers/data export-ignore\n.gitattributes export-ignore\n"
        "*.u16 text working-tree-encoding=UTF-16LE\n",
    )
    team.write("layers/http/dev.in", "a\r\nb\r\n")
    team.write("layers/http/name.u16", "größe\n".encode("utf-16-le"))
    team.write("layers/http/version.txt", "$Format:%H$ $Id$\n")
    team.write("layers/data/requirements.txt", "numpy\n")
    team.write("bin/run", "#!/bin/sh\n")
    (team.root / "bin/run").chmod(0o755)
    team.write("größe/ü.txt", b"\xff\x00\r\n")
    (team.root / "latest").symlink_to("layers/http")
    team.commit("all sorts")
    # as actions/checkout leaves it
    team.git("rm", "-r", "--quiet", "--cached", ".")
    team.git("reset", "--quiet", "--hard")
    tree = tree_of(repository)
    assert held(tree.folder) == held(team.root)
    assert b"$Id: " in held(tree.folder)["layers/http/version.txt"]
    assert os.access(tree.folder / "bin/run", os.X_OK)
    assert not os.access(tree.folder / "layers/data/requirements.txt", os.X_OK)


def test_the_attributes_that_count_are_the_commits_own(team: Checkout, repository: GitRepository) -> None:
    base = team.git("rev-parse", "HEAD")
    team.write(".gitattributes", "*.txt text eol=crlf\n")
    team.commit("other line ends")
    assert held(tree_of(repository, base).folder) == {"layers/http/requirements.txt": b"requests==2.31.0\n"}


def test_the_checkout_and_its_index_stay_as_they_are(team: Checkout, repository: GitRepository) -> None:
    base = team.git("rev-parse", "HEAD")
    team.write("layers/http/requirements.txt", "requests==2.32.0\n")
    team.commit("raise")
    team.write("staged.txt", "1\n")
    team.git("add", "staged.txt")
    before = team.git("status", "--porcelain"), team.git("ls-files", "--stage")
    tree_of(repository, base)
    assert (team.git("status", "--porcelain"), team.git("ls-files", "--stage")) == before


def test_a_sparse_checkout_has_whole_trees(team: Checkout, repository: GitRepository) -> None:
    team.write("layers/data/requirements.txt", "numpy\n")
    team.commit("more")
    team.git("sparse-checkout", "set", "layers/http")
    assert not (team.root / "layers/data").exists()
    assert (tree_of(repository).folder / "layers/data/requirements.txt").read_text() == "numpy\n"


@pytest.mark.parametrize("required", ["true", "false"])
def test_no_setting_of_the_repository_starts_a_program(
    team: Checkout, repository: GitRepository, tmp_path: Path, required: str
) -> None:
    team.write(".gitattributes", "*.txt filter=spy\n*.in filter=other=spy.smudge\n")
    team.write("layers/http/dev.in", "a\n")
    team.commit("filters")
    proof = tmp_path / "ran"
    team.git("config", "core.fsmonitor", f"touch {proof}")
    for hook in ("post-index-change", "post-checkout", "reference-transaction"):
        team.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch {proof}\n")
        (team.root / ".git/hooks" / hook).chmod(0o755)
    for name in ("spy", "other=spy.smudge"):
        team.git("config", f"filter.{name}.smudge", f"touch {proof}; cat")
        team.git("config", f"filter.{name}.process", f"touch {proof}")
        team.git("config", f"filter.{name}.required", required)
    proof.unlink(missing_ok=True)  # of the settings above
    assert held(tree_of(repository).folder)["layers/http/requirements.txt"] == b"requests==2.31.0\n"
    assert repository.committed(["layers/http/requirements.txt"])
    assert not proof.exists()


def test_a_link_that_leads_out_of_the_repository_is_not_in_its_tree(team: Checkout, repository: GitRepository) -> None:
    links = {"hosts": "/etc/hosts", "above": "../../../above", "loop": "loop", "up": "../..", "sly": "up/../x"}
    for name, target in links.items():
        (team.root / "layers/http" / name).symlink_to(target)
    (team.root / "layers/http/same.txt").symlink_to("requirements.txt")
    team.commit("links")
    found = held(tree_of(repository).folder)
    assert set(found) == {"layers/http/requirements.txt", "layers/http/same.txt", "layers/http/up"}


def test_a_commit_that_holds_parts_of_a_git_folder_is_not_written(team: Checkout, repository: GitRepository) -> None:
    blob = team.git("hash-object", "-w", "layers/http/requirements.txt")
    inner = tree_object(team, f"100644 blob {blob}\tconfig")
    bad = tree_object(team, f"040000 tree {inner}\t.git")
    commit = team.git("commit-tree", bad, "-m", "bad")
    assert isinstance(repository.tree(commit), Unknown)


def test_a_revision_that_looks_like_an_option_is_none(repository: GitRepository, tmp_path: Path) -> None:
    assert isinstance(repository.tree(f"--index-output={tmp_path}/made"), Unknown)
    assert not (tmp_path / "made").exists()


def tree_object(team: Checkout, entry: str) -> str:
    done = subprocess.run(
        ["git", "mktree"], cwd=team.root, input=f"{entry}\n", check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_committed_files_are_read_as_they_were_committed(team: Checkout, repository: GitRepository) -> None:
    team.write(".gitattributes", "* text eol=crlf ident\n*.u16 working-tree-encoding=UTF-16LE\n")
    files = {
        "infra/app.yaml": b"a: $Id$\nb: 1\n",
        "infra/latin.yaml": b"\xe9\n",
        "größe/x.yaml": b"x",
        "bin/run": b"#!\n",
    }
    for path, content in files.items():
        team.write(path, content)
    (team.root / "bin/run").chmod(0o755)
    (team.root / "infra/link.yaml").symlink_to("app.yaml")
    team.commit("templates")
    team.git("rm", "-r", "--quiet", "--cached", ".")
    team.git("reset", "--quiet", "--hard")
    assert b"\r\n" in (team.root / "infra/app.yaml").read_bytes()
    team.write("infra/later.yaml", "x\n")
    team.write("infra/latin.yaml", "somebody works on it\n")
    found = repository.committed([*files, "infra/link.yaml", "infra/later.yaml", "infra", "nowhere"])
    assert {path: file.content for path, file in found.items()} == files
    assert [path for path, file in found.items() if file.executable] == ["bin/run"]


def test_without_git_no_file_is_committed(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").touch()
    assert GitRepository(tmp_path, env=os.environ).committed(["app.yaml"]) == {}


@pytest.mark.usefixtures("library")
def test_files_of_submodules_are_not_committed_here(team: Checkout, repository: GitRepository) -> None:
    assert (team.root / "libs/shop/shop.py").is_file()
    assert repository.committed(["libs/shop/shop.py", "libs/shop"]) == {}


# -- large files ---------------------------------------------------------------


def pointer(content: bytes) -> bytes:
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()


def test_a_large_file_is_what_the_checkout_has_of_it(team: Checkout, repository: GitRepository) -> None:
    kept, lost = b"model" * 1000, b"older"
    team.write("layers/ml/kept.bin", pointer(kept))
    team.write("layers/ml/lost.bin", pointer(lost))
    team.commit("pointers, as git-lfs commits them")
    oid = hashlib.sha256(kept).hexdigest()
    team.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", kept)
    found = held(tree_of(repository).folder)
    assert found["layers/ml/kept.bin"] == kept
    assert found["layers/ml/lost.bin"] == pointer(lost)


def test_a_checkout_without_large_files_has_pointers_at_the_base_too(team: Checkout, repository: GitRepository) -> None:
    team.write("layers/ml/model.bin", pointer(b"model"))
    team.commit("pointers")
    assert held(tree_of(repository).folder)["layers/ml/model.bin"] == pointer(b"model")


# -- submodules ----------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path, team: Checkout) -> Checkout:
    """A submodule of the team's repository, at `libs/shop`."""
    (tmp_path / "library").mkdir()
    library = Checkout(root=tmp_path / "library")
    library.write("shop.py", "version = 1\n")
    library.commit("begin")
    team.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "libs/shop")
    team.commit("add the library")
    return library


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
