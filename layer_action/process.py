"""The one place that starts other programs: always a list, always a constructed environment."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from layer_action.record import field, record
from layer_action.strangers import NOBODY, may_drop_rights, runs_as

# Settings of networks, certificates and indexes that a resolver or downloader needs. Never a secret of AWS or GitHub.
PLAIN: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
NETWORK: Final = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
)
INDEX: Final = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "NETRC",
    # netrc lives below it, and what a keyring keeps
    "HOME",
    "UV_KEYRING_PROVIDER",
    "PIP_KEYRING_PROVIDER",
    "PYTHON_KEYRING_BACKEND",
    "SSL_CLIENT_CERT",
    "PIP_CLIENT_CERT",
    # whether to trust what the machine trusts
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    # how long to wait for an answer, and how often to ask again
    "UV_HTTP_TIMEOUT",
    "UV_HTTP_RETRIES",
)
INDEX_PREFIX: Final = "UV_INDEX"
_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h
_MOST_ROUNDS: Final = 1000
_LONGEST_LINE: Final = 400  # characters
_STEERING: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOST_KEPT: Final = 1 << 18  # bytes of what a program of strangers prints, from its end


@record
class Completed:
    """How a program ended."""

    code: int
    stdout: str
    stderr: str


@record(frozen=False, kw_only=False)
class _Children:
    """The programs that run now, how many of them are of strangers; once all were ended, no other begins.

    Who holds `lock` sees no child that is not in `running` but is about to be.
    """

    running: set["subprocess.Popen[str]"] = field(default_factory=set)
    strangers: int = 0
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_CHILDREN: Final = _Children()


@contextmanager
def may_be_ended() -> Iterator[None]:
    """Let `end_all` be called inside; afterwards programs may run again."""
    try:
        yield
    finally:
        _CHILDREN.over = False


def end_all() -> None:
    """End every program that runs, with what it started itself; whoever waits for one gets KeyboardInterrupt.

    To be called when a person, or the runner, wants this process to end: other threads would wait for minutes.
    """
    _CHILDREN.over = True
    for child in tuple(_CHILDREN.running):
        _end(child)


def plain_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return what any program needs and none can misuse."""
    return {name: env[name] for name in PLAIN if env.get(name)}


def network_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return `plain_environment` and the way out to the network, without index credentials."""
    return plain_environment(env) | {name: env[name] for name in NETWORK if env.get(name)}


def index_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return `network_environment` and the index settings, by allow-list (design §5)."""
    chosen = {name: value for name, value in env.items() if value and (name in INDEX or name.startswith(INDEX_PREFIX))}
    return network_environment(env) | chosen


