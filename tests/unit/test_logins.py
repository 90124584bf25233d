"""Who is logged in where: addresses, netrc, indexes and the keyring."""

import os
from pathlib import Path

import pytest

from layer_action.credentials import Credentials, file_of, without_login
from layer_action.errors import DownloadError, InputError
from layer_action.http import Http
from tests.standins.files import Files, serve
from tests.unit.getting import LOGIN, quick


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
