"""The stand-in notices requests that GitHub would not understand."""

import pytest

from tests.standins.github.description import violation

JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/repos/octo/shop/issues/7/comments?per_page=100&page=2", b""),
        ("POST", "/repos/octo/shop/issues/7/comments", b'{"body": "x"}'),
        ("GET", "/repos/octo/shop/git/ref/heads/lambda-layers/pins", b""),
        ("GET", "/repos/octo/shop/compare/feature/x...main?per_page=1", b""),
        ("GET", "/repositories/1/releases", b""),
        ("DELETE", "/repos/octo/shop/releases/assets/5", b""),
    ],
)
def test_what_github_knows_is_allowed(method: str, target: str, body: bytes) -> None:
    assert violation(method, target, JSON, body) == ""


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/repos/octo/shop/issues/seven/comments", b""),
        ("GET", "/repos/octo/shop/issues/7/comments?per_page=200", b""),
        ("POST", "/repos/octo/shop/issues/7/comments", b'{"text": "x"}'),
        ("POST", "/repos/octo/shop/releases", b'{"tag_name": "v1", "make_latest": true}'),
        ("POST", "/repos/octo/shop/releases", b'{"tag_name": "v1", "tag": "v1"}'),
        ("POST", "/repos/octo/shop/releases", b"{}"),
        ("POST", "/repos/octo/shop/releases/5/assets", b"zip"),
        ("GET", "/repos/octo/shop/nonsense", b""),
        ("PUT", "/repos/octo/shop/issues/comments/5", b'{"body": "x"}'),
    ],
)
def test_what_github_does_not_know_is_a_violation(method: str, target: str, body: bytes) -> None:
    assert violation(method, target, JSON, body) != ""
