"""Interpreters of this machine, by language version."""

import shutil
import subprocess
from pathlib import Path


def interpreter(version: str) -> Path | None:
    """Return a Python of that version: on PATH, else one that pyenv installed; None where there is none."""
    if (found := shutil.which(f"python{version}")) and _runs(found):  # pyenv's shims of other versions do not
        return Path(found)
    if shutil.which("pyenv") is None:
        return None
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True).stdout.strip()
    return next(iter(sorted(Path(root).glob(f"versions/{version}.*/bin/python{version}"))), None)


def _runs(program: str) -> bool:
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0
