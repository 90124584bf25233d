"""The same layer made by this tool and by the two commands that everybody starts with, in one run on one machine."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from examples.demo.tool import Tool

_PLATFORMS: Final = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds for one layer, with nothing downloaded yet (cold) and once more (warm); the bytes of its zips."""

    layer: str
    how: str
    cold: float
    warm: float
    size: int


def measure(tool: Tool, folder: Path, layer: str, machines: Sequence[str], requirements: Sequence[str]) -> list[Timing]:
    """Build one layer, for all its machines, both ways, cold and warm."""
    zips = folder / f"zips-{layer}"
    build = ["build", "--layers", layer, "--all", "--dir", str(zips), "--cache-dir", str(folder / f"cache-{layer}")]

    def ours() -> int:
        tool.run(*build, quiet=True)
        return sum(path.stat().st_size for path in zips.glob("*.zip"))

    def theirs() -> int:
        return sum(_pip_and_zip(folder / f"pip-{layer}", machine, requirements) for machine in machines)

    return [
        _timed(layer, "lambda-layer-action build", ours),
        _timed(layer, "pip install --no-compile -t, zip -r9", theirs),
    ]


def _timed(layer: str, how: str, work: Callable[[], int]) -> Timing:
    started = time.monotonic()
    work()
    between = time.monotonic()
    size = work()
    return Timing(layer=layer, how=how, cold=between - started, warm=time.monotonic() - between, size=size)


def _pip_and_zip(folder: Path, machine: str, requirements: Sequence[str]) -> int:
    """Install for one machine and zip, as from nothing; return the size of the zip."""
    work = folder / machine
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    platforms = [word for tag in _PLATFORMS for word in ("--platform", f"{tag}_{machine}")]
    options = ["--no-warn-conflicts", "--python-version", "3.12", "--only-binary", ":all:", *platforms]
    places = ["--target", str(work / "python"), "--cache-dir", str(folder / "cache")]
    env = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
    subprocess.run(
        [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-compile", *places, *options, *requirements],
        env=env | {"PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=True,
    )
    _zip(work, work / "layer.zip")
    return (work / "layer.zip").stat().st_size


def _zip(folder: Path, archive: Path) -> None:
    if shutil.which("zip"):
        subprocess.run(["zip", "-r9q", archive.name, "python"], cwd=folder, check=True)
        return
    # No zip on this machine: Python's own at the same level takes about as long.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
        for path in sorted((folder / "python").rglob("*")):
            written.write(path, path.relative_to(folder))


def table(timings: Sequence[Timing]) -> list[str]:
    """Return the figures as lines of a table."""
    rows = [f"{'layer':<8}{'made by':<40}{'cold':>9}{'warm':>9}{'zips':>11}"]
    rows += [
        f"{timing.layer:<8}{timing.how:<40}{timing.cold:>7.1f} s{timing.warm:>7.1f} s{timing.size / 1e6:>8.2f} MB"
        for timing in timings
    ]
    return rows
