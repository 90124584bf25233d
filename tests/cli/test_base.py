"""Without AWS the base commit is what counts: its files are what a checkout of it would hold."""

import hashlib
import shutil

import pytest

from tests.cli.door import Door

CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: {requirements: layers/parcel/pylock.toml, include: [src/shop, src/model.bin]}
"""
MODEL = b"weights" * 100


def pointer(content: bytes) -> bytes:
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()


@pytest.fixture
def shop(door: Door) -> Door:
    """A layer with own files, of which git's archives know nothing or something else."""
    door.checkout.write(".github/lambda-layers.yml", CONFIG)
    door.checkout.write(".gitattributes", "/layers export-ignore\n/.github export-ignore\n*.py export-subst\n")
    door.checkout.write("src/shop/version.py", "commit = '$Format:%H$'\n")
    door.checkout.write("src/model.bin", pointer(MODEL))
    door.checkout.commit("Include own files")
    return door


def check_out_large_files(shop: Door, content: bytes) -> None:
    """Do what `lfs: true` does: leave the content in git's store, and in the place of the pointer."""
    oid = hashlib.sha256(content).hexdigest()
    shop.checkout.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", content)
    shop.checkout.write("src/model.bin", content)


def test_own_files_that_archives_leave_out_or_change_do_not_look_changed(shop: Door) -> None:
    check_out_large_files(shop, MODEL)
    ran = shop.run("plan", "--base", "HEAD")
    assert (ran.code, "nothing changes" in ran.out) == (0, True), ran.said


def test_a_large_file_that_changed_is_a_changed_file_of_a_known_base(shop: Door) -> None:
    base = shop.checkout.git("rev-parse", "HEAD")
    shop.checkout.write("src/model.bin", pointer(b"better weights"))
    shop.checkout.commit("Train again")
    check_out_large_files(shop, b"better weights")
    ran = shop.run("plan", "--base", base)
    assert "own files changed: model.bin" in ran.out
    assert "unknown" not in ran.out


def test_a_large_file_that_is_not_checked_out_is_told_with_the_way_out(shop: Door) -> None:
    ran = shop.run("plan", "--base", "HEAD")
    assert ran.code == 2
    assert "Git LFS has not brought the content of src/model.bin" in ran.out
    assert "lfs: true" in ran.out


def test_outside_of_git_nobody_is_told_to_name_a_revision(door: Door) -> None:
    shutil.rmtree(door.root / ".git")
    said = " ".join(door.run("plan").out.split())
    assert "for want of a base commit: there is no git history here" in said
    assert "revision" not in said
    ran = door.run("plan", "--base", "main")
    assert ran.code == 2
    assert "There is nothing to compare with: there is no git history here." in ran.err


def test_a_machine_without_git_is_told_so(door: Door) -> None:
    ran = door.run("plan", "--base", "main", env={"PATH": str(door.root)})
    assert ran.code == 2
    assert "There is nothing to compare with: git is not installed, and without it no history can be read." in ran.err


def test_a_clone_without_the_files_of_its_history_is_told_so(door: Door) -> None:
    base = door.checkout.git("rev-parse", "HEAD")
    lock = "layers/parcel/pylock.toml"
    door.checkout.write(lock, (door.root / lock).read_text() + "# more\n")
    door.checkout.commit("Say more")
    blob = door.checkout.git("rev-parse", f"{base}:{lock}")
    (door.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    ran = door.run("plan", "--base", base)
    assert ran.code == 2
    assert f"this checkout lacks files of {base}" in ran.said
    assert "`filter`" in ran.said


def test_a_default_branch_that_is_not_known_is_told_once_with_the_way_out(door: Door) -> None:
    door.checkout.git("checkout", "--quiet", "--detach")
    door.checkout.git("branch", "--delete", "--force", "main")
    said = " ".join(door.run("plan").out.split())
    assert said.count("no default branch is known here") == 1
    assert said.lower().count("name a revision with `--base`") == 1
