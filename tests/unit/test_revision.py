"""The files of a commit: what a checkout of it would hold, byte for byte, and nothing that leads elsewhere."""

import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from layer_action.formats import manifest
from layer_action.model.function import Unknown
from layer_action.model.leftovers import CACHE_SIGNATURE, CACHE_TAG
from layer_action.ports.repository import Tree
from layer_action.repository.checkout import GitRepository
from tests.end_to_end.checkout import Checkout
from tests.unit.trees import held, tree_of

REQUIREMENTS = "layers/http/requirements.txt"


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


def build_into_it(team: Checkout) -> None:
    rows = [{"zip": "http.zip", "lock": "pylock.http.toml"}]
    for folder in ("out", "layers"):
        team.write(f"{folder}/manifest.json", manifest.encode(rows).decode())
        team.write(f"{folder}/http.zip", "PK")
        team.write(f"{folder}/pylock.http.toml", "")
    team.write("cache/CACHEDIR.TAG", CACHE_SIGNATURE)
    team.write("cache/wheels-3/some.whl", "PK")


@pytest.mark.parametrize("left", [lambda _: None, leave_traces, ignore_traces, build_into_it])
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
    lambda team: (build_into_it(team), team.write("out/new.py", "x = 1\n")),
    lambda team: (team.write("new.py", "x = 1\n"), (team.root.parent / CACHE_TAG).write_text(CACHE_SIGNATURE)),
    lambda team: (build_into_it(team), team.write("out/src/http.zip", "PK")),
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