def run(  # noqa: PLR0913 - as many as a program has settings
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout: float,
    unprivileged: bool = False,
    user: int = NOBODY,
    stdin: str = "",
    into: BinaryIO | None = None,
) -> Completed:
    """Run a program to its end and return its output as text; what may be long is written to a file, `into`.

    `env` is the whole environment. With `unprivileged` a root process becomes `user` first: what it starts can then
    read neither our memory nor /proc/1/environ; `cwd` and whatever it writes must belong to that user (`give_away`).
    Of what it prints only the end is kept, and what it leaves running is ended.
    Raises subprocess.TimeoutExpired after `timeout` seconds, FileNotFoundError when there is no such program.
    """
    rights = {"user": user, "group": user, "extra_groups": []} if unprivileged and may_drop_rights() else {}
    with ExitStack() as stack:
        # a pipe is full of whatever somebody prints, and open for as long as somebody holds it
        files = [stack.enter_context(_file()) for _ in range(2)] if unprivileged else []
        if unprivileged:
            stack.enter_context(_swept(user))
        with _CHILDREN.lock:
            child: subprocess.Popen[str] = subprocess.Popen(
                [str(part) for part in command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=files[0] if files else into or subprocess.PIPE,
                stderr=files[1] if files else subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # so that what it starts can be ended with it
                **rights,  # type: ignore[call-overload]
            )
            _CHILDREN.running.add(child)
        with child, _counted(child):
            try:
                stdout, stderr = child.communicate(stdin, timeout=timeout)
            except BaseException:
                _end(child)
                raise
            if unprivileged:
                _end(child)
                stdout, stderr = map(_last, files)
    if _CHILDREN.over:
        raise KeyboardInterrupt
    return Completed(code=child.returncode, stdout=stdout or "", stderr=stderr)


@contextmanager
def answering(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> Iterator[Callable[[str], str]]:
    """Start a program that answers a line by a line, and end it afterwards; of one that is over the answer is "".

    Raises OSError when there is no such program.
    """
    with _CHILDREN.lock:
        child: subprocess.Popen[str] = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            start_new_session=True,
        )
        _CHILDREN.running.add(child)
    asked, answered = cast("TextIO", child.stdin), cast("TextIO", child.stdout)

    def ask(line: str) -> str:
        with suppress(BrokenPipeError):
            print(line, file=asked, flush=True)
        return answered.readline().rstrip("\n")

    with child, _counted(child):
        try:
            yield ask
        finally:
            _end(child)
            with suppress(BrokenPipeError):
                asked.close()


def _file() -> BinaryIO:
    import tempfile  # noqa: PLC0415 - few runs start a program of strangers

    return cast("BinaryIO", tempfile.TemporaryFile())


def _last(file: BinaryIO) -> str:
    """Return the last of what a program wrote into a file, from a line's beginning."""
    start = max(0, file.seek(0, os.SEEK_END) - _MOST_KEPT)
    file.seek(start)
    text = file.read(_MOST_KEPT).decode("utf-8", "replace")
    return (text.partition("\n")[2] or text) if start else text


def last_words(said: str, lines: int) -> str:
    """Return the last lines of what a program printed, to be quoted: cut, and without what steers a terminal."""
    plain = (_STEERING.sub("", line)[:_LONGEST_LINE] for line in said.splitlines()[-lines:])
    return "\n".join(f"  | {line}" for line in plain)


@contextmanager
def _counted(child: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        if _CHILDREN.over:
            _end(child)
        yield
    finally:
        _CHILDREN.running.discard(child)


def _end(child: "subprocess.Popen[str]") -> None:
    """End a program and all of its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


@contextmanager
def _swept(user: int) -> Iterator[None]:
    """End what a program of strangers left behind, also what made itself a session of its own.

    Whoever loses its parent meanwhile becomes our child: nothing can run away from that. While several such programs
    run its user tells whose child it is; where that is no other's either, the last of them sweeps for all.
    """
    with _CHILDREN.lock:
        _CHILDREN.strangers += 1
        _adopt_orphans(yes=True)
    try:
        yield
    finally:
        with _CHILDREN.lock:
            _CHILDREN.strangers -= 1
        # a child whose parent was ended is found in the next round
        for _ in range(_MOST_ROUNDS):
            if not _end_orphans(user):
                break
        with _CHILDREN.lock:
            _adopt_orphans(yes=_CHILDREN.strangers > 0)  # a daemon that git starts for itself is none of our business


def _adopt_orphans(*, yes: bool) -> None:
    with suppress(AttributeError, OSError):  # a system without it
        import ctypes  # noqa: PLC0415 - few runs start a program of strangers

        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)


def _end_orphans(user: int) -> bool:
    """End our children whom we did not start; tell whether there were any. Others' strangers may run yet."""
    ended = []
    with _CHILDREN.lock:
        started = {child.pid for child in _CHILDREN.running}
        for pid in _orphans():
            if pid not in started and (not _CHILDREN.strangers or runs_as(pid, user)):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                    ended.append(pid)
    for pid in ended:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return bool(ended)


def _orphans() -> Iterator[int]:
    """Yield our children in other sessions: what libraries start is in ours."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # pid (name) state parent group session …; a name may hold anything
            _, parent, _, session = path.read_text(errors="replace").rpartition(")")[2].split()[:4]
            if int(parent) == os.getpid() and int(session) != os.getsid(0):
                yield int(path.parent.name)
