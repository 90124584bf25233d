"""The least policy for each command, made from one table of operations. Values only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from layer_action.aws.storage import KEY_PREFIX, bucket_name
from layer_action.model.command import Command
from layer_action.record import field, record

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
    FUNCTION_OR_VERSION = "function, version or alias"
    BUCKET = "bucket"
    PARAMETER = "parameter"


_Rights: TypeAlias = Mapping[str, _On]

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
_LIST_VERSIONS: Final = {"lambda:ListLayerVersions": _On.LAYER}
_LIST_FUNCTIONS: Final = {"lambda:ListFunctions": _On.ANYTHING}
_READ_FUNCTIONS: Final = _LIST_FUNCTIONS | {
    "lambda:GetFunction": _On.FUNCTION_OR_VERSION,
    # GetFunction tells the tags only to those who may list them
    "lambda:ListTags": _On.FUNCTION,
}
# each layer in a function's list is read, other people's too: its size counts, and AWS checks it at an update
_READ_ANY_LAYER: Final = {"lambda:GetLayerVersion": _On.ANY_LAYER_VERSION}
_LIST_ALIASES: Final = {"lambda:ListAliases": _On.FUNCTION}
_MOVE_ALIASES: Final = _LIST_ALIASES | {"lambda:PublishVersion": _On.FUNCTION, "lambda:UpdateAlias": _On.FUNCTION}
_ALARMS: Final = {"cloudwatch:DescribeAlarms": _On.ANYTHING}
_READ_PARAMETERS: Final = {"ssm:GetParameter": _On.PARAMETER}
_PARAMETERS: Final = _READ_PARAMETERS | {"ssm:PutParameter": _On.PARAMETER}
_PLAN: Final = _LIST_VERSIONS | _READ_FUNCTIONS | _READ_ANY_LAYER
_MOVE: Final = _PLAN | {
    "lambda:UpdateFunctionConfiguration": _On.FUNCTION,
    "lambda:TagResource": _On.FUNCTION,
}
_PUBLISH: Final = _MOVE | {"lambda:PublishLayerVersion": _On.LAYER, "lambda:UntagResource": _On.FUNCTION}
_PUBLISH_FEATURES: Final = {
    # AWS reads the uploaded zip with the caller's rights
    Feature.BUCKET: {"s3:PutObject": _On.BUCKET, "s3:GetObject": _On.BUCKET},
    Feature.SHARE: {
        "lambda:GetLayerVersionPolicy": _On.LAYER_VERSION,
        "lambda:AddLayerVersionPermission": _On.LAYER_VERSION,
    },
    Feature.PARAMETER: _PARAMETERS | {"ssm:ListTagsForResource": _On.PARAMETER},
    Feature.ALIAS: _MOVE_ALIASES,
    Feature.ALARMS: _ALARMS,
}

OPERATIONS: Final[Mapping[Command, _Rights]] = {
    Command.PLAN: _PLAN,
    Command.PUBLISH: _PUBLISH,
    Command.RELEASE: _PUBLISH,
    Command.ROLLBACK: _MOVE,
    Command.STATUS: _LIST_VERSIONS | _READ_FUNCTIONS | _LIST_ALIASES,
    Command.SHOW: _LIST_VERSIONS | {"lambda:GetLayerVersion": _On.LAYER_VERSION},
    Command.PRUNE: _LIST_VERSIONS
    | _LIST_FUNCTIONS
    | _LIST_ALIASES
    | {
        "lambda:GetLayerVersionPolicy": _On.LAYER_VERSION,
        "lambda:DeleteLayerVersion": _On.LAYER_VERSION,
    },
}
_FEATURES: Final[Mapping[Command, Mapping[Feature, _Rights]]] = {
    Command.PLAN: {Feature.ALIAS: _LIST_ALIASES},
    Command.PUBLISH: _PUBLISH_FEATURES,
    Command.RELEASE: _PUBLISH_FEATURES,
    Command.ROLLBACK: {
        Feature.ALIAS: _MOVE_ALIASES,
        Feature.PARAMETER: _PARAMETERS | {"ssm:AddTagsToResource": _On.PARAMETER},
    },
    Command.PRUNE: {Feature.PARAMETER: _READ_PARAMETERS},
}


@record
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


@record
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


@record
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]

    def json(self) -> dict[str, Json]:
        """Return the document as IAM reads it."""
        return {"Version": POLICY_VERSION, "Statement": [statement.json() for statement in self.statements]}


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; the first beginning that fits counts
_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "us-iso-": "aws-iso",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}


def partition_of(region: str) -> str:
    """Return the partition that a region's ARNs name: `aws-cn` for China; `aws` for most, and for "" or `*`."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


def actions_of(command: Command, features: Iterable[Feature] = ()) -> Mapping[str, str]:
    """Return each IAM action that a command may use, and the kind of its resource; none for one that asks no AWS."""
    found: dict[str, _On] = dict(OPERATIONS.get(command, {}))
    for feature in frozenset(features):
        found |= _FEATURES.get(command, {}).get(feature, {})
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
        case _On.FUNCTION_OR_VERSION:
            # IAM's * goes over colons: shop-* covers shop-a:live, but shop does not cover shop:live
            qualified = [f"{glob}:*" for glob in scope.functions if not glob.endswith("*")]
            found = _in_lambda(scope, [f"function:{glob}" for glob in (*scope.functions, *qualified)])
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
