"""The least policy for each command, made from one table of operations. Values only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from layer_action.aws.storage import KEY_PREFIX, bucket_name
from layer_action.model.command import Command

Json: TypeAlias = "str | Sequence[Json] | Mapping[str, Json]"

POLICY_VERSION: Final = "2012-10-17"


class Feature(StrEnum):
    """What the config can ask beyond the plain case; each needs further rights."""

    BUCKET = "s3-bucket"
    SHARE = "share"
    PARAMETER = "ssm"
    ALIAS = "alias"
    ALARMS = "alarms"


class _On(StrEnum):
    """Which resource an action is held against."""

    ANYTHING = "*"
    LAYER = "layer"
    LAYER_VERSION = "layer version"
    ANY_LAYER_VERSION = "any layer version"
    FUNCTION = "function"
    BUCKET = "bucket"
    PARAMETER = "parameter"


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
_READ_LAYERS: Final = {"lambda:ListLayerVersions": _On.LAYER, "lambda:GetLayerVersion": _On.LAYER_VERSION}
_READ_FUNCTIONS: Final = {
    "lambda:ListFunctions": _On.ANYTHING,
    "lambda:GetFunction": _On.FUNCTION,
    # GetFunction tells the tags only to those who may list them
    "lambda:ListTags": _On.FUNCTION,
}
# every layer in the resulting list is checked, other people's too; a plan adds their sizes up
_READ_ALL_LAYERS: Final = _READ_LAYERS | {"lambda:GetLayerVersion": _On.ANY_LAYER_VERSION}
_PLAN: Final = _READ_ALL_LAYERS | _READ_FUNCTIONS
_MOVE: Final = _PLAN | {
    "lambda:UpdateFunctionConfiguration": _On.FUNCTION,
    "lambda:TagResource": _On.FUNCTION,
    "lambda:UntagResource": _On.FUNCTION,
}
_USES: Final = {"lambda:ListVersionsByFunction": _On.FUNCTION, "lambda:ListAliases": _On.FUNCTION}
_PUBLISH: Final = _MOVE | {"lambda:PublishLayerVersion": _On.LAYER}

OPERATIONS: Final[Mapping[Command, Mapping[str, _On]]] = {
    Command.INIT: _READ_FUNCTIONS | _READ_LAYERS,
    Command.PLAN: _PLAN,
    Command.BUILD: _READ_LAYERS,
    Command.PUBLISH: _PUBLISH,
    Command.RELEASE: _PUBLISH,
    Command.ROLLBACK: _MOVE,
    Command.STATUS: _PLAN | _USES,
    Command.SHOW: _READ_LAYERS,
    Command.PRUNE: _READ_LAYERS | _READ_FUNCTIONS | _USES | {"lambda:DeleteLayerVersion": _On.LAYER_VERSION},
}
_FEATURES: Final[Mapping[Feature, Mapping[str, _On]]] = {
    # AWS reads the uploaded zip with the caller's rights
    Feature.BUCKET: {"s3:PutObject": _On.BUCKET, "s3:GetObject": _On.BUCKET},
    Feature.SHARE: {
        "lambda:GetLayerVersionPolicy": _On.LAYER_VERSION,
        "lambda:AddLayerVersionPermission": _On.LAYER_VERSION,
    },
    Feature.PARAMETER: {"ssm:GetParameter": _On.PARAMETER, "ssm:PutParameter": _On.PARAMETER},
    Feature.ALIAS: _USES | {"lambda:PublishVersion": _On.FUNCTION, "lambda:UpdateAlias": _On.FUNCTION},
    Feature.ALARMS: {"cloudwatch:DescribeAlarms": _On.ANYTHING},
}
_WITH_FEATURES: Final[Mapping[Command, frozenset[Feature]]] = {
    Command.PUBLISH: frozenset(Feature),
    Command.RELEASE: frozenset(Feature),
    Command.ROLLBACK: frozenset({Feature.ALIAS, Feature.ALARMS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a policy is about.

    `layers` are AWS's layer names, placeholders and replaced ones included; `functions` are globs; `buckets` and
    `parameters` are as configured. `account` is 12 digits, or `*` where nobody knows it yet.
    """

    account: str
    regions: tuple[str, ...]
    layers: tuple[str, ...]
    functions: tuple[str, ...] = ("*",)
    buckets: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    features: frozenset[Feature] = frozenset()
    partition: str = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Actions on resources, or who may take a role."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principal: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=dict)

    def json(self) -> dict[str, Json]:
        """Return the statement as IAM reads it."""
        found: dict[str, Json] = {"Effect": "Allow", "Action": self.actions}
        found |= {"Resource": self.resources} if self.resources else {}
        found |= {"Principal": self.principal} if self.principal else {}
        return found | ({"Condition": self.conditions} if self.conditions else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]

    def json(self) -> dict[str, Json]:
        """Return the document as IAM reads it."""
        return {"Version": POLICY_VERSION, "Statement": [statement.json() for statement in self.statements]}


def actions_of(command: Command, features: Iterable[Feature] = ()) -> Mapping[str, str]:
    """Return each IAM action that a command may use, and the kind of its resource; () for one that asks no AWS."""
    found: dict[str, _On] = dict(OPERATIONS.get(command, {}))
    for feature in sorted(_WITH_FEATURES.get(command, frozenset()) & frozenset(features)):
        found |= _FEATURES[feature]
    return found


def policy(command: Command, scope: Scope) -> Policy:
    """Return the least policy for a command: one statement for each set of resources."""
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action, kind in sorted(actions_of(command, scope.features).items()):
        by_resources.setdefault(_resources(_On(kind), scope), []).append(action)
    return Policy(
        statements=tuple(
            Statement(actions=tuple(actions), resources=resources) for resources, actions in by_resources.items()
        )
    )


def _resources(kind: _On, scope: Scope) -> tuple[str, ...]:
    found = ["*"]
    match kind:
        case _On.ANYTHING:
            pass
        case _On.LAYER:
            found = _in_lambda(scope, [f"layer:{name}" for name in scope.layers])
        case _On.LAYER_VERSION:
            found = _in_lambda(scope, [f"layer:{name}:*" for name in scope.layers])
        case _On.ANY_LAYER_VERSION:
            found = [f"arn:{scope.partition}:lambda:{region}:*:layer:*:*" for region in scope.regions]
        case _On.FUNCTION:
            found = _in_lambda(scope, [f"function:{glob}" for glob in scope.functions])
        case _On.BUCKET:
            buckets = [bucket_name(name, region) for name in scope.buckets for region in scope.regions]
            found = [f"arn:{scope.partition}:s3:::{bucket}/{KEY_PREFIX}/*" for bucket in buckets]
        case _On.PARAMETER:
            names = [_pattern(name).lstrip("/") for name in scope.parameters]
            start = f"arn:{scope.partition}:ssm"
            found = [f"{start}:{region}:{scope.account}:parameter/{name}" for region in scope.regions for name in names]
    return tuple(dict.fromkeys(found))


def _in_lambda(scope: Scope, names: Sequence[str]) -> list[str]:
    start = f"arn:{scope.partition}:lambda"
    return [f"{start}:{region}:{scope.account}:{_pattern(name)}" for region in scope.regions for name in names]


def _pattern(name: str) -> str:
    """Return a name with its placeholders, `{runtime}` and the like, as wildcards."""
    return re.sub(r"\{\w+\}", "*", name)
