"""A Python that the unprivileged user may run: whoever builds sources must not be us."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layer_action import process
from layer_action.errors import BuildError
from layer_action.model.target import Target

_OLDEST: Final = (3, 10)  # that pip itself runs on
_TIMEOUT: Final = 30.0  # seconds
_ASK: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


def builder_python(target: Target, env: Mapping[str, str]) -> Path:
    """Return an interpreter for builds: the target's version if found, else ours, else any. Raises BuildError."""
    path = env.get("PATH", "")
    exact = [f"python{target.python}"] if target.python_version >= _OLDEST else []
    for python in (*_everywhere(exact, path), sys.executable, *_everywhere(["python3"], path)):
        if _version(python, env):
            return Path(python)
    raise BuildError(
        "No Python can be run by the unprivileged user who builds sources.",
        hint="Install one outside of a private home folder, such as /usr/bin/python3, or run as an ordinary user.",
    )


def pip_folder() -> Path:
    """Return the folder of our pip, which any interpreter can run. Raises BuildError."""
    found = importlib.util.find_spec("pip")
    if found is None or found.origin is None:
        raise BuildError("The program pip is missing.", hint="Install it beside this program: `pip install pip`.")
    return Path(found.origin).parent


def _everywhere(names: list[str], path: str) -> list[str]:
    """Return programs of a name in every folder of PATH: the first may be one that others cannot run."""
    return [found for folder in path.split(":") for name in names if (found := shutil.which(name, path=folder))]


def _version(python: str, env: Mapping[str, str]) -> tuple[int, int] | None:
    with process.folder_of_strangers() as folder:
        process.give_away(folder)
        try:
            done = process.run(
                [python, "-I", "-S", "-c", _ASK],
                env=process.plain_environment(env),
                cwd=folder,
                timeout=_TIMEOUT,
                unprivileged=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
    major, _, minor = done.stdout.strip().partition(".")
    version = (int(major), int(minor)) if done.code == 0 and major.isdecimal() and minor.isdecimal() else None
    return version if version and version >= _OLDEST else None
