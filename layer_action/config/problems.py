"""What is wrong with a config file, each at its line."""

import json
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Final, cast

from layer_action.config.glance import is_surely_valid
from layer_action.config.lines import Document, Json, Path
from layer_action.config.wording import said, suggestion
from layer_action.errors import ConfigError
from layer_action.record import record

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MERGING: Final = "Merging (`<<`) is not read: keys at the top are every layer's defaults."


@record
class Violation:
    """A value that breaks the schema: where it is, and the problem in words."""

    path: Path
    problem: ConfigError


def violations(document: Document) -> list[Violation]:
    """Return every violation of the schema."""
    schema = _schema()
    if is_surely_valid(document.value, schema):
        return []
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 40 ms, and most configs are right

    validator = Draft202012Validator(schema)
    return [found for error in validator.iter_errors(document.value) for found in _in_words(document, error)]


def _schema() -> dict[str, Json]:
    file = FilePath(__file__).with_name("lambda-layers.schema.json")  # importlib.resources loads zipfile: 5 ms
    return cast("dict[str, Json]", json.loads(file.read_bytes()))


def _in_words(document: Document, error: "ValidationError") -> Iterator[Violation]:
    path: Path = tuple(error.absolute_path)
    if error.validator in {"unevaluatedProperties", "additionalProperties"}:
        yield from _unknown_keys(document, error, path)
        return
    message, hint = said(error, path, document.texts.get(path, str(error.instance)))
    yield Violation(path=path, problem=ConfigError(message, hint=hint, location=document.location(path)))


def _unknown_keys(document: Document, error: "ValidationError", path: Path) -> Iterator[Violation]:
    settings = cast("dict[str, dict[str, Json]]", _schema()["$defs"])["settings"]["properties"]
    known = set(cast("dict[str, Json]", settings))
    if path == ():
        known |= {"layers", "environments"}
    elif path[-1] == "functions":
        known = {"include", "exclude"}
    elif path[0] == "environments" and len(path) == len(("environments", "name")):
        known |= {"account", "role", "layers"}
    for key in cast("dict[str, Json]", error.instance):
        if key not in known:
            hint = _MERGING if key == "<<" else suggestion(key, known).rstrip() or "Remove it."
            where = (*path, key)
            yield Violation(
                path=where, problem=ConfigError(f"unknown key `{key}`", hint=hint, location=document.location(where))
            )
