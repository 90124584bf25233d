"""An interpreter of exactly one minor version: bytecode of another would be ignored."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from layer_action import process
from layer_action.errors import BuildError
from layer_action.model.target import Target

_TIMEOUT: Final = 30.0  # seconds, to answer
_DOWNLOAD_TIMEOUT: Final = 600.0
_ASK: Final = "import sys; print('%s %d.%d' % (sys.implementation.name, *sys.version_info[:2]))"


def python_of(target: Target, env: Mapping[str, str], *, unprivileged: bool) -> Path:
    """Return a CPython of the target's version: ours, one on PATH, or one that uv knows or fetches.

    With `unprivileged` it is one that the user of that name may run. Raises BuildError.
    """
    for python in _candidates(target, env):
        if _answers(python, target, env, unprivileged=unprivileged):
            return Path(python)
    raise BuildError(
        f"Bytecode for {target.runtime} takes a Python {target.python}, and there is none.",
        hint=f"Install it first (in a workflow: actions/setup-python with python-version {target.python}), "
        "or set `bytecode: none`.",
    )


def _candidates(target: Target, env: Mapping[str, str]) -> Iterator[str]:
    yield sys.executable
    name = f"python{target.python}"
    for folder in env.get("PATH", "").split(":"):
        if found := shutil.which(name, path=folder):
            yield found
    yield from _of_uv(["python", "find", "--no-python-downloads", target.python], env, _TIMEOUT)
    _ = list(_of_uv(["python", "install", "--no-bin", target.python], env, _DOWNLOAD_TIMEOUT))
    yield from _of_uv(["python", "find", "--managed-python", target.python], env, _TIMEOUT)


def _of_uv(arguments: list[str], env: Mapping[str, str], timeout: float) -> list[str]:
    """Return the lines that a command of uv prints, none when it fails."""
    from uv import find_uv_bin  # noqa: PLC0415 - only bytecode for another version comes here

    chosen = {
        name: value for name, value in env.items() if name.startswith("UV_PYTHON") or name in ("HOME", "UV_OFFLINE")
    }
    settings = process.network_environment(env) | chosen
    try:
        done = process.run([find_uv_bin(), *arguments], env=settings, cwd=Path.cwd(), timeout=timeout)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split("\n")[:1] if done.code == 0 else []


def _answers(python: str, target: Target, env: Mapping[str, str], *, unprivileged: bool) -> bool:
    try:
        done = process.run(
            [python, "-I", "-S", "-c", _ASK],
            env=process.plain_environment(env),
            cwd=Path("/"),
            timeout=_TIMEOUT,
            unprivileged=unprivileged,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.code == 0 and done.stdout.strip() == f"cpython {target.python}"
