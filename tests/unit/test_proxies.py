"""Proxies, and the servers that are reached without them."""

import pytest

from layer_action.errors import DownloadError
from layer_action.proxies import proxy_for
from tests.standins.files import Files
from tests.unit.getting import quick

PROXY = {"HTTP_PROXY": "http://127.0.0.1:9"}


def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(files: Files) -> None:
    with pytest.raises(DownloadError, match=r"small could not be downloaded: the proxy of HTTP_PROXY cannot be used"):
        quick(PROXY).get(f"{files.url}/small")


DIRECT = ["127.0.0.1", "index.example, 127.0.0.1", "127.0.0.0/8", "10.0.0.0/8,127.0.0.1/32", "*", "a, *"]


@pytest.mark.parametrize("exempt", DIRECT)
def test_what_needs_no_proxy_is_reached_without(files: Files, exempt: str) -> None:
    assert quick({**PROXY, "NO_PROXY": exempt}).get(f"{files.url}/small")


@pytest.mark.parametrize(
    ("host", "exempt", "direct"),
    [
        ("index.example", "INDEX.Example", True),
        ("own.index.example", ".index.example", True),
        ("own.index.example", "index.example", True),
        ("theindex.example", "index.example", False),
        ("index.example:8080", "index.example:8080", True),
        ("index.example:8081", "index.example:8080", False),
        ("[fd00::1]:8080", "fd00::/8", True),
        ("10.1.2.3", "10.2.0.0/16, 10.1.0.0/300", False),
        ("index.example", "10.0.0.0/8", False),
        ("index.example", "", False),
    ],
)
def test_a_server_is_exempt_by_name_end_of_a_name_port_or_network(host: str, exempt: str, *, direct: bool) -> None:
    found = proxy_for({**PROXY, "NO_PROXY": exempt}, f"http://{host}/simple")
    assert (found.variable, found.address) == (("", "") if direct else ("HTTP_PROXY", "http://127.0.0.1:9"))


@pytest.mark.parametrize("address", ["socks5://me:secret@127.0.0.1:1", "http://:::", "http://", "://x"])
def test_a_proxy_that_is_none_is_told_by_its_variable_without_the_login(files: Files, address: str) -> None:
    with pytest.raises(DownloadError, match=r"^ALL_PROXY names no proxy by http: or https:") as caught:
        quick({"ALL_PROXY": address}).get(f"{files.url}/small")
    assert "secret" not in str(caught.value)


def test_a_proxy_may_be_named_without_its_scheme() -> None:
    found = proxy_for({"all_proxy": "127.0.0.1:9"}, "https://index.example/small")
    assert found.address == "http://127.0.0.1:9"
