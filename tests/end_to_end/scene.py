"""A team's repository and its AWS: version 1.0.0 of `parcel` is published, functions are pinned, 1.1.0 is asked for."""

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.checkout import Checkout
from tests.standins.aws.server import StrictAws, strict_aws
from tests.standins.aws.state import Call, Region, World

CONFIG = ".github/lambda-layers.yml"
EAST, WEST = "us-east-1", "eu-central-1"
_BEGINNING = """\
runtimes: [python3.12]
architectures: [x86_64]
regions: [us-east-1]
"""
_PARCEL = "  parcel:\n    requirements: layers/parcel/pylock.toml\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What is there before a test: a checkout, and AWS as its first publication left it."""

    root: Path
    regions: dict[tuple[str, str], Region]
    blobs: dict[str, bytes]


def begin(folder: Path) -> First:
    """Publish 1.0.0 once, for all tests."""
    with strict_aws() as aws:
        scene = Scene(aws=aws, checkout=Checkout(root=folder / "shop"), cache=folder / "cache")
        scene.checkout.root.mkdir()
        scene.checkout.lock_wheel("parcel", "parcel", "1.0.0")
        scene.configure()
        scene.run("publish")
        scene.checkout.lock_wheel("parcel", "parcel", "1.1.0")
        scene.checkout.commit("Raise parcel")
        return First(root=scene.checkout.root, regions=aws.snapshot(), blobs=aws.world.blobs)


@contextmanager
def continued(first: First, folder: Path) -> Iterator["Scene"]:
    """Go on from there, in an AWS and a checkout of one's own."""
    root = folder / "shop"
    shutil.copytree(first.root, root)
    world = World(regions=copy.deepcopy(first.regions), blobs=dict(first.blobs))
    with strict_aws(world) as aws:
        yield Scene(aws=aws, checkout=Checkout(root=root), cache=folder / "cache")


@dataclass(slots=True, kw_only=True)
class Scene:
    """Runs are processes of their own, as in a job: `python entrypoint.py`."""

    aws: StrictAws
    checkout: Checkout
    cache: Path
    env: dict[str, str] = field(default_factory=dict)

    def configure(self, *settings: str, top: str = "", regions: str = EAST, layers: str = "") -> None:
        """Write the config: settings of `parcel`, one a line, and more at the top level; commit it."""
        keys = "".join(f"    {line}\n" for line in settings)
        beginning = _BEGINNING.replace(EAST, regions)
        self.checkout.write(CONFIG, f"{beginning}{top}layers:\n{_PARCEL}{keys}{layers}")
        self.checkout.commit("Configure")

    def run(self, command: str, *arguments: str, code: int = 0, **more: str) -> str:
        """Run a command to its end, expect an exit code, return all that it printed."""
        self.checkout.env = {**self.aws.env(), "INPUT_CACHE-DIR": str(self.cache), **self.env}
        agreed = ("--yes",) if command in {"publish", "rollback", "prune"} else ()
        return self.checkout.run(command, *arguments, *agreed, code=code, **more)

    def add_function(self, name: str, *layers: str, region: str = EAST, **settings: object) -> None:
        """Add a function with layers such as `parcel:1`; those of others are made as they are needed."""
        self.aws.add_function(name, layers=[self._arn(layer, region) for layer in layers], region=region, **settings)

    def _arn(self, layer: str, region: str) -> str:
        arn = self.aws.region(region).arn("layer", layer)
        name = layer.partition(":")[0]
        if name not in self.aws.region(region).layers:
            self.aws.add_layer_version(name, region=region)
        return arn

    def layers(self, name: str, region: str = EAST) -> list[str]:
        """Return a function's layers, `parcel:2` and the like."""
        return [arn.partition(":layer:")[2] for arn in self.aws.layers_of(name, region=region)]

    def numbers(self, layer: str = "parcel", region: str = EAST) -> list[int]:
        """Return the version numbers that a layer has."""
        found = self.aws.region(region).layers.get(layer)
        return sorted(found.versions) if found else []

    def versions(self, layer: str = "parcel", region: str = EAST) -> list[str]:
        """Return our versions of a layer, in the order of their numbers."""
        found = self.aws.region(region).layers[layer].versions
        return [found[number].description.partition(" ")[0] for number in sorted(found)]

    def tags(self, name: str) -> dict[str, str]:
        """Return a function's tags."""
        return dict(self.aws.region().functions[name].tags)

    @property
    def written(self) -> list[Call]:
        """The calls that changed AWS."""
        return [call for call in self.aws.writes if call.outcome.startswith("2")]
