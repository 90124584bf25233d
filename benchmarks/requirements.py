"""From requirements to a zip: the shop's `http` and `data`, by the command line, beside `pip install -t` + `zip -r9`.

Every run is a process of its own that asks the index: cold with empty caches, warm with those of the run before. Then
what a resolve costs: `publish` where the requirements are those that were published, so that nothing is resolved, and
`plan --upgrade all`, which resolves them whatever they are.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.clock import Sample, timed
from benchmarks.splice import Variants
from tests.end_to_end.checkout import Checkout
from tests.standins.aws.server import strict_aws

NAME: Final = "requirements"
_ROOT: Final = Path(__file__).parents[1]
_COMMAND_LINE: Final = _ROOT / "benchmarks" / "steps" / "command_line.py"
_LAYERS: Final = {"http": "requirements.txt", "data": "requirements.in"}
_MACHINES: Final = {"aarch64": "arm64"}
_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the shop, alone in a repository, for the interpreter that runs this."""

    checkout: Checkout
    folder: Path
    env: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path, name: str, text: str, aws: Mapping[str, str]) -> "Layer":
        """Make a repository in a new folder that declares one layer."""
        checkout = Checkout(root=folder / "checkout")
        checkout.root.mkdir()
        runtime = f"python3.{sys.version_info.minor}"
        architecture = _MACHINES.get(os.uname().machine, "x86_64")
        checkout.write(f"layers/{name}/requirements.txt", text)
        targets = f"runtimes: [{runtime}]\narchitectures: [{architecture}]\n"
        checkout.write(".github/lambda-layers.yml", f"{targets}layers: {{{name}: layers/{name}/requirements.txt}}\n")
        checkout.commit("Declare the layer")
        kept = {variable: os.environ[variable] for variable in _KEPT if variable in os.environ}
        return cls(checkout=checkout, folder=folder, env={**kept, **aws, "PIP_CONFIG_FILE": os.devnull})

    def run(self, *arguments: str, cold: bool = False) -> Sample:
        """Time one command line."""
        cache = self.folder / "cache"
        if cold:
            shutil.rmtree(cache, ignore_errors=True)
        command = [sys.executable, str(_COMMAND_LINE), *arguments, "--cache-dir", str(cache)]
        return timed(command, env=self.env, cwd=self.checkout.root)


def run(base: Path, rounds: int) -> None:
    """Measure and print a table for each layer."""
    print(f"\nFrom requirements to a zip: medians of {rounds} rounds; ratios round by round to ours of the same cache")
    for name, file in _LAYERS.items():
        folder = base / NAME / name
        folder.mkdir(parents=True)
        text = (_ROOT / "examples/shop/layers" / name / file).read_text(encoding="utf-8")
        (folder / "requirements.in").write_text(text, encoding="utf-8")
        (folder / "pins.txt").touch()  # both choose what is newest
        with strict_aws() as aws:
            layer = Layer.make(folder, name, text, aws.env())
            _print(name, _measured(layer, Variants(folder), rounds))


def _measured(layer: Layer, variants: Variants, rounds: int) -> dict[str, list[Sample]]:
    layer.run("publish", "--yes")
    steps: dict[str, Callable[[], Sample]] = {
        "pip cold + zip": lambda: variants.pip(cold=True),
        "build cold": lambda: layer.run("build", "--all", cold=True),
        "pip warm + zip": lambda: variants.pip(cold=False),
        "build warm": lambda: layer.run("build", "--all"),
        "plan --upgrade all": lambda: layer.run("plan", "--upgrade", "all"),
        "publish, unchanged": lambda: layer.run("publish", "--yes"),
    }
    found: dict[str, list[Sample]] = {step: [] for step in steps}
    for _ in range(rounds):
        for step, measure in steps.items():
            found[step].append(measure())
    return found


def _print(name: str, found: Mapping[str, list[Sample]]) -> None:
    beside = {
        "pip cold + zip": "build cold",
        "pip warm + zip": "build warm",
        "plan --upgrade all": "publish, unchanged",
    }
    print(f"\n{name}\n  {'':20} {'wall s':>8} {'CPU s':>8} {'own MiB':>8} {'others':>7}   times")
    for step, samples in found.items():
        wall, cpu = median(sample.wall for sample in samples), median(sample.cpu for sample in samples)
        own, others = (max(values) for values in zip(*map(_peaks, samples), strict=True))
        ratio = ""
        if other := beside.get(step):
            ratio = f"{median(a.wall / b.wall for a, b in zip(samples, found[other], strict=True)):.1f} x {other}"
        print(f"  {step:20} {wall:8.2f} {cpu:8.2f} {own:8.0f} {others:7.0f}   {ratio}", flush=True)


def _peaks(sample: Sample) -> tuple[float, float]:
    """Return the peak of our own process, and of the largest other program."""
    return (sample.own, sample.beside) if sample.own else (0.0, sample.peak)
