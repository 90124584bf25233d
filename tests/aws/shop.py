"""A shop in the strict stand-in: the real planner and rollout, over the real adapters and real HTTP."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layer_action.aws.functions import AwsFunctions
from layer_action.aws.layers import AwsLayerStore
from layer_action.aws.parameters import AwsParameters
from layer_action.aws.session import AwsSession, Patience
from layer_action.commands.build import build_artifacts, contents_of
from layer_action.commands.plan import PlanRequest, plan_layers
from layer_action.errors import LayerActionError, exit_code_of
from layer_action.formats import pylock
from layer_action.http import Http
from layer_action.model.layer import Artifact, LayerContent, LayerSize, LayerSpec, Publication, Rollout, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.ports.services import Services
from layer_action.record import replace
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from tests.factories import X86_312, make_lock, make_spec
from tests.fakes import FakeBuilder, Stage, make_services
from tests.standins.aws.seed import zip_of
from tests.standins.aws.server import StrictAws

# nothing is tried twice inside of botocore: each fault is the rollout's to deal with
ONCE = Patience(attempts=1, connect=10.0, read=20.0, publish_read=20.0)
HASTY = Patience(attempts=1, connect=10.0, read=0.4, publish_read=0.4)
REGIONS = ("us-east-1", "eu-central-1")


@dataclass
class ZipBuilder(FakeBuilder):
    """Builds tiny, true zips that carry their lock."""

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        del root
        lock = pylock.encode(
            layer_name=content.layer_name, targets=content.targets, lock=content.lock, digest=content.digest
        )
        files = {"python/one.py": content.digest.encode(), pylock.embedded_path(content.layer_name): lock}
        data = zip_of(files)
        path = directory / f"{content.layer_name}.zip"
        path.write_bytes(data)
        code_sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        size = LayerSize(zipped=len(data), unzipped=sum(map(len, files.values())))
        return Artifact(content=content, path=path, code_sha256=code_sha256, size=size)


@dataclass(frozen=True)
class Shape:
    """How large the shop is: layers, regions, functions a region."""

    layers: tuple[str, ...] = ("http",)
    regions: tuple[str, ...] = REGIONS[:1]
    functions: int = 2
    publication: Publication = field(default_factory=Publication)
    rollout: Rollout = field(default_factory=Rollout)

    @property
    def specs(self) -> tuple[LayerSpec, ...]:
        publication = replace(self.publication, regions=self.regions)
        settings = {"targets": (X86_312,), "publication": publication, "rollout": self.rollout}
        return tuple(make_spec(name, **settings) for name in self.layers)


@dataclass
class Run:
    """One run of ours: what the repository asks for is `version` of one package a layer."""

    env: Mapping[str, str]
    shape: Shape
    version: str
    folder: Path
    stage: Stage = field(default_factory=lambda: Stage(builder=ZipBuilder()))
    session: AwsSession | None = None  # one that stays open, for many runs
    http: Http | None = None

    def connect(self, patience: Patience = ONCE) -> AwsSession:
        return AwsSession(self.env, clock=self.stage.clock, patience=patience)

    @contextmanager
    def services(self) -> Iterator[Services]:
        for name in self.shape.layers:
            self.stage.resolver.locks[name] = make_lock({f"{name}-package": self.version})
        with nullcontext(self.session) if self.session else self.connect() as session:
            http = self.http or Http({}, attempts=1)
            yield make_services(
                self.stage,
                store=AwsLayerStore(session, http),
                functions=AwsFunctions(session, http),
                parameters=AwsParameters(session),
            )

    def plan(self) -> Plan:
        with self.services() as services:
            return plan_layers(services, self.shape.specs, PlanRequest()).plan

    def publish(self, **options: Any) -> Outcome:
        """Plan, build and apply, as the command does."""
        with self.services() as services:
            plan = plan_layers(services, self.shape.specs, PlanRequest()).plan
            artifacts = build_artifacts(services, contents_of(plan), self.folder, fail_on=Severity.ERROR)
            return apply(
                plan,
                artifacts,
                services=services,
                journal=Journal(None, account="111122223333"),
                options=ApplyOptions(**({"in_flight": 1} | options)),
            )

    def end(self) -> Outcome | LayerActionError:
        """Publish, and return how it ended: what kept it from beginning, or what it did."""
        try:
            return self.publish()
        except LayerActionError as error:
            return error

    def code(self) -> int:
        """Publish, and return the exit code."""
        return code_of(self.end())


def code_of(end: Outcome | LayerActionError) -> int:
    """Return the exit code that an end has."""
    error = end.error if isinstance(end, Outcome) else end
    return exit_code_of(error) if error else 0


def furnish(aws: StrictAws, shape: Shape, folder: Path) -> None:
    """Publish all layers at their first versions, and pin functions to them among other people's layers."""
    aws.world.update_seconds = 0.0
    assert Run(aws.env(), shape, "1.0.0", folder).code() == 0
    for region in shape.regions:
        foreign = aws.add_layer_version("theirs", account="999988887777", region=region, shared_with="*")
        for number in range(shape.functions):
            ours = [aws.region(region).layers[name].versions[1].arn for name in shape.layers[: number % 3 + 1]]
            aws.add_function(f"f{number:02}", layers=[*ours[:1], foreign, *ours[1:]], region=region)
        aws.add_function("unpinned", layers=[foreign], region=region)


def state(aws: StrictAws) -> dict[str, object]:
    """Return all that a user would look at: versions, who may use them, parameters, functions and their layers."""
    found: dict[str, object] = {}
    for region in aws.world.regions.values():
        for layer in region.layers.values():
            for version in layer.versions.values():
                found[version.arn] = version.description, tuple(sorted(version.policy))
        found |= {parameter["ARN"]: parameter["Value"] for parameter in region.parameters.values()}
        for function in region.functions.values():
            found[function.arn] = (tuple(function.configuration.layers), dict(function.tags))
    return found
