"""Golden files: what users read, kept beside the tests and reviewed like documentation."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name, or write it when asked to."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.is_file(), f"{name} is missing: run pytest with --update-golden and read what it writes"
        assert text == file.read_text(encoding="utf-8")

    return compare
