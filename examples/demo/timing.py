"""The same layer made by this tool and by the two commands that everybody starts with, in one run on one machine."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from examples.demo.tool import Tool

_PLATFORMS: Final = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds for one layer, with nothing downloaded yet (cold) and once more (warm); the size of the zip in bytes."""

    layer: str
    how: str
    cold: float
    warm: float
    size: int


def measure(tool: Tool, folder: Path, layer: str, artifact: str, requirements: Sequence[str]) -> tuple[Timing, Timing]:
    """Build one layer both ways, cold and warm. `artifact` is AWS's name of the layer."""
    cache, out = folder / f"cache-{layer}", folder / f"zips-{layer}"
    seconds = []
    for _ in ("cold", "warm"):
        tool.run("build", "--layers", layer, "--all", "--dir", str(out), "--cache-dir", str(cache), quiet=True)
        seconds.append(tool.seconds)
    ours = Timing(
        layer=layer, how="lambda-layer-action build", cold=seconds[0], warm=seconds[1],
        size=(out / f"{artifact}.zip").stat().st_size,
    )  # fmt: skip
    return ours, _pip(folder / f"pip-{layer}", layer, requirements)


def _pip(folder: Path, layer: str, requirements: Sequence[str]) -> Timing:
    archive = folder / "layer.zip"
    seconds = []
    for _ in ("cold", "warm"):
        shutil.rmtree(folder / "python", ignore_errors=True)
        archive.unlink(missing_ok=True)
        started = time.monotonic()
        platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
        env = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
        options = ["--no-warn-conflicts", "--python-version", "3.12", "--only-binary", ":all:", *platforms]
        places = ["--target", str(folder / "python"), "--cache-dir", str(folder / "cache")]
        subprocess.run(
            [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-compile", *places, *options, *requirements],
            env=env | {"PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            check=True,
        )
        _zip(folder, archive)
        seconds.append(time.monotonic() - started)
    return Timing(
        layer=layer,
        how="pip install --no-compile -t, zip -r9",
        cold=seconds[0],
        warm=seconds[1],
        size=archive.stat().st_size,
    )


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
    rows = [f"{'layer':<8}{'made by':<40}{'cold':>9}{'warm':>9}{'zip':>11}"]
    rows += [
        f"{timing.layer:<8}{timing.how:<40}{timing.cold:>7.1f} s{timing.warm:>7.1f} s{timing.size / 1e6:>8.2f} MB"
        for timing in timings
    ]
    return rows
