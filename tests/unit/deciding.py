"""A destination, and what is decided for functions that list an older version of its layer."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from semver import Version

from layer_action.decide.entries import Destination
from layer_action.decide.functions import function_operations
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import Rollout
from layer_action.model.plan import FunctionOperation, HeldFunction, SkippedFunction
from tests.factories import make_layer_arn, make_spec

HTTP = make_layer_arn("http")
FOREIGN = "arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:38"
TODAY = date(2026, 11, 24)


def make_destination(
    name: str = "http", version: str = "2.0.0", number: int | None = None, **overrides: Any
) -> Destination:
    arn = overrides.pop("layer_arn", make_layer_arn(name))
    spec = overrides.pop("spec", None) or make_spec(name)
    values: dict[str, Any] = {
        "layer_name": arn.name,
        "layer_arn": arn,
        "version": Version.parse(version),
        "version_arn": None if number is None else arn.version(number),
        "targets": spec.targets,
        "known": {1: Version(1, 0, 0)},
    }
    return Destination(spec=spec, **(values | overrides))


def decide(
    functions: Sequence[PinnedFunction], *destinations: Destination, total: int | Unknown = 1
) -> tuple[FunctionOperation, ...]:
    return function_operations(
        functions, destinations or (make_destination(),), unzipped=lambda _f, _r: total, today=TODAY
    )[0]


def one(function: PinnedFunction, *destinations: Destination) -> FunctionOperation:
    (operation,) = decide([function], *destinations)
    return operation


def held(function: PinnedFunction, *destinations: Destination) -> str:
    operation = one(function, *destinations)
    assert isinstance(operation, HeldFunction)
    return operation.reason


def skipped(function: PinnedFunction, *destinations: Destination) -> str:
    operation = one(function, *destinations)
    assert isinstance(operation, SkippedFunction)
    return operation.reason


def policy(**settings: Any) -> Destination:
    return make_destination(spec=make_spec(rollout=Rollout(**settings)))
