"""Tags of functions: each change gives the function another RevisionId."""

import unicodedata
from typing import Final

from tests.standins.aws.errors import ApiError, invalid
from tests.standins.aws.functions import record_of
from tests.standins.aws.state import FunctionRecord, Region, World
from tests.standins.aws.wire import Parameters

MAX_TAGS: Final = 50
_PATTERN: Final = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"


def _function(world: World, region: Region, parameters: Parameters) -> FunctionRecord:
    arn = parameters["Resource"]
    if arn.count(":") > 6:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    return record_of(world, region, {"FunctionName": arn})[0]


def _check(text: str, longest: int) -> None:
    fits = all(unicodedata.category(letter)[0] in "LZN" or letter in "_.:/=+-@" for letter in text)
    if not fits or len(text) > longest:
        raise ApiError(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'tags' failed to satisfy constraint: "
            f"Map value must satisfy constraint: [Member must have length less than or equal to {longest}, "
            "Member must have length greater than or equal to 0, "
            f"Member must satisfy regular expression pattern: {_PATTERN}]",
        )


def tag_resource(world: World, region: Region, parameters: Parameters) -> Parameters:
    record = _function(world, region, parameters)
    for key, value in parameters["Tags"].items():
        _check(key, 128)
        _check(value, 256)
        if key.startswith("aws:"):
            raise invalid("aws: prefixed tag key names are not allowed for external use.")
    if len(record.tags | parameters["Tags"]) > MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")
    record.tags |= parameters["Tags"]
    record.renew_revision()
    return {}


def untag_resource(world: World, region: Region, parameters: Parameters) -> Parameters:
    record = _function(world, region, parameters)
    for key in parameters["TagKeys"]:
        record.tags.pop(key, None)
    record.renew_revision()
    return {}


def list_tags(world: World, region: Region, parameters: Parameters) -> Parameters:
    return {"Tags": dict(_function(world, region, parameters).tags)}
