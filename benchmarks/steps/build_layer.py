"""Step: build a layer from the cache of a folder, as a run does once the lock is decided."""

# ruff: noqa: E402 - the threshold comes first, as in the command line, which then loads what a build needs

import gc

gc.set_threshold(2_000, 50)

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layer_action.build.builder import WheelBuilder
from layer_action.http import Http
from layer_action.model.layer import LayerContent, LayerSpec
from layer_action.model.lock import Lock, LockedDistribution, Wheel
from layer_action.model.target import Architecture, Target


class Silence:
    """A console that says nothing but warnings."""

    @contextmanager
    def progress(self, _title: str, _total: int) -> Iterator["Silence"]:
        """Count in silence."""
        yield self

    def advance(self, _steps: int = 1) -> None:
        """Say nothing."""

    def debug(self, _text: str) -> None:
        """Say nothing."""

    def warning(self, text: str) -> None:
        """Say it: a benchmark that fetches anew measures something else."""
        print(text, file=sys.stderr)


folder = Path(sys.argv[1])
locked = json.loads((folder / "locked.json").read_bytes())
target = Target(runtime=locked["runtime"], architecture=Architecture(locked["architecture"]))
distributions = tuple(
    LockedDistribution(name=found["name"], version=found["version"], origin=Wheel(**found["wheel"]), direct=True)
    for found in locked["distributions"]
)
content = LayerContent(
    spec=LayerSpec(name="layer", layer_name="layer", requirements=(), targets=(target,)),
    layer_name="layer",
    targets=(target,),
    lock=Lock(target=target, distributions=distributions),
    digest="d1:" + "0" * 32,
    inputs_hash="i:" + "0" * 12,
)
builder = WheelBuilder(env={}, cache=folder / "cache", http=Http({}), console=Silence())  # type: ignore[arg-type]
begin = time.perf_counter()
builder.build(content, folder, folder / "out")
print(f"inside: {time.perf_counter() - begin}")
gc.freeze()
