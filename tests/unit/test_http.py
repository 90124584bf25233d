"""The one GET, against a server on this machine."""

import io
import os
import random
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest

from layer_action.credentials import Credentials, file_of, without_login
from layer_action.errors import DownloadError, InputError
from layer_action.http import Http
from layer_action.pace import Pace
from layer_action.pools import Pools, retrying
from tests.standins.certificates import Certificates, make_certificates
from tests.standins.files import Files, serve
from tests.standins.index import running_index

BODY = random.Random(1).randbytes(300_000)
LOGIN = "Basic dXNlcjpzZWNyZXQ="  # user:secret


def quick(env: dict[str, str] | None = None) -> Http:
    return Http(env or {}, attempts=3, backoff=0)


@pytest.fixture
def files() -> Iterator[Files]:
    with serve(Files(content={"/a.whl": BODY, "/small": b"0123456789"})) as served:
        yield served


def test_a_body_is_returned_whole(files: Files) -> None:
    assert quick().get(f"{files.url}/a.whl") == BODY


def test_a_download_fills_a_file(files: Files) -> None:
    into = io.BytesIO(b"what was there before")
    assert quick().download(f"{files.url}/a.whl", into) == len(BODY)
    assert into.getvalue() == BODY


@pytest.mark.parametrize("fault", [429, 500, 503, "cut"])
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


def test_a_range_that_is_answered_without_end_is_cut(files: Files) -> None:
    files.faults = ["endless", "endless"]
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert remote.size == len(remote.read(0, 100_000)) == 65_557


def test_a_range_is_held_once_while_it_is_read() -> None:
    size = 4 << 20  # as the directory of a wheel with forty thousand files
    content = {"/large": bytes(size + 100_000)}
    with serve(Files(content=content)) as files, quick().ranged(f"{files.url}/large") as remote:
        tracemalloc.start()
        try:
            assert len(remote.read(0, size)) == size
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 2.5 * size  # the server holds it too


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


def test_a_range_takes_one_request_and_the_tail_none(files: Files) -> None:
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert remote.size == len(BODY)
        assert remote.read(remote.size - 9, 100) == BODY[-9:]
        assert remote.read(5, 10) == BODY[5:15]
    assert [asked for _, asked in files.requests] == ["bytes=-65557", "bytes=5-14"]


def test_a_tail_that_was_let_go_is_asked_for_again(files: Files) -> None:
    with quick().ranged(f"{files.url}/a.whl") as remote:
        remote.let_go()
        assert remote.read(remote.size - 9, 100) == BODY[-9:]
    assert [asked for _, asked in files.requests] == ["bytes=-65557", "bytes=299991-299999"]


def test_a_file_shorter_than_the_tail_takes_one_request(files: Files) -> None:
    with quick().ranged(f"{files.url}/small") as remote:
        assert remote.read(0, 99) == b"0123456789"
    assert len(files.requests) == 1


def test_a_server_without_ranges_is_read_all_the_same(files: Files) -> None:
    files.ranges = False
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert (remote.size, remote.read(7, 3), remote.read(299_999, 5)) == (len(BODY), BODY[7:10], BODY[-1:])


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


def test_the_login_in_a_url_is_sent_and_never_shown(files: Files) -> None:
    files.authorization = LOGIN
    seen: list[str] = []
    url = files.url.replace("http://", "http://user:secret@")
    assert Http({}, mask=seen.append).get(f"{url}/small") == b"0123456789"
    assert seen == ["secret"]
    with pytest.raises(DownloadError) as caught:
        quick().get(f"{url}/none")
    assert "secret" not in f"{caught.value}{caught.value.hint}"


def test_the_login_of_an_index_serves_its_files(files: Files) -> None:
    files.authorization = LOGIN
    index = files.url.replace("http://", "http://user:secret@") + "/simple"
    assert quick({"PIP_EXTRA_INDEX_URL": f"http://other.example {index}"}).get(f"{files.url}/small")


def test_the_login_of_a_named_index_is_found(files: Files) -> None:
    files.authorization = LOGIN
    env = {
        "UV_INDEX": f"in-house={files.url}/simple",
        "UV_INDEX_IN_HOUSE_USERNAME": "user",
        "UV_INDEX_IN_HOUSE_PASSWORD": "secret",
    }
    assert quick(env).get(f"{files.url}/small")


def test_netrc_is_read(files: Files, tmp_path: Path) -> None:
    files.authorization = LOGIN
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert quick({"HOME": str(tmp_path)}).get(f"{files.url}/small")


def test_a_broken_netrc_is_an_error_that_quotes_nothing(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine index.example secret-word\n")
    with pytest.raises(InputError) as caught:
        quick({"NETRC": str(tmp_path / "netrc")}).get("http://index.example/a")
    assert "secret-word" not in str(caught.value)


def test_no_login_goes_to_another_host(files: Files) -> None:
    login = Credentials({"PIP_INDEX_URL": "https://user:secret@index.example/simple"}, mask=lambda _: None)
    assert login.split("https://files.example/a.whl") == ("https://files.example/a.whl", None)
    with serve(Files(content={}, elsewhere={"/a": f"{files.url}/small".replace("127.0.0.1", "localhost")})) as first:
        url = first.url.replace("http://", "http://user:secret@")
        assert quick().get(f"{url}/a") == b"0123456789"
    assert "Authorization" in first.headers[0]
    assert "Authorization" not in files.headers[0]


def test_a_proxy_is_used_and_its_exceptions_are_kept(files: Files) -> None:
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9"}
    with pytest.raises(DownloadError, match="the proxy cannot be used"):
        quick(proxy).get(f"{files.url}/small")
    assert quick({**proxy, "NO_PROXY": "index.example, 127.0.0.1"}).get(f"{files.url}/small")


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


def test_certificates_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"The certificates in .* cannot be read"):
        quick({"SSL_CERT_FILE": str(tmp_path / "none.pem")}).get("https://127.0.0.1:9/")


