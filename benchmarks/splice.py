"""Building a layer: the splice beside `pip install -t` + `zip -r9`, uv + `zip -r9`, and a plain copying loop.

Every round runs each variant in turn; ratios are taken round by round, and the median is shown (least - greatest).
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.clock import Sample, timed
from benchmarks.workloads import WORKLOADS

_ROOT: Final = Path(__file__).parents[1]
_STEPS: Final = _ROOT / "benchmarks" / "steps"


_LEFT_OUT: Final = ("PIP_FIND_LINKS", "PIP_CONSTRAINT", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")


class Variants:
    """The ways to build one workload, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Use a folder that is prepared."""
        self.folder = folder
        self.env = environment(folder)

    def pip(self, *, cold: bool) -> Sample:
        """Time `pip install -t` from the requirements, then `zip -r9`."""
        options = ["--no-cache-dir"] if cold else []
        install = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", "python", "-r"]
        return self._installed([*install, str(self.folder / "requirements.in")], "pip")

    def uv(self) -> Sample:
        """Time `uv pip install --target` from a hashed lock with a warm cache, then `zip -r9`."""
        uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--target", "python", "--python", sys.executable, "-r"]
        return self._installed([*install, str(self.folder / "locked.txt")], "uv")

    def splice(self, *, cold: bool) -> Sample:
        """Time a build in a fresh process; cold: with an empty cache (the wheels come from this disk)."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        if cold:
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
        return timed(step("build_layer", self.folder), env=self.env, cwd=self.folder)

    def loop(self) -> Sample:
        """Time reading, hashing and writing the same bytes in a fresh process."""
        (self.folder / "out" / "loop").unlink(missing_ok=True)
        return timed(step("copy_loop", self.folder), env=self.env, cwd=self.folder)

    def _installed(self, command: Sequence[str], name: str) -> Sample:
        tree = self.folder / name
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir()
        zipping = ["zip", "-q", "-r9", "layer.zip", "python"] if shutil.which("zip") else step("zip_tree", tree)
        return timed(command, env=self.env, cwd=tree) + timed(zipping, env=self.env, cwd=tree)


def step(name: str, folder: Path) -> list[str]:
    """Return the command of a step, a process of its own."""
    return [sys.executable, str(_STEPS / f"{name}.py"), str(folder)]


def environment(folder: Path) -> Mapping[str, str]:
    """Return this environment without this machine's settings of pip, with bytecode, and uv's cache in the folder."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PYTHONPATH": str(_ROOT),
    }


def run(base: Path, rounds: int, names: Sequence[str]) -> None:
    """Measure the workloads and print a table."""
    print(f"\nBuilding a layer: {rounds} rounds; seconds are medians, ratios are median (least - greatest)\n")
    for name in names:
        folder = base / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "requirements.in").write_text("\n".join(WORKLOADS[name]) + "\n")
        if not (folder / "locked.json").is_file():
            timed(step("prepare", folder), env=environment(folder), cwd=folder)
        _print(name, folder, _measured(Variants(folder), rounds))


def _measured(variants: Variants, rounds: int) -> dict[str, list[Sample]]:
    steps: dict[str, Callable[[], Sample]] = {
        "pip cold + zip": lambda: variants.pip(cold=True),
        "pip warm + zip": lambda: variants.pip(cold=False),
        "uv warm + zip": variants.uv,
        "splice cold": lambda: variants.splice(cold=True),
        "splice": lambda: variants.splice(cold=False),
        "copying loop": variants.loop,
    }
    for warm_up in ("pip warm + zip", "uv warm + zip", "splice cold", "splice", "copying loop"):
        steps[warm_up]()
    found: dict[str, list[Sample]] = {step: [] for step in steps}
    for _ in range(rounds):
        for step, measure in steps.items():
            found[step].append(measure())
    return found


def _print(name: str, folder: Path, found: Mapping[str, Sequence[Sample]]) -> None:
    wheels = list((folder / "wheels").glob("*.whl"))
    print(f"{name}: {len(wheels)} wheels, {sum(wheel.stat().st_size for wheel in wheels) / 1e6:.1f} MB")
    print(f"  {'':16} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}   times the splice's wall time")
    for step, samples in found.items():
        splices = found["splice cold" if "cold" in step else "splice"]
        ratios = [sample.wall / splice.wall for sample, splice in zip(samples, splices, strict=True)]
        beside = f"{median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
        middle = [median(values) for values in zip(*samples, strict=True)]
        print(f"  {step:16} {middle[0]:8.3f} {middle[1]:8.3f} {middle[2]:9.1f}   {beside}")
    inside = [splice.inside / loop.inside for splice, loop in zip(found["splice"], found["copying loop"], strict=True)]
    print(
        f"  without the start of the processes: splice {median(s.inside for s in found['splice']):.3f} s, "
        f"{median(inside):.2f} ({min(inside):.2f} - {max(inside):.2f}) times the loop"
    )
    ours, theirs = ((folder / place).stat().st_size for place in ("out/layer.zip", "uv/layer.zip"))
    print(f"  zip: {ours} bytes, {ours / theirs:.4f} of `zip -r9` of the tree without .pyc\n")
