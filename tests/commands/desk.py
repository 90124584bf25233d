"""A repository with layers and the AWS it publishes to, both fake, for plans."""

from collections.abc import Mapping
from typing import Any

from layer_action.commands.plan import Planned, PlanRequest, plan_layers
from layer_action.model.layer import Artifact, LayerSpec
from layer_action.ports.aws import PublishRequest
from layer_action.ports.services import Unavailable
from tests.factories import REGION, make_artifact, make_function, make_layer_arn, make_lock, make_spec
from tests.fakes import Stage, make_services

EAST = "us-east-1"
HTTP = make_layer_arn("http")
NO_AWS = Unavailable(reason="no credentials")


class World:
    """A repository with layers, and the AWS it publishes to."""

    def __init__(self, *specs: LayerSpec) -> None:
        self.stage = Stage()
        self.specs = specs or (make_spec(),)

    def require(self, versions: Mapping[str, str], *, layer: str = "http") -> None:
        self.stage.resolver.locks[layer] = make_lock(versions)

    def plan(self, **request: Any) -> Planned:
        values = {"default_region": REGION} | request
        return plan_layers(self.stage.services(), self.specs, PlanRequest(**values))

    def plan_without_aws(self, **request: Any) -> Planned:
        services = make_services(self.stage, store=NO_AWS, functions=NO_AWS)
        return plan_layers(services, self.specs, PlanRequest(**request))

    def publish(self, **request: Any) -> Planned:
        """Plan and do the layers' part; the functions' is the rollout's."""
        planned = self.plan(**request)
        for op in planned.plan.publications:
            artifact: Artifact = make_artifact(op.content)
            known = op.previous.number if op.previous else 0
            self.stage.store.publish(
                PublishRequest(artifact=artifact, region=op.region, description=op.description, known=known)
            )
        return planned

    def pin(self, name: str, number: int, **overrides: Any) -> None:
        self.stage.functions.add(make_function(name, [HTTP.version(number)], **overrides))


def published(planned: Planned) -> list[tuple[str, str, str]]:
    return [(op.content.layer_name, op.region, str(op.version)) for op in planned.plan.publications]


def moved(planned: Planned) -> list[str]:
    return [op.function.name for op in planned.plan.repoints]
