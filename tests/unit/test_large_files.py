"""Large files of git: what a tree has in their place."""

import hashlib

from layer_action.repository.checkout import GitRepository
from tests.end_to_end.checkout import Checkout
from tests.unit.trees import held, tree_of


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
