"""Sdists are unpacked where they are built, by the unprivileged user, or left to pip."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action import strangers
from layer_action.build.sources.unpacking import unpacked
from tests.standins.index import make_sdist


@pytest.fixture
def place() -> Iterator[Path]:
    with strangers.folder_of_strangers() as folder:
        yield folder


def unpack(place: Path, name: str, content: bytes) -> Path:
    """Unpack a file as a build does; return where the project is, relative to the place."""
    (place / name).write_bytes(content)
    strangers.give_away(place)
    return unpacked(place / name, "", os.environ).relative_to(place)


def tarred(*names: str) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return into.getvalue()


def test_a_project_is_in_a_folder_that_has_one_name_each_time(place: Path) -> None:
    sdist = make_sdist("cart", "1.0", {"pyproject.toml": "", "src/cart.py": "x\n"})
    found = unpack(place, sdist.filename, sdist.content)
    assert found == Path("unpacked/cart-1.0")
    assert (place / found / "src/cart.py").read_text() == "x\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cart-1.0.tar.gz", tarred("cart-1.0/setup.py", "other/setup.py")),
        ("cart-1.0.tar.gz", tarred("cart-1.0/setup.py", "cart-1.0/../../../evil.py")),
        ("cart-1.0.tar.gz", tarred("setup.py")),
        ("cart-1.0.tar.gz", tarred("/tmp/evil.py")),
        ("cart-1.0.tar.gz", b"no archive"),
        ("cart-1.0.zip", tarred("cart-1.0/setup.py")),
    ],
    ids=["two folders", "outside", "no folder", "absolute", "no archive", "a zip"],
)
def test_what_is_no_plain_sdist_is_left_to_pip(place: Path, name: str, content: bytes) -> None:
    assert unpack(place, name, content) == Path(name)
    assert not list(place.parent.glob("evil.py"))


def test_an_sdist_with_a_link_out_of_it_is_left_to_pip(place: Path) -> None:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("cart-1.0/setup.py"))
        link = tarfile.TarInfo("cart-1.0/data.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    assert unpack(place, "cart-1.0.tar.gz", into.getvalue()) == Path("cart-1.0.tar.gz")


def test_a_folder_that_leads_to_itself_is_left_to_pip(place: Path) -> None:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as archive:
        link = tarfile.TarInfo("cart-1.0/loop")
        link.type, link.linkname = tarfile.SYMTYPE, "loop"
        archive.addfile(link)
    (place / "cart-1.0.tar.gz").write_bytes(into.getvalue())
    strangers.give_away(place)
    assert unpacked(place / "cart-1.0.tar.gz", "loop", os.environ) == place / "cart-1.0.tar.gz"
