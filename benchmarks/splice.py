"""Building a layer: the splice beside `pip install -t` + `zip -r9`, uv + `zip -r9`, and a plain copying loop.

Ratios are those of medians; splice and loop run in turn, and their ratio is also taken pair by pair (least - greatest).
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


_QUICK_ROUNDS: Final = 5  # of what takes less than a second, for each round of what takes more
_LEFT_OUT: Final = ("PIP_FIND_LINKS", "PIP_CONSTRAINT", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")


class Variants:
    """The ways to build one workload, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Use a folder that is prepared."""
        self.folder = folder
        self.env = environment(folder)
        self._zipped: Sample | None = None

    def pip(self, *, cold: bool) -> Sample:
        """Time `pip install -t` from the requirements, then `zip -r9`; cold: with an empty cache, warm: with that."""
        if cold:
            shutil.rmtree(self.folder / "pip-cache", ignore_errors=True)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "python"]
        command = [*install, "-r", str(self.folder / "requirements.in"), "-c", str(self.folder / "pins.txt")]
        if cold or self._zipped is None:
            installed, self._zipped = self._installed(command, "pip")
        else:  # the tree is the one that was zipped a minute ago
            installed = timed(command, env=self.env, cwd=_empty(self.folder / "pip"))
        return installed + self._zipped

    def uv(self) -> Sample:
        """Time `uv pip install --target` from a hashed lock with a warm cache, then `zip -r9`."""
        installed, zipped = self._installed([*_uv_install(), str(self.folder / "locked.txt")], "uv")
        return installed + zipped

    def fill_uv_cache(self) -> None:
        """Let uv unpack the wheels into its cache once."""
        timed([*_uv_install(), str(self.folder / "locked.txt")], env=self.env, cwd=self.folder)

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

    def _installed(self, command: Sequence[str], name: str) -> tuple[Sample, Sample]:
        tree = _empty(self.folder / name)
        zipping = ["zip", "-q", "-r9", "layer.zip", "python"] if shutil.which("zip") else step("zip_tree", tree)
        return timed(command, env=self.env, cwd=tree), timed(zipping, env=self.env, cwd=tree)


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _uv_install() -> list[str]:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    return [uv, "pip", "install", "--quiet", "--no-deps", "--target", "python", "--python", sys.executable, "-r"]


def step(name: str, folder: Path) -> list[str]:
    """Return the command of a step, a process of its own."""
    return [sys.executable, str(_STEPS / f"{name}.py"), str(folder)]


def environment(folder: Path) -> Mapping[str, str]:
    """Return this environment without this machine's settings of pip, with bytecode, and uv's cache in the folder."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_CACHE_DIR": str(folder / "pip-cache"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PYTHONPATH": str(_ROOT),
    }


def run(base: Path, rounds: int, names: Sequence[str]) -> None:
    """Measure the workloads and print a table."""
    often = rounds * _QUICK_ROUNDS
    print(f"\nBuilding a layer: medians of {rounds} rounds, {often} of splice and loop; largest peaks\n")
    for name in names:
        folder = base / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "requirements.in").write_text("\n".join(WORKLOADS[name]) + "\n")
        if not (folder / "locked.json").is_file():
            timed(step("prepare", folder), env=environment(folder), cwd=folder)
        _print(name, folder, _measured(Variants(folder), rounds))


def _measured(variants: Variants, rounds: int) -> dict[str, list[Sample]]:
    slow: dict[str, Callable[[], Sample]] = {
        "pip cold + zip": lambda: variants.pip(cold=True),
        "pip warm + zip": lambda: variants.pip(cold=False),
        "uv warm + zip": variants.uv,
    }
    quick: dict[str, Callable[[], Sample]] = {
        "splice cold": lambda: variants.splice(cold=True),
        "splice": lambda: variants.splice(cold=False),
        "copying loop": variants.loop,
    }
    variants.fill_uv_cache()
    found: dict[str, list[Sample]] = {step: [] for step in (*slow, *quick)}
    for _ in range(rounds):
        for step, measure in slow.items():
            found[step].append(measure())
    for _ in range(rounds * _QUICK_ROUNDS):
        for step, measure in quick.items():
            found[step].append(measure())
    return found


def _print(name: str, folder: Path, found: Mapping[str, Sequence[Sample]]) -> None:
    wheels = list((folder / "wheels").glob("*.whl"))
    print(f"{name}: {len(wheels)} wheels, {sum(wheel.stat().st_size for wheel in wheels) / 1e6:.1f} MB")
    print(f"  {'':16} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}   times the splice's wall and CPU time")
    for step, samples in found.items():
        middle = _middle(samples)
        ours = _middle(found["splice cold" if "cold" in step else "splice"])
        cells = f"{middle.wall:8.3f} {middle.cpu:8.3f} {max(sample.peak for sample in samples):9.1f}"
        print(f"  {step:16} {cells}   {middle.wall / ours.wall:8.2f} {middle.cpu / ours.cpu:8.2f}")
    pairs = list(zip(found["splice"], found["copying loop"], strict=True))
    whole, inside = ([a.wall / b.wall for a, b in pairs], [a.inside / b.inside for a, b in pairs])
    print(f"  splice / copying loop: {_spread(whole)}; without the start of the processes: {_spread(inside)}")
    size, theirs = ((folder / place).stat().st_size for place in ("out/layer.zip", "uv/layer.zip"))
    print(f"  zip: {size} bytes, {size / theirs:.4f} of `zip -r9` of the tree without .pyc\n", flush=True)


def _middle(samples: Sequence[Sample]) -> Sample:
    return Sample(*(median(values) for values in zip(*samples, strict=True)))


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
