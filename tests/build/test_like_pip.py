"""Real wheels: the layer's tree is what pip installs."""

from pathlib import Path

import pytest

from tests.build.like_pip import difference, target

pytestmark = pytest.mark.index

SETS = [
    ("3.12", "x86_64", ["requests"]),
    ("3.12", "arm64", ["pydantic", "httpx"]),
    ("3.10", "x86_64", ["cryptography", "psycopg2-binary"]),
    ("3.13", "arm64", ["zope.interface", "setuptools", "docutils"]),
    ("3.9", "x86_64", ["numpy"]),
]


@pytest.mark.parametrize(("python", "architecture", "requirements"), SETS)
def test_a_layer_is_what_pip_installs(tmp_path: Path, python: str, architecture: str, requirements: list[str]) -> None:
    assert difference(requirements, target(python, architecture), tmp_path) == []
