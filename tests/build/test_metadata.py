"""What wheels say of their needs, and what an index states of them."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.build.wheels.about import about
from layer_action.build.wheels.fetch import WheelCache
from layer_action.build.wheels.metadata import MetadataReader, parse_metadata
from layer_action.errors import BuildError, DownloadError
from layer_action.http import Http
from layer_action.model.lock import Wheel
from layer_action.record import replace
from tests.fakes import RecordingConsole
from tests.standins.files import Files, serve
from tests.standins.wheels import make_wheel

LINES = ["Metadata-Version: 2.1", "Name: Shop.Cart", "Version: 1.0", "License: MIT", "Requires-Dist: till", ""]
README = ["Requires-Dist: nothing", "Name: a readme", "License: none", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_readme_behind_the_headers_states_nothing(end: str) -> None:
    metadata = end.join([*LINES, *README]).encode()
    assert about(metadata).license == "MIT"
    found = parse_metadata(metadata)
    assert (found.name, found.requires) == ("shop-cart", ("till",))


def test_what_a_wheel_needs_for_any_extra_on_any_python_is_noted_by_name() -> None:
    more = [
        "Requires-Dist: A.b_c (>=1) ; extra == 'x'",
        "Requires-Dist: till[y]",
        "Requires-Dist: d>1",
        "Requires-Dist: ?",
    ]
    assert about("\n".join([*more, *LINES]).encode()).needs == ("a-b-c", "d", "till")


def test_a_summary_with_a_strange_line_end_hides_no_requirement() -> None:
    summary = "Summary: one\u2028two\x0cRequires-Dist: nothing"
    assert parse_metadata("\n".join([summary, *LINES]).encode()).requires == ("till",)


def test_a_name_that_is_stated_twice_is_none() -> None:
    with pytest.raises(BuildError, match=rf"{CART} has no name or version, or more than one"):
        parse_metadata("\n".join(["Name: other", *LINES]).encode(), CART)


CART = "cart-1.0-py3-none-any.whl"
CONTENT = make_wheel("cart", "1.0", {"cart.py": "x = 1\n"}, requires=["till"])
OWN = b"Metadata-Version: 2.1\nName: cart\nVersion: 1.0\nRequires-Dist: till\n"


@pytest.fixture
def index() -> Iterator[Files]:
    with serve(Files(content={})) as files:
        yield files


def cart(index: Files, stated: bytes) -> Wheel:
    """Publish a wheel that needs `till`, and what the index states of it."""
    index.content = {f"/{CART}": CONTENT, f"/{CART}.metadata": stated}
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return Wheel(filename=CART, sha256=sha256, size=len(CONTENT), url=f"{index.url}/{CART}")


IMPOSSIBLE = {
    "of another project": OWN.replace(b"cart", b"cat").replace(b"till", b"tail"),
    "of another version": OWN.replace(b"1.0", b"1.1").replace(b"till", b"tail"),
    "of nothing": b"<html>moved</html>",
    "too long": OWN.replace(b"till", b"tail") + b"\n" + bytes(2 << 20),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_metadata_that_cannot_be_a_wheels_is_read_from_the_wheel(index: Files, tmp_path: Path, case: str) -> None:
    wheel = cart(index, IMPOSSIBLE[case])
    reader = MetadataReader(Http({}, attempts=1), tmp_path)
    assert reader.read(wheel).requires == ("till",)


def test_a_wheel_that_needs_other_things_than_the_index_states_is_refused(index: Files, tmp_path: Path) -> None:
    wheel = cart(index, OWN.replace(b"Requires-Dist: till\n", b""))
    http = Http({}, attempts=1)
    reader = MetadataReader(http, tmp_path)
    assert reader.read(wheel).requires == ()
    with pytest.raises(BuildError, match=r"cart-1.0-py3-none-any.whl needs other things than the index states"):
        WheelCache(tmp_path, http=http, console=RecordingConsole()).fetch([wheel])
    assert reader.read(wheel).requires == ("till",)


@pytest.mark.parametrize(
    ("content", "says"), [(b"<html>", "a page, not a wheel"), (CONTENT[:90], "Of its"), (b"", "empty")]
)
def test_what_is_served_in_the_place_of_a_wheel_is_told(
    index: Files, tmp_path: Path, content: bytes, says: str
) -> None:
    wheel = cart(index, b"")
    index.content[f"/{CART}"] = content
    with pytest.raises(DownloadError, match=rf"{CART} did not come.* {says}") as caught:
        MetadataReader(Http({}, attempts=1), tmp_path).read(wheel)
    assert "pin another" not in caught.value.hint


def test_what_was_kept_is_read_from_a_file_and_asked_for_anew_else(index: Files, tmp_path: Path) -> None:
    wheel = cart(index, OWN)
    reader = MetadataReader(Http({}, attempts=1), tmp_path)
    reader.read(wheel)
    kept = reader.kept(wheel.sha256)
    kept.unlink()
    kept.symlink_to("/dev/zero")
    assert reader.known({"cart": wheel}) == {}
    kept.unlink()
    os.mkfifo(kept)
    assert reader.read(wheel).requires == ("till",)
    assert kept.is_file()


def test_what_was_kept_of_another_wheel_is_asked_for_anew(index: Files, tmp_path: Path) -> None:
    wheel = cart(index, OWN)
    reader = MetadataReader(Http({}, attempts=1), tmp_path)
    reader.read(wheel)
    kept = reader.kept(wheel.sha256)
    other = reader.kept("0" * 64)
    other.parent.mkdir(exist_ok=True)
    kept.rename(other)
    assert reader.known({"cart": replace(wheel, sha256="0" * 64)}) == {}


NEEDS = [
    "Requires-Python: " + ">=3," * 200_000,
    "Requires-Dist: x " + ">=1," * 200_000,
    "Requires-Dist: x\n " + "y" * 20_000,
]


@pytest.mark.parametrize("need", NEEDS)
def test_needs_in_more_words_than_anybody_writes_are_refused_and_not_parsed(need: str) -> None:
    metadata = "\n".join([need, *LINES]).encode()
    for read in (about, parse_metadata):
        with pytest.raises(BuildError, match=rf"^The metadata of {CART} has \d+ characters"):
            read(metadata, CART)