def test_what_a_message_says_of_a_url_holds_neither_host_nor_signature() -> None:
    assert file_of("https://u:p@index.example/x/a%2B1.whl?X-Amz-Signature=1#sha256=2") == "a+1.whl"
    assert without_login("https://u:p@index.example/x#y") == "https://index.example/x"


def test_of_two_logins_for_one_server_the_one_of_the_nearest_path_counts() -> None:
    credentials = Credentials({"UV_INDEX": "https://a:1@index.example/team/one/simple"}, mask=lambda _: None)
    credentials.learn("git+https://b:2@index.example/team/two.git@v1")
    for path, user in [("team/one/files/x.whl", "a"), ("team/two.git", "b"), ("elsewhere", "a")]:
        _, login = credentials.split(f"https://index.example/{path}")
        assert login is not None
        assert login.user == user


def test_one_that_gives_up_soon_knows_the_same_logins() -> None:
    told: list[str] = []
    http = Http({}, mask=told.append)
    http.credentials.learn("https://me:secret@index.example/simple")
    _, login = http.hasty().credentials.split("https://index.example/x.whl")
    assert login is not None
    assert told == ["secret"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def guarded(certificates: Certificates) -> Iterator[str]:
    with running_index(certificates.server_context(asks_client=True)) as index:
        index.wheel("cart", "1.0")
        yield f"{index.url}/cart/"


@pytest.mark.parametrize("name", ["SSL_CLIENT_CERT", "PIP_CLIENT_CERT"])
def test_a_client_certificate_is_shown(guarded: str, certificates: Certificates, name: str) -> None:
    trusted = {"SSL_CERT_FILE": str(certificates.authority), "NO_PROXY": "127.0.0.1"}
    assert b"cart-1.0" in quick({**trusted, name: str(certificates.client)}).get(guarded)


def test_without_a_client_certificate_the_way_out_is_told(certificates: Certificates) -> None:
    context = certificates.server_context(asks_client=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones tell it after the handshake, or never
    trusted = {"SSL_CERT_FILE": str(certificates.authority), "NO_PROXY": "127.0.0.1"}
    with (
        running_index(context) as index,
        pytest.raises(DownloadError, match="breaks the secure connection off") as caught,
    ):
        quick(trusted).get(index.url)
    assert "SSL_CLIENT_CERT" in caught.value.hint


def test_a_server_of_an_unknown_authority_is_not_trusted(guarded: str, certificates: Certificates) -> None:
    with pytest.raises(DownloadError, match="certificate is not trusted"):
        quick({"SSL_CERT_FILE": str(certificates.client), "NO_PROXY": "127.0.0.1"}).get(guarded)


def test_a_client_certificate_that_cannot_be_used_is_an_error(certificates: Certificates) -> None:
    with pytest.raises(DownloadError, match=r"client certificate .* cannot be used"):
        quick({"SSL_CLIENT_CERT": str(certificates.authority)}).get("https://127.0.0.1:9/x")


def keyring_in(folder: Path, text: str) -> dict[str, str]:
    program = folder / "keyring"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "UV_KEYRING_PROVIDER": "subprocess"}


def test_the_keyring_gives_the_password_of_a_user_once(files: Files, tmp_path: Path) -> None:
    files.authorization = LOGIN
    index = files.url.replace("http://", "http://user@") + "/simple"
    asked = tmp_path / "asked"
    env = keyring_in(tmp_path, f'echo "$*" >> {asked}; [ "$2" = "{files.url.removeprefix("http://")}" ] && echo secret')
    seen: list[str] = []
    http = Http({**env, "UV_DEFAULT_INDEX": index}, mask=seen.append)
    assert http.get(f"{files.url}/small") == http.get(f"{files.url}/small") == b"0123456789"
    assert set(seen) == {"secret"}
    assert asked.read_text().splitlines() == [
        f"get {files.url}/simple user",
        f"get {files.url.removeprefix('http://')} user",
    ]


def test_a_keyring_that_nobody_asked_for_is_not_started(files: Files, tmp_path: Path) -> None:
    env = {**keyring_in(tmp_path, f"touch {tmp_path}/started"), "UV_KEYRING_PROVIDER": "disabled"}
    assert quick(env).get(f"{files.url.replace('http://', 'http://user@')}/small") == b"0123456789"
    assert not (tmp_path / "started").exists()


def test_a_keyring_that_is_missing_is_told(files: Files, tmp_path: Path) -> None:
    http = quick({"PATH": str(tmp_path), "PIP_KEYRING_PROVIDER": "subprocess"})
    with pytest.raises(InputError, match="keyring is missing"):
        http.get(f"{files.url.replace('//', '//me@')}/small")


def test_a_user_that_looks_like_an_option_is_not_given_to_the_keyring(files: Files, tmp_path: Path) -> None:
    env = keyring_in(tmp_path, f"touch {tmp_path}/started")
    assert quick(env).get(f"{files.url.replace('//', '//--help@')}/small") == b"0123456789"
    assert not (tmp_path / "started").exists()
