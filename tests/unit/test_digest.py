"""The digest: what changes it, and what must not."""

import json
import random
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.formats.digest import contents_key, inputs_hash, layer_digest
from layer_action.model.exclusions import PRESETS
from layer_action.model.layer import Bytecode, LayerSpec, Publication
from layer_action.model.lock import Lock, Source, SourceKind, Wheel
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.target import Target
from layer_action.record import replace
from tests.factories import ARM_312, X86_312, hex_digest, make_distribution, make_lock, make_spec

NAMES = st.text("abcdefgh-", min_size=1, max_size=6)
LOCKS = st.dictionaries(NAMES, st.from_regex(r"[1-9]\.[0-9]{1,2}", fullmatch=True), max_size=8)


def own_file(path: str = "python/shop/__init__.py", content: str = "a", *, executable: bool = False) -> OwnFile:
    return OwnFile(path=path, source=Path("src") / path, sha256=hex_digest(content), size=1, executable=executable)


def digest_of(
    lock: Lock,
    *,
    spec: LayerSpec | None = None,
    targets: tuple[Target, ...] = (ARM_312,),
    own_files: tuple[OwnFile, ...] = (),
) -> str:
    return layer_digest(spec=spec or make_spec(), targets=targets, lock=lock, own_files=OwnFiles(own_files))


def test_a_digest_names_its_format_and_has_32_hex_digits() -> None:
    kind, _, digits = digest_of(make_lock()).partition(":")
    assert (kind, len(digits), int(digits, 16) >= 0) == ("d1", 32, True)


def test_the_format_d1_never_changes() -> None:
    lock = make_lock({"requests": "2.32.3", "idna": "3.10"})
    assert digest_of(lock, own_files=(own_file(),)) == "d1:0e0454fea1a2dc08b97460d186c7772a"


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_preset_of_exclude_means_counts_and_not_its_name_alone(preset: str) -> None:
    lines = [
        '["target","python3.12","arm64"]',
        json.dumps(["exclude", preset, *PRESETS[preset]], separators=(",", ":")),
    ]
    hashed = sha256("".join(f"{len(line)}:{line}" for line in sorted(lines)).encode()).hexdigest()
    assert digest_of(make_lock({}), spec=make_spec(exclude=(preset,))) == f"d1:{hashed[:32]}"


def test_a_glob_of_exclude_is_what_it_always_was() -> None:
    assert digest_of(make_lock({}), spec=make_spec(exclude=("pkg/*.txt",))) == "d1:4415fffec4648937f302a79edccc1d4c"


@given(LOCKS, st.randoms(use_true_random=False))
def test_order_urls_and_sizes_do_not_count(versions: dict[str, str], chance: random.Random) -> None:
    lock = make_lock(versions)
    shuffled = list(lock.distributions)
    chance.shuffle(shuffled)
    other = [
        replace(found, origin=replace(found.origin, url="https://index.example/x", size=7), direct=False)
        for found in shuffled
        if isinstance(found.origin, Wheel)
    ]
    files = (own_file("python/a.py"), own_file("python/b.py"))
    again = digest_of(Lock(target=ARM_312, distributions=tuple(other)), own_files=files[::-1])
    assert digest_of(lock, own_files=files) == again


@given(LOCKS, LOCKS)
def test_two_locks_have_one_digest_only_if_they_hold_the_same(first: dict[str, str], second: dict[str, str]) -> None:
    assert (digest_of(make_lock(first)) == digest_of(make_lock(second))) == (first == second)


@pytest.mark.parametrize(
    "spec",
    [
        make_spec(name="other", layer_name="other-name"),
        make_spec(requirements=("elsewhere.txt",)),
        make_spec(provided=("boto3",)),
        make_spec(budget=1),
        make_spec(imports=("requests",)),
        make_spec(publication=Publication(regions=("eu-west-1",))),
    ],
)
def test_what_no_function_imports_does_not_count(spec: LayerSpec) -> None:
    assert digest_of(make_lock(), spec=spec) == digest_of(make_lock())


@pytest.mark.parametrize(
    "spec",
    [
        make_spec(exclude=("tests",)),
        make_spec(bytecode=Bytecode.ALL),
        make_spec(bytecode=Bytecode.IMPORTS, imports=("requests",)),
        make_spec(publication=Publication(license="MIT")),
    ],
)
def test_options_that_shape_the_layer_count(spec: LayerSpec) -> None:
    assert digest_of(make_lock(), spec=spec) != digest_of(make_lock())


def test_each_choice_of_targets_has_a_digest_of_its_own_whatever_their_order() -> None:
    seen = {digest_of(make_lock(), targets=targets) for targets in ((ARM_312,), (X86_312,), (ARM_312, X86_312))}
    assert len(seen) == 3
    assert digest_of(make_lock(), targets=(X86_312, ARM_312)) == digest_of(make_lock(), targets=(ARM_312, X86_312))


@pytest.mark.parametrize(
    "changed",
    [own_file("python/shop/other.py"), own_file(content="b"), own_file(executable=True)],
)
def test_path_bytes_and_mode_of_own_files_count(changed: OwnFile) -> None:
    assert digest_of(make_lock(), own_files=(own_file(),)) != digest_of(make_lock(), own_files=(changed,))


def test_another_wheel_of_the_same_version_counts() -> None:
    other = Wheel(filename="requests-2.32.3-py3-none-any.whl", sha256=hex_digest("other"))
    rebuilt = make_lock([make_distribution("requests", "2.32.3", origin=other)])
    assert digest_of(make_lock({"requests": "2.32.3"})) != digest_of(rebuilt)


def test_the_identity_of_a_source_is_its_tree() -> None:
    source = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity="tree:abc")
    moved = replace(source, location="libs/moved")
    first, second = (make_lock([make_distribution("common", origin=origin)]) for origin in (source, moved))
    assert contents_key(first) == contents_key(second) == (("common", "1.0.0", "tree:abc"),)
    assert digest_of(first) == digest_of(second)


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=5))
def test_an_inputs_hash_depends_on_names_and_contents_alone(parts: dict[str, bytes]) -> None:
    backwards = dict(reversed(parts.items()))
    assert inputs_hash(parts) == inputs_hash(backwards)
    assert inputs_hash(parts) != inputs_hash(parts | {"another": b""})


def test_parts_do_not_run_into_one_another() -> None:
    assert inputs_hash({"a": b"b", "c": b""}) != inputs_hash({"a": b"", "bc": b""})
