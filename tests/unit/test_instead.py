"""What came instead of a wheel."""

import gzip

import pytest

from layer_action.build.wheels.instead import instead


@pytest.mark.parametrize(
    ("content", "expected", "says"),
    [
        (b"", 100, "empty"),
        (b"\n<!DOCTYPE html><title>Log in</title>", 100, "a page, not a wheel"),
        (b'{"error": "log in"}', None, "a page, not a wheel"),
        (gzip.compress(b"PK", mtime=0), 100, "compressed with gzip"),
        (b"PK\3\4...", 100, "Of its 100 bytes 7 came."),
        (b"PK\3\4...", 5, "7 bytes came, not 5."),
    ],
)
def test_what_came_is_told(content: bytes, expected: int | None, says: str) -> None:
    assert says in instead(content, len(content), expected)


@pytest.mark.parametrize("expected", [7, None])
def test_another_wheel_is_not_accused_of_more(expected: int | None) -> None:
    assert instead(b"PK\3\4...", 7, expected) == ""
