"""IAM, as far as it decides here: single denials, and a policy that allows what it names and nothing else."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

from tests.standins.aws.errors import ApiError, not_authorized
from tests.standins.aws.state import Region, World

# sts:GetCallerIdentity needs no permission; the test's own preparations are nobody's business
_FREE = {"sts:GetCallerIdentity"}


def demand(world: World, region: Region, action: str, resource: str) -> None:
    """Raise IAM's refusal unless an action on a resource is allowed."""
    if action in _FREE or allowed(world, action, resource):
        return
    if action.startswith("s3:"):
        raise ApiError("AccessDenied", "Access Denied", status=403)
    raise not_authorized(region.caller, action, resource)


def allowed(world: World, action: str, resource: str) -> bool:
    """Tell whether nothing denies, and (where there is a policy) something allows."""
    if any(denied == action and fnmatch.fnmatchcase(resource, pattern) for denied, pattern in world.denied):
        return False
    return world.policy is None or any(_covers(statement, action, resource) for statement in world.policy)


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    return _any(statement["Action"], action) and _any(statement["Resource"], resource)


def _any(patterns: str | Sequence[str], text: str) -> bool:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)
