"""What a pull request's comment costs: `plan` on a runner, against the strict AWS, GitHub and the index of the tests.

Every run is a process of its own with an empty cache, as on a fresh runner. AWS answers at its own pace (15 calls a
second and region, 100 for GetFunction). A layer has three wheels of half a MB, one its own, and two pinned functions.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.clock import timed
from tests.end_to_end.checkout import Checkout
from tests.standins.aws.server import StrictAws, strict_aws
from tests.standins.github.mirror import mirror
from tests.standins.github.server import FakeGitHub
from tests.standins.index import Index, running_index

NAME: Final = "review"
_ROOT: Final = Path(__file__).parents[1]
_LAYERS: Final = (1, 12, 50)
_WHEEL_BYTES: Final = 500_000
_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR")


class Cost(NamedTuple):
    """One run: wall seconds, calls to AWS and GitHub, requests to the index and the bytes that it sent."""

    seconds: float
    aws: int
    github: int
    requests: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A repository of some layers, and the servers that it knows."""

    checkout: Checkout
    aws: StrictAws
    hub: FakeGitHub
    index: Index
    folder: Path

    def furnish(self, layers: int) -> None:
        """Declare the layers, publish them all, and pin two functions to each."""
        for name in ("shared-a", "shared-b"):
            self._wheel(name, "1.0.0")
        config = "runtimes: [python3.12]\nlayers:\n"
        for number in range(layers):
            config += f"  layer{number}: layers/layer{number}/requirements.txt\n"
            for version in ("1.0.0", "1.1.0"):
                self._wheel(f"own{number}", version, "shared-a", "shared-b")
            self.raise_layer(number, "1.0.0")
        self.checkout.write(".github/lambda-layers.yml", config)
        self.checkout.commit("Declare the layers")
        self.run("publish", "--yes", event="push")
        for number in range(layers):
            arn = self.aws.region().layers[f"layer{number}"].versions[1].arn
            for function in ("a", "b"):
                self.aws.add_function(f"function{number}{function}", layers=[arn])

    def raise_layer(self, number: int, version: str) -> None:
        """Let a layer ask for a version of its own package."""
        self.checkout.write(f"layers/layer{number}/requirements.txt", f"own{number}=={version}\n")

    def run(self, *arguments: str, event: str = "pull_request") -> Cost:
        """Run the command line as a step of a job."""
        mirror(self.checkout.root, self.hub.repository)
        self.aws.forget_calls()
        self.hub.log.clear()
        self.index.requests.clear()
        self.index.sent = 0
        cache = self.folder / f"cache{len(list(self.folder.iterdir()))}"
        command = [sys.executable, str(_ROOT / "entrypoint.py"), *arguments, "--cache-dir", str(cache)]
        seconds = timed(command, env=self._environment(event), cwd=self.folder).wall
        return Cost(seconds, len(self.aws.calls), len(self.hub.log), len(self.index.requests), self.index.sent)

    def _wheel(self, name: str, version: str, *requires: str) -> None:
        module = name.replace("-", "_")
        self.index.wheel(name, version, *requires, files={f"{module}.bin": os.urandom(_WHEEL_BYTES)})

    def _environment(self, event: str) -> Mapping[str, str]:
        sha = self.checkout.git("rev-parse", "HEAD")
        side = {"sha": sha, "ref": "main", "repo": {"full_name": "octo/shop"}}
        payload = {
            "number": 7,
            "action": "opened",
            "pull_request": {"number": 7, "head": side, "base": side},
            "repository": {"full_name": "octo/shop", "default_branch": "main"},
        }
        path = self.folder.parent / "event.json"
        path.write_text(json.dumps(payload), encoding="utf-8")
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **self.aws.env(),
            **self.index.env(),
            **self.hub.env,
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_WORKSPACE": str(self.checkout.root),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": sha,
            "INPUT_TOKEN": "writer",
        }


def run(base: Path, rounds: int) -> None:
    """Measure and print a table."""
    print(f"\nReviewing a pull request: medians of {rounds} rounds, each with an empty cache\n")
    titles = ("layers", "changed", "seconds", "AWS", "GitHub", "index", "kB to comment", "kB to build")
    print("  " + " ".join(f"{title:>13}" for title in titles))
    for layers in _LAYERS:
        folder = base / f"review-{layers}"
        (folder / "runs").mkdir(parents=True)
        with strict_aws() as aws, FakeGitHub() as hub, running_index() as index:
            aws.world.update_seconds = 0.0
            checkout = Checkout(root=folder / "checkout")
            checkout.root.mkdir()
            shop = Shop(checkout=checkout, aws=aws, hub=hub, index=index, folder=folder / "runs")
            shop.furnish(layers)
            aws.world.limits.shared_rate, aws.world.limits.get_function_rate = 15, 100
            _print(layers, 0, [shop.run("plan") for _ in range(rounds)], built=0)
            shop.raise_layer(0, "1.1.0")
            checkout.commit("Raise one")
            costs = [shop.run("plan") for _ in range(rounds)]
            _print(layers, 1, costs, built=shop.run("build", "--base", "HEAD~1").sent)
    print("\n  Calls and requests of one run. To build: what `build` of the changed layer takes from the index.\n")


def _print(layers: int, changed: int, costs: list[Cost], *, built: int) -> None:
    middle = Cost(*(median(values) for values in zip(*costs, strict=True)))
    cells = (layers, changed, f"{middle.seconds:.2f}", middle.aws, middle.github, middle.requests)
    kilobytes = (f"{middle.sent / 1000:.0f}", f"{built / 1000:.0f}" if built else "-")
    print("  " + " ".join(f"{cell:>13}" for cell in (*cells, *kilobytes)), flush=True)
