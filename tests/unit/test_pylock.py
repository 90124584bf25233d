"""The embedded lock: written, read back, and readable by others."""

import re
import tomllib
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from layer_action.errors import BuildError
from layer_action.formats.pylock import decode, embedded_path, encode
from layer_action.model.lock import Lock, Source, SourceKind, Wheel
from layer_action.record import replace
from tests.factories import ARM_312, X86_312, hex_digest, make_digest, make_distribution, make_lock

if TYPE_CHECKING:
    from packaging.markers import Environment

TREE = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=f"tree:{hex_digest('t')}")
SDIST = Source(
    kind=SourceKind.SDIST,
    location="https://index.example/files/docopt-0.6.2.tar.gz",
    identity=f"sha256:{hex_digest('s')}",
)
VCS = Source(
    kind=SourceKind.VCS,
    location="git+https://me:secret@git.example/shop.git",
    identity="commit:" + "a" * 40,
    requested="main",
)
MIXED = make_lock(
    [
        make_distribution("requests", "2.32.3"),
        make_distribution("idna", "3.10", direct=False, required_by=("requests",)),
        make_distribution("common", "0.1.0", origin=TREE),
        make_distribution("docopt", "0.6.2", origin=SDIST),
        make_distribution("shop", "1.0.0", origin=VCS),
        make_distribution("nested", "1.0.0", origin=replace(SDIST, subdirectory="inner")),
    ]
)


def encoded(lock: Lock) -> bytes:
    return encode(layer_name="http", targets=(lock.target,), lock=lock, digest=make_digest())


def test_the_lock_lies_beside_the_python_folder() -> None:
    assert embedded_path("shop-http") == "lambda-layer/pylock.shop-http.toml"


@given(st.dictionaries(st.from_regex(r"[a-z]([a-z-]?[a-z])?", fullmatch=True), st.sampled_from(["1.0", "2.3.4"])))
def test_what_is_written_is_read_back(versions: dict[str, str]) -> None:
    lock = make_lock(versions)
    assert decode(encoded(lock)) == lock


def test_sources_are_read_back_but_for_urls_and_credentials() -> None:
    read = decode(encoded(MIXED))
    origins = {found.name: found.origin for found in read.distributions}
    assert origins["common"] == TREE
    assert origins["docopt"] == replace(SDIST, location="docopt-0.6.2.tar.gz")
    assert origins["shop"] == replace(VCS, location="git+https://git.example/shop.git")
    assert origins["nested"] == replace(SDIST, location="docopt-0.6.2.tar.gz", subdirectory="inner")
    assert [(d.name, d.version, d.direct, d.required_by, d.identity) for d in read.distributions] == [
        (d.name, d.version, d.direct, d.required_by, d.identity) for d in MIXED.distributions
    ]


def test_any_reader_of_pep_751_can_read_it() -> None:
    lock = Pylock.from_dict(tomllib.loads(encoded(MIXED).decode()))
    assert [package.name for package in lock.packages] == ["common", "docopt", "idna", "nested", "requests", "shop"]
    chosen = list(lock.select(environment=cast("Environment", ARM_312.marker_environment), tags=ARM_312.tags))
    assert len(chosen) == 6


def test_it_holds_no_url_of_a_wheel_and_no_date() -> None:
    lock = make_lock()
    wheel = lock.distributions[0].origin
    assert isinstance(wheel, Wheel)
    located = make_lock([replace(lock.distributions[0], origin=replace(wheel, url="https://index.example/r.whl"))])
    text = encoded(located).decode()
    assert "index.example" not in text
    assert "date" not in text
    assert text.encode() == encoded(lock)


def test_the_lock_of_several_targets_names_them_all_and_is_that_of_the_first() -> None:
    data = encode(layer_name="http", targets=(X86_312, ARM_312), lock=make_lock(), digest=make_digest())
    assert tomllib.loads(data.decode())["tool"]["lambda-layer-action"]["targets"] == [
        "python3.12/arm64",
        "python3.12/x86_64",
    ]
    assert decode(data).target == ARM_312


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"not toml",
        b'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n',
        encoded(make_lock()).replace(b"python3.12/arm64", b"python2.7/arm64"),
        encoded(make_lock()).replace(b"python3.12/arm64", b"python3.12/mips"),
        encoded(MIXED).replace(b"identity", b"identify"),
        re.sub(rb"targets = [^]]*", b"targets = [", encoded(make_lock())),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_so(data: bytes) -> None:
    with pytest.raises(BuildError, match="lock in the layer cannot be read"):
        decode(data)
