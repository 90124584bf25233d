"""The one GET, against a server on this machine."""

import io
import socket
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest
from urllib3.exceptions import MaxRetryError, SSLError

from layer_action.errors import DownloadError
from layer_action.http import Http
from layer_action.pace import Pace
from layer_action.pools import Pools, retrying
from tests.standins.files import Files
from tests.unit.getting import BODY, quick


def test_a_body_is_returned_whole(files: Files) -> None:
    assert quick().get(f"{files.url}/a.whl") == BODY


def test_a_download_fills_a_file(files: Files) -> None:
    into = io.BytesIO(b"what was there before")
    assert quick().download(f"{files.url}/a.whl", into) == len(BODY)
    assert into.getvalue() == BODY


@pytest.mark.parametrize("fault", [408, 429, 500, 503, 522, "cut"])
def test_a_passing_fault_is_tried_again(files: Files, fault: int | str) -> None:
    files.faults = [fault, fault]
    into = io.BytesIO()
    quick().download(f"{files.url}/a.whl", into)
    assert into.getvalue() == BODY
    assert len(files.requests) == 3


@pytest.mark.parametrize(("fault", "message"), [(503, "answers 503"), ("cut", "the connection broke")])
def test_a_lasting_fault_is_an_error(files: Files, fault: int | str, message: str) -> None:
    files.faults = [fault] * 9
    with pytest.raises(DownloadError, match=f"a.whl could not be downloaded: .*{message}"):
        quick().download(f"{files.url}/a.whl", io.BytesIO())


@pytest.mark.parametrize("fault", ["endless", "bomb"])
def test_a_body_without_end_is_not_read_to_its_end(files: Files, fault: str) -> None:
    files.faults = [fault, fault]
    with pytest.raises(DownloadError, match=r"a\.whl is larger than expected: more than 100000 bytes"):
        quick().get(f"{files.url}/a.whl", limit=100_000)
    if fault == "endless":
        with pytest.raises(DownloadError, match=r"a\.whl is larger than expected"):
            quick().download(f"{files.url}/a.whl", io.BytesIO(), limit=100_000)


@pytest.mark.parametrize("fault", ["drip", "drip head"])
def test_a_server_that_drips_is_asked_again_and_then_given_up(files: Files, fault: str) -> None:
    http = Http({}, attempts=2, backoff=0, pace=Pace(1000, 0.02))
    files.faults = [fault]
    assert http.get(f"{files.url}/small") == b"0123456789"
    files.faults = [fault] * 9
    for ask in (http.get, http.ranged):
        with pytest.raises(DownloadError, match=r"a\.whl could not be downloaded: the server does not answer in time"):
            ask(f"{files.url}/a.whl")


@pytest.mark.parametrize("fault", ["silent", "silent body"])
def test_a_server_that_is_silent_is_asked_again_and_then_by_nobody(files: Files, fault: str) -> None:
    http = Http({}, backoff=0, pace=Pace(0, 30.0, silence=0.03))
    files.faults = [fault, fault]
    assert http.get(f"{files.url}/small") == b"0123456789"
    files.faults = [fault] * 99
    for name in ("a.whl", "b.whl"):
        with pytest.raises(DownloadError, match=rf"{name} could not be downloaded: the server does not answer in time"):
            http.get(f"{files.url}/{name}")
    assert files.paths == ["/small"] * 3 + ["/a.whl"] * 4


@pytest.mark.parametrize("what", ["302", "404", "503", "chunk"])
def test_what_nobody_wants_is_not_read_to_its_end(files: Files, what: str) -> None:
    files.faults = [f"endless {what}"] * 2
    tracemalloc.start()
    try:
        with suppress(DownloadError):
            quick().get(f"{files.url}/a.whl", limit=1_000_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 << 20


def test_nobody_waits_for_as_long_as_a_server_may_ask() -> None:
    retries = retrying(3, 0)
    assert [retries.parse_retry_after(asked) for asked in ("5", "86400")] == [5, 60]


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    untrusted = SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    with pytest.raises(MaxRetryError):
        retrying(5, 0).increment("GET", "/", error=untrusted)
    assert retrying(5, 0).increment("GET", "/", error=SSLError("EOF")).total == 3


def test_a_redirection_to_what_is_no_address_is_an_error(files: Files) -> None:
    files.elsewhere = {"/small": "http://[::bad"}
    with pytest.raises(DownloadError, match="small could not be downloaded: its address is not one"):
        quick().get(f"{files.url}/small")


def test_a_missing_file_is_told_apart(files: Files) -> None:
    with pytest.raises(DownloadError) as caught:
        quick().get(f"{files.url}/b.whl")
    assert caught.value.status == 404
    assert len(files.requests) == 1


def test_what_is_missing_costs_no_new_connection(files: Files) -> None:
    http = quick()
    for name in ("a.whl.metadata", "b.whl.metadata", "small"):
        with suppress(DownloadError):
            http.get(f"{files.url}/{name}")
    assert files.connections == 1


def test_a_file_of_this_machine_is_read(tmp_path: Path) -> None:
    place = tmp_path / "a b.whl"
    place.write_bytes(BODY)
    url, into = place.as_uri(), io.BytesIO()
    quick().download(url, into)
    with quick().ranged(url) as local:
        assert local.read(3, 4) == BODY[3:7]
        assert local.size == len(BODY)
    assert quick().get(url) == into.getvalue() == BODY


def test_a_missing_file_of_this_machine_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"a\.whl cannot be read") as caught:
        quick().get((tmp_path / "a.whl").as_uri())
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:9/a.whl", "a.whl could not be downloaded: the server takes no connection"),
        ("ftp://index.example/a.whl", "of a kind that is not fetched"),
        ("http://index.example:x/a.whl", "malformed"),
    ],
)
def test_an_address_that_leads_nowhere_is_an_error_without_the_host(url: str, message: str) -> None:
    with pytest.raises(DownloadError, match=message) as caught:
        quick().get(url)
    assert "127.0.0.1" not in str(caught.value)


def test_a_server_that_took_no_connection_is_not_tried_again_for_the_next_file() -> None:
    http = quick()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(DownloadError, match=r"a\.whl .* takes no connection"):
            http.get(f"{address}/a.whl")
        server.listen()
        server.setblocking(False)
        with pytest.raises(DownloadError, match=r"b\.whl .* takes no connection"):
            http.get(f"{address}/b.whl")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_first_requests_side_by_side_share_one_pool() -> None:
    pools, start = Pools({}), Barrier(8)

    def ask(_: int) -> int:
        start.wait()
        return id(pools.to("http://127.0.0.1/"))

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
