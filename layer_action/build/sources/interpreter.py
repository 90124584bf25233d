"""A Python that the unprivileged user may run: whoever builds sources must not be us."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from layer_action import process
from layer_action.build.pythons import fetched, known_to_uv, on_path, version_of
from layer_action.errors import BuildError
from layer_action.model.target import Target
from layer_action.record import record

_OLDEST: Final = (3, 10)  # that our pip itself runs on
_TIMEOUT: Final = 60.0  # seconds


@record
class Interpreter:
    """A Python that builds. `version` is such as 3.12, `pip` the command that runs pip with it."""

    version: str
    pip: tuple[str, ...]

    def running(self, launcher: str) -> tuple[str, ...]:
        """Return the command that lets a script run pip."""
        python, isolated, *pip = self.pip
        return (python, isolated, launcher, *pip)


def any_python(target: Target, env: Mapping[str, str]) -> Interpreter:
    """Return an interpreter that builds: the target's version if it is on PATH, else ours, else any.

    Raises BuildError.
    """
    named = on_path(f"python{target.python}", env)
    for python in (*named, sys.executable, *on_path("python3", env)):
        if (version := version_of(python, env, unprivileged=True)) and _is_new(version):
            return Interpreter(version=version, pip=(python, "-I", str(_pip_folder())))
    raise BuildError(
        "No Python can be run by the unprivileged user who builds sources.",
        hint="Install one outside of a private home folder, such as /usr/bin/python3, or run as an ordinary user.",
    )


def python_for(target: Target, env: Mapping[str, str], folder: Path) -> Interpreter:
    """Return an interpreter of the target's version: of this machine, or fetched into a cache folder; else any.

    Raises BuildError.
    """
    return _python_for(target.python, target, tuple(sorted(env.items())), folder)


@cache
def _python_for(python: str, target: Target, env: tuple[tuple[str, str], ...], folder: Path) -> Interpreter:
    for found in _exact(target, dict(env), folder):
        if version_of(found, dict(env), unprivileged=True) != python:
            continue
        if _is_new(python):
            return Interpreter(version=python, pip=(found, "-I", str(_pip_folder())))
        if _has_pip(found, dict(env)):
            return Interpreter(version=python, pip=(found, "-I", "-m", "pip"))
    return any_python(target, dict(env))


def _exact(target: Target, env: Mapping[str, str], folder: Path) -> Iterator[str]:
    yield from on_path(f"python{target.python}", env)
    yield sys.executable
    yield from known_to_uv(target, env)
    yield from fetched(target, env, folder)


def _pip_folder() -> Path:
    """Return the folder of our pip, which any interpreter can run. Raises BuildError."""
    found = importlib.util.find_spec("pip")
    if found is None or found.origin is None:
        raise BuildError("The program pip is missing.", hint="Install it beside this program: `pip install pip`.")
    return Path(found.origin).parent


def _is_new(version: str) -> bool:
    return tuple(map(int, version.split("."))) >= _OLDEST


def _has_pip(python: str, env: Mapping[str, str]) -> bool:
    command = [python, "-I", "-m", "pip", "--version"]
    plain = process.plain_environment(env)
    try:
        return process.run(command, env=plain, cwd=Path("/"), timeout=_TIMEOUT, unprivileged=True).code == 0
    except (OSError, subprocess.SubprocessError):
        return False
