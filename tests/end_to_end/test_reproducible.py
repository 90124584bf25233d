"""The same inputs give the same bytes on any machine, and nothing moves because the index did."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.checkout import Checkout
from tests.standins.index import Index, running_index

CONFIG = """\
runtimes: [python3.12]
layers:
  shop: {requirements: layers/shop/requirements.txt, include: [own/**]}
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tax"
version = "0.1"
dependencies = ["till"]
"""
# as real backends do: in the order of the folder, with today's date
BACKEND = """\
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(wheel_directory, "tax-0.1-py3-none-any.whl"), "w") as archive:
        for name in os.listdir("tax"):
            archive.write(os.path.join("tax", name))
        archive.writestr(
            "tax-0.1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tax\\nVersion: 0.1\\nRequires-Dist: till\\n"
        )
        archive.writestr("tax-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("tax-0.1.dist-info/RECORD", "")
    return "tax-0.1-py3-none-any.whl"
"""


@pytest.fixture
def index() -> Iterator[Index]:
    with running_index() as running:
        running.wheel("cart", "1.0", "till")
        running.wheel("till", "2.0")
        yield running


@pytest.fixture
def shop(checkout: Checkout, index: Index) -> Checkout:
    checkout.env = {**checkout.env, **index.env()}
    fill(checkout, ["cart", "./libs/tax"])
    return checkout


def fill(checkout: Checkout, lines: list[str]) -> None:
    files = {
        ".github/lambda-layers.yml": CONFIG,
        "layers/shop/requirements.txt": "".join(f"{line}\n" for line in lines),
        "libs/tax/pyproject.toml": PROJECT,
        "libs/tax/backend.py": BACKEND,
        "libs/tax/tax/__init__.py": "rate = 0.2\n",
        "libs/tax/tax/reduced.py": "rate = 0.05\n",
        "own/run.sh": "#!/bin/sh\n",
        "own/a.txt": "a" * 9999,
    }
    # the last time the other way round: a folder lists its files in the order in which they came
    for path, text in sorted(files.items(), reverse=lines[0] != "cart"):
        checkout.write(path, text)
    (checkout.root / "own/run.sh").chmod(0o755)
    checkout.commit("Declare the layer")


def built(checkout: Checkout, **env: str) -> dict[str, bytes]:
    checkout.run("build", "--all", "--dir", "zips", code=0, **env)
    return {path.name: path.read_bytes() for path in (checkout.root / "zips").iterdir()}


def test_another_machine_gives_the_same_bytes(shop: Checkout, tmp_path: Path) -> None:
    first = built(shop)
    assert first == built(shop), "twice"
    other = Checkout(root=tmp_path / "elsewhere" / "shop", env=dict(shop.env))
    other.root.mkdir(parents=True)
    umask = os.umask(0o077)
    try:
        fill(other, ["./libs/tax  # ours", "", "cart"])
        for path in other.root.rglob("*"):
            os.utime(path, (1, 1))
        home = str(tmp_path / "home")
        there = {"HOME": home, "TZ": "Asia/Kathmandu", "LANG": "C", "PYTHONHASHSEED": "7"}
        second = built(other, **there, **{"INPUT_CACHE-DIR": str(tmp_path / "their-cache")})
    finally:
        os.umask(umask)
    assert {path.name: path.read_bytes() for path in (other.root / "zips").iterdir()} == second == first


def rows(checkout: Checkout, *arguments: str) -> list[dict[str, Any]]:
    """Return what a plan says of the layers."""
    output = checkout.run("plan", "--json", *arguments)
    found: list[dict[str, Any]] = json.loads(output[output.index("\n[") :])
    return found


def gains(index: Index) -> None:
    index.wheel("cart", "1.1", "till>=3", "new")
    index.wheel("till", "3.0")
    index.wheel("new", "1.0")


def withdraws(index: Index) -> None:
    gains(index)
    for name in ("cart", "till"):
        index.files[name][0].yanked = "it leaks"


@pytest.mark.parametrize("change", [gains, withdraws])
def test_what_happens_in_the_index_moves_nothing_until_somebody_asks(
    shop: Checkout, index: Index, change: Callable[[Index], None]
) -> None:
    shop.run("publish", "--yes")
    change(index)
    assert [row["affected"] for row in rows(shop)] == [False], "equal inputs"

    shop.write("layers/shop/requirements.txt", "cart>=1\n./libs/tax\n")
    shop.commit("Say it otherwise")
    assert [row["affected"] for row in rows(shop)] == [False], "resolved anew"

    index.wheel("extra", "1.0")
    shop.write("layers/shop/requirements.txt", "cart>=1\n./libs/tax\nextra\n")
    shop.commit("Ask for more")
    (row,) = rows(shop)
    assert row["affected"]
    assert "extra" in row["reason"]
    assert "cart" not in row["reason"]
    assert row["bump"] == "minor"

    (row,) = rows(shop, "--upgrade", "all")
    assert "cart 1.0" in row["reason"] or "till" in row["reason"]
