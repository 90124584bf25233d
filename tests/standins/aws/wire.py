"""From an HTTP request to an operation with parameters, by botocore's own service model; its constraints included."""

import base64
import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from tests.standins.aws.errors import ApiError

Parameters = dict[str, Any]
# AWS rejects runtimes older than these although its model lists them (recorded in January 2026).
_REFUSED_RUNTIMES: Final = {"python2.7", "python3.6", "python3.7"}


@lru_cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's description of a service."""
    return botocore.session.get_session().get_service_model(service)


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    operation: OperationModel


@lru_cache
def _routes(service: str) -> tuple[_Route, ...]:
    model = service_model(service)
    return tuple(_route(model.operation_model(name)) for name in model.operation_names)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", path.rstrip("/"))
    constants = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    return _Route(operation.http["method"], re.compile(pattern + "/?"), constants, operation)


def decode(service: str, method: str, target: str, body: bytes) -> tuple[OperationModel, Parameters]:
    """Return which rest-json operation a request asks for, and its parameters."""
    path, _, query_text = target.partition("?")
    query = urllib.parse.parse_qs(query_text, keep_blank_values=True)
    for route in sorted(_routes(service), key=lambda route: -len(route.query)):
        match = route.path.fullmatch(path)
        if match and route.method == method and all(query.get(k, [""])[0] == v for k, v in route.query.items()):
            return route.operation, _parameters(route.operation, match.groupdict(), query, body)
    raise ApiError("UnknownOperationException", f"{method} {path}", status=404)


def _parameters(
    operation: OperationModel, uri: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> Parameters:
    found: Parameters = {}
    document = json.loads(body) if body else {}
    members: Mapping[str, Shape] = operation.input_shape.members if operation.input_shape else {}
    for name, shape in members.items():
        place, wire_name = shape.serialization.get("location"), shape.serialization.get("name", name)
        if place == "uri" and wire_name in uri:
            found[name] = _typed(shape, urllib.parse.unquote(uri[wire_name]))
        elif place == "querystring" and wire_name in query:
            values = query[wire_name]
            found[name] = values if isinstance(shape, ListShape) else _typed(shape, values[0])
        elif place is None and document.get(wire_name) is not None:
            found[name] = _value(shape, document[wire_name])
    return found


def _typed(shape: Shape, text: str) -> Any:
    return int(text) if shape.type_name in {"integer", "long"} else text


def _value(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _value(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_value(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return dict(value)
    return base64.b64decode(value) if shape.type_name == "blob" else value


def check(operation: OperationModel, parameters: Parameters) -> None:
    """Hold parameters against the model's lengths, patterns and enumerations: the service does, botocore does not."""
    members: Mapping[str, Shape] = operation.input_shape.members if operation.input_shape else {}
    broken = [text for name, value in parameters.items() for text in _broken(name, members[name], value)]
    if broken:
        plural = "error" if len(broken) == 1 else "errors"
        raise ApiError("ValidationException", f"{len(broken)} validation {plural} detected: {'; '.join(broken)}")


def _broken(name: str, shape: Shape, value: Any) -> Iterator[str]:
    at = name[0].lower() + name[1:]
    if isinstance(shape, ListShape):
        wrong = [rule for item in value for rule in _rules(shape.member, item)]
        shown = f"[{', '.join(map(str, value))}]"
        if wrong and name == "CompatibleRuntimes":
            yield f"Value '{shown}' at '{at}' failed to satisfy constraint: {wrong[0]}"
        elif wrong:
            rules = [*_all_rules(shape.member), "Member must not be null"]
            rule = f"Member must satisfy constraint: [{', '.join(rules)}]"
            yield f"Value '{shown}' at '{at}' failed to satisfy constraint: {rule}"
        yield from (f"Value '{shown}' at '{at}' failed to satisfy constraint: {rule}" for rule in _length(shape, value))
    elif isinstance(value, str | int):
        yield from (f"Value '{value}' at '{at}' failed to satisfy constraint: {rule}" for rule in _rules(shape, value))


def _all_rules(shape: Shape) -> list[str]:
    limits = shape.metadata
    rules = [f"Member must have length less than or equal to {limits['max']}"] if "max" in limits else []
    rules += [f"Member must have length greater than or equal to {limits['min']}"] if "min" in limits else []
    rules += [f"Member must satisfy regular expression pattern: {limits['pattern']}"] if "pattern" in limits else []
    return rules + ([f"Member must satisfy enum value set: [{', '.join(_enum(shape))}]"] if "enum" in limits else [])


def _enum(shape: Shape) -> list[str]:
    return [value for value in shape.metadata["enum"] if value not in _REFUSED_RUNTIMES]


def _rules(shape: Shape, value: str | int) -> Iterator[str]:
    limits = shape.metadata
    if isinstance(value, int):
        if value > limits.get("max", value):
            yield f"Member must have value less than or equal to {limits['max']}"
        if value < limits.get("min", value):
            yield f"Member must have value greater than or equal to {limits['min']}"
        return
    yield from _length(shape, value)
    # Python's re has no \p{L}: tags.py checks those
    if r"\p" not in limits.get("pattern", r"\p") and not re.fullmatch(limits["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in _enum(shape):
        yield f"Member must satisfy enum value set: [{', '.join(_enum(shape))}]"


def _length(shape: Shape, value: str | list[Any]) -> Iterator[str]:
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"Member must have length less than or equal to {shape.metadata['max']}"
    if len(value) < shape.metadata.get("min", 0):
        yield f"Member must have length greater than or equal to {shape.metadata['min']}"
