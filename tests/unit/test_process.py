"""Programs of strangers, and what they leave behind."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from layer_action import process, strangers


def strange(script: str) -> process.Completed:
    env = {"PATH": "/usr/bin:/bin"}
    return process.run(["sh", "-c", script], env=env, cwd=Path("/"), timeout=30, unprivileged=True)


def test_of_what_a_stranger_prints_the_end_is_kept() -> None:
    done = strange("head -c 3000000 /dev/zero | tr '\\0' y; echo; echo last words; echo and more >&2; exit 3")
    assert done == process.Completed(code=3, stdout="last words\n", stderr="and more\n")


@pytest.mark.parametrize(
    "script",
    ["sleep 60 & echo $!", "setsid sleep 60 & echo $!", "setsid sh -c 'setsid sleep 60 & echo $!; exec sleep 60' &"],
)
def test_what_a_stranger_leaves_running_is_ended_and_not_waited_for(script: str) -> None:
    begun = time.monotonic()
    left = strange(f"{script}\nsleep 0.1").stdout.strip()
    assert left.isdecimal()
    assert not Path(f"/proc/{left}").exists()
    assert time.monotonic() - begun < 10


def test_what_others_leave_running_is_none_of_our_business() -> None:
    strange("true")
    env = {"PATH": "/usr/bin:/bin"}
    script = "setsid sleep 60 >/dev/null 2>&1 & echo $!"
    left = process.run(["sh", "-c", script], env=env, cwd=Path("/"), timeout=30).stdout.strip()
    try:
        strange("true")
        assert Path(f"/proc/{left}").exists()
    finally:
        os.kill(int(left), signal.SIGKILL)


def test_a_stranger_is_told_what_it_asks_for() -> None:
    assert process.run(
        ["cat"], env={"PATH": "/usr/bin:/bin"}, cwd=Path("/"), timeout=30, unprivileged=True, stdin="né\n"
    ) == process.Completed(code=0, stdout="né\n", stderr="")


def test_what_is_quoted_of_a_stranger_is_short_and_steers_no_terminal() -> None:
    said = "first\n\x1b[31mred\x1b[0m and \x1b]0;title\x07 set\n" + "y" * 1000
    assert process.last_words(said, 2) == f"  | red and ]0;title set\n  | {'y' * 400}"


def test_how_long_an_index_is_waited_for_reaches_uv_and_no_secret_does() -> None:
    env = {"UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "0", "UV_PUBLISH_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "x"}
    assert process.index_environment(env) == {"UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "0"}


def test_a_stranger_can_reach_its_folder_wherever_temporary_files_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with strangers.folder_of_strangers() as folder:
        strangers.give_away(folder)
        env = {"PATH": "/usr/bin:/bin"}
        done = process.run(["touch", folder / "here"], env=env, cwd=Path("/"), timeout=30, unprivileged=True)
        assert done.code == 0, done.stderr


@pytest.mark.skipif(not strangers.may_drop_rights(), reason="only root can run programs as several users")
def test_what_strangers_of_one_source_do_reaches_no_other() -> None:
    env = {"PATH": "/usr/bin:/bin"}
    with ExitStack() as stack:
        victim, evil = (stack.enter_context(strangers.folder_of_strangers()) for _ in range(2))
        user, other = (stack.enter_context(strangers.user_of_strangers()) for _ in range(2))
        (victim / "source.py").touch()
        strangers.give_away(victim, user)
        strangers.give_away(evil, other)
        run = partial(process.run, env=env, timeout=30, unprivileged=True)
        spoil = ["sh", "-c", f"ls {victim} || echo evil >> {victim}/source.py"]
        assert run(spoil, cwd=evil, user=other).code != 0
        assert run(["rm", "source.py"], cwd=victim, user=user).code == 0


@pytest.mark.skipif(not strangers.may_drop_rights(), reason="only root can run programs as several users")
def test_what_a_stranger_leaves_running_is_ended_while_others_run() -> None:
    env = {"PATH": "/usr/bin:/bin"}
    leave = "setsid sleep 60 & echo $!; sleep 0.1"
    with ThreadPoolExecutor() as pool, strangers.user_of_strangers() as one, strangers.user_of_strangers() as two:
        run = partial(process.run, env=env, cwd=Path("/"), timeout=30, unprivileged=True)
        other = pool.submit(run, ["sleep", "2"], user=two)
        left = int(run(["sh", "-c", leave], user=one).stdout)
        assert not other.done()
        assert not Path(f"/proc/{left}").exists()
        assert other.result().code == 0


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        ("000001ffffffffff", []),
        ("00000000a80425fa", ["CHOWN"]),
        ("0000000000000000", ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"]),
    ],
)
def test_a_root_without_the_rights_to_change_the_user_is_known_by_its_capabilities(
    held: str, lacking: list[str]
) -> None:
    assert strangers.lacking_rights(f"Name:\tpython\nCapPrm:\t{held}\nCapEff:\t{held}\n") == lacking


@pytest.mark.parametrize(
    ("uid_map", "has"),
    [
        ("         0          0 4294967295\n", True),
        ("         0       1000          1\n", False),
        ("         0       1000          1\n         1     100000      65536\n", True),
        ("         0       1000          1\n         1     100000        999\n", False),
        ("", True),
    ],
)
def test_root_of_a_namespace_without_other_users_is_an_ordinary_user(uid_map: str, has: bool) -> None:
    assert strangers.has_users(uid_map) is has


def test_where_nothing_is_said_of_capabilities_root_has_them() -> None:
    assert strangers.lacking_rights("") == []
