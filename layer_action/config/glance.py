"""A quick look at a config: is it surely right? Most are, and `jsonschema` takes 40 ms to load.

It knows the keywords that the schema uses, and no other: whatever it is not sure of, `jsonschema` judges and explains.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from layer_action.config.lines import Json

Schema: TypeAlias = Mapping[str, Json]

_SAYS_NOTHING: Final = {"$schema", "$defs", "title", "description"}
_OF_ANY: Final = {"$ref", "type", "enum"}
_OF_TEXT: Final = {"pattern", "minLength", "maxLength"}
_OF_NUMBERS: Final = {"minimum", "maximum"}
_OF_LISTS: Final = {"items", "minItems", "uniqueItems"}
_OF_MAPPINGS: Final = {"properties", "additionalProperties", "unevaluatedProperties", "minProperties", "required"}
_KNOWN: Final = _SAYS_NOTHING | _OF_ANY | _OF_TEXT | _OF_NUMBERS | _OF_LISTS | _OF_MAPPINGS


def is_surely_valid(value: Json, schema: Schema) -> bool:
    """Tell whether a value obeys a schema; False also means "not sure"."""
    return _obeys(value, schema, cast("Mapping[str, Schema]", schema.get("$defs", {})))


def _obeys(value: Json, schema: Schema, named: Mapping[str, Schema]) -> bool:
    referred = _referred(schema, named)
    if referred is None or not schema.keys() <= _KNOWN or not _is_among(value, schema):
        return False
    if referred and not _obeys(value, referred, named):
        return False
    match value:
        case str():
            return _text(value, schema)
        case list():
            return _list(value, schema, named)
        case dict():
            return _mapping(value, schema, referred, named)
        case _:
            return _number(value, schema)


def _is_among(value: Json, schema: Schema) -> bool:
    """Tell whether a value is of the kind, and one of the words, that a schema allows."""
    kinds = schema.get("type")
    if kinds is not None and _kinds(value).isdisjoint(cast("list[str]", kinds if isinstance(kinds, list) else [kinds])):
        return False
    return "enum" not in schema or (isinstance(value, str) and value in cast("list[Json]", schema["enum"]))


def _referred(schema: Schema, named: Mapping[str, Schema]) -> Schema | None:
    """Return what a schema refers to: {} for nothing, None where that is not known."""
    reference = schema.get("$ref")
    return {} if reference is None else named.get(str(reference).removeprefix("#/$defs/"))


def _kinds(value: Json) -> set[str]:
    if type(value) is int:
        return {"integer", "number"}
    kinds = {bool: "boolean", float: "number", str: "string", list: "array", dict: "object"}
    return {kinds.get(type(value), "null")}


def _number(value: float | None, schema: Schema) -> bool:
    if value is None or isinstance(value, bool):
        return True
    least, most = (cast("float", schema.get(word, value)) for word in ("minimum", "maximum"))
    return least <= value <= most


def _text(value: str, schema: Schema) -> bool:
    least, most = (cast("int", schema.get(word, len(value))) for word in ("minLength", "maxLength"))
    return least <= len(value) <= most and re.search(str(schema.get("pattern", "")), value) is not None


def _list(values: list[Json], schema: Schema, named: Mapping[str, Schema]) -> bool:
    if len(values) < cast("int", schema.get("minItems", 0)):
        return False
    if schema.get("uniqueItems") and len({value for value in values if isinstance(value, str)}) < len(values):
        return False
    return all(_obeys(value, cast("Schema", schema.get("items", {})), named) for value in values)


def _mapping(values: dict[str, Json], schema: Schema, referred: Schema, named: Mapping[str, Schema]) -> bool:
    own = cast("dict[str, Schema]", schema.get("properties", {}))
    known = own.keys() | cast("dict[str, Schema]", referred.get("properties", {})).keys()
    others = schema.get("additionalProperties", schema.get("unevaluatedProperties", {}))
    if len(values) < cast("int", schema.get("minProperties", 0)):
        return False
    if not values.keys() >= set(cast("list[str]", schema.get("required", []))):
        return False
    if others is False and not values.keys() <= (own.keys() if "additionalProperties" in schema else known):
        return False
    of_others = cast("Schema", others) if isinstance(others, dict) else {}
    return all(_obeys(value, own.get(name, of_others), named) for name, value in values.items())
