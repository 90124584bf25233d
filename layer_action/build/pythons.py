"""An interpreter of exactly one minor version: bytecode of another would be ignored, and a build may look at it."""

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from layer_action import certificates, process, strangers
from layer_action.errors import BuildError, DownloadError
from layer_action.exhausted import exhausted
from layer_action.model.target import Target

_TIMEOUT: Final = 30.0  # seconds, to answer
_DOWNLOAD_TIMEOUT: Final = 600.0
_FORGOTTEN_AFTER: Final = 3600.0
# where nobody answers, a build goes on with another Python
_IMPATIENT: Final = {"UV_HTTP_TIMEOUT": "15", "UV_HTTP_RETRIES": "1"}
_ASK: Final = "import sys; print('%s %d.%d' % (sys.implementation.name, *sys.version_info[:2]))"
_SHORT: Final = 12  # digits
_OTHERS_PASS: Final = 0o001
_OTHERS_WRITE: Final = 0o022


def python_of(target: Target, env: Mapping[str, str], *, unprivileged: bool) -> Path:
    """Return a CPython of the target's version: ours, one on PATH, or one that uv knows or fetches.

    With `unprivileged` it is one that the user of that name may run. Raises BuildError.
    """
    for python in _candidates(target, env):
        if version_of(python, env, unprivileged=unprivileged) == target.python:
            return Path(python)
    raise BuildError(
        f"Bytecode for {target.runtime} takes a Python {target.python}, and there is none.",
        hint=f"Install it first (in a workflow: actions/setup-python with python-version {target.python}), "
        "or set `bytecode: none`.",
    )


def _candidates(target: Target, env: Mapping[str, str]) -> Iterator[str]:
    yield sys.executable
    yield from on_path(f"python{target.python}", env)
    yield from known_to_uv(target, env)
    _of_uv(["python", "install", "--no-bin", target.python], env, _DOWNLOAD_TIMEOUT)
    yield from _of_uv(["python", "find", "--managed-python", target.python], env, _TIMEOUT)


def on_path(name: str, env: Mapping[str, str]) -> list[str]:
    """Return programs of a name in every folder of PATH: the first may be one that others cannot run."""
    folders = env.get("PATH", "").split(":")
    return [found for folder in folders if (found := shutil.which(name, path=folder))]


def known_to_uv(target: Target, env: Mapping[str, str]) -> list[str]:
    """Return the interpreter of the target's version that uv fetched for others before, if any."""
    return _of_uv(["python", "find", "--managed-python", "--no-python-downloads", target.python], env, _TIMEOUT)


def fetched(target: Target, env: Mapping[str, str], folder: Path) -> list[str]:
    """Return the interpreter of the target's version that uv fetches into a cache folder; it stays there.

    What could not be fetched is asked for again after an hour, or with other settings.
    """
    place = _place(folder)
    if place is None:
        return []
    pattern = f"cpython-{target.python}.*/bin/python{target.python}"
    asked = sha256(repr(sorted(_settings(env).items())).encode()).hexdigest()[:_SHORT]
    failed = place / f".{target.python}-not-to-be-had-{asked}"
    if not any(place.glob(pattern)) and not _is_recent(failed):
        _fetch(target.python, place, tuple(sorted(env.items())))
        if not any(place.glob(pattern)):
            with suppress(OSError):  # a cache that can only be read
                failed.touch()
    return [str(path) for path in sorted(place.glob(pattern))]


@cache
def _fetch(python: str, place: Path, env: tuple[tuple[str, str], ...]) -> None:
    """Let uv fetch an interpreter, or fail to: a run asks once."""
    command = ["python", "install", "--no-bin", "--install-dir", str(place), python]
    _of_uv(command, dict(env), _DOWNLOAD_TIMEOUT)


def _is_recent(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < _FORGOTTEN_AFTER
    except OSError:
        return False


def _place(folder: Path) -> Path | None:
    """Return where interpreters are kept: in the cache, or beside it where the unprivileged user cannot go there."""
    place = folder.resolve() / "pythons"
    is_private = not all(path.stat().st_mode & _OTHERS_PASS for path in place.parents if path.exists())
    elsewhere = strangers.may_drop_rights() and is_private
    if elsewhere:
        place = strangers.ground_of_strangers() / f"lambda-layer-pythons-{os.geteuid()}"
    try:
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError:
        return None
    # where everyone may write, somebody else may have made it
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE
    return place if is_ours or not elsewhere else None


def _of_uv(arguments: list[str], env: Mapping[str, str], timeout: float) -> list[str]:
    """Return the first line that a command of uv prints, nothing when it fails."""
    from uv import find_uv_bin  # noqa: PLC0415 - only who needs another version comes here

    try:
        settings = _settings(env) | certificates.for_uv(env)
        # a uv.toml or .venv of the checkout is a pull request's to write
        command = [find_uv_bin(), "--no-config", *arguments]
        done = process.run(command, env=settings, cwd=Path("/"), timeout=timeout)
    except (OSError, subprocess.TimeoutExpired, DownloadError) as error:
        if exhausted(error):
            raise
        return []
    return done.stdout.split("\n")[:1] if done.code == 0 else []


def _settings(env: Mapping[str, str]) -> dict[str, str]:
    chosen = {
        name: value
        for name, value in env.items()
        if name.startswith(("UV_PYTHON", "UV_HTTP")) or name in ("HOME", "UV_OFFLINE")
    }
    return _IMPATIENT | process.network_environment(env) | chosen


def version_of(python: str, env: Mapping[str, str], *, unprivileged: bool) -> str:
    """Return the version of a CPython, such as 3.12; "" where it does not run, or is another Python."""
    try:
        done = process.run(
            [python, "-I", "-S", "-c", _ASK],
            env=process.plain_environment(env),
            cwd=Path("/"),
            timeout=_TIMEOUT,
            unprivileged=unprivileged,
        )
    except (OSError, subprocess.SubprocessError) as error:
        if exhausted(error):
            raise
        return ""
    implementation, _, version = done.stdout.strip().partition(" ")
    return version if done.code == 0 and implementation == "cpython" else ""
