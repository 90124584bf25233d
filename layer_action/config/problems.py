"""What is wrong with a config file, in words, each at its line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Final, cast

from layer_action.config.glance import is_surely_valid
from layer_action.config.lines import Document, Json, Path
from layer_action.errors import ConfigError, Location
from layer_action.inputs import DEFAULT_CONFIG
from layer_action.model.target import RUNTIMES

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SIX_LINES: Final = f"""\
Write {DEFAULT_CONFIG}:
    runtimes: [python3.12]
    architectures: [x86_64]
    regions: [us-east-1]
    layers:
      http: layers/http/requirements.txt
      data: layers/data/requirements.txt"""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `Did you mean …? ` when a known word is close, else ""."""
    import difflib  # noqa: PLC0415 - most words are known

    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean `{close[0]}`? " if close else ""


def schema_problems(document: Document) -> list[ConfigError]:
    """Return every violation of the schema, in the order of the lines."""
    if not isinstance(document.value, dict):
        return [ConfigError("the config is not a mapping", hint=SIX_LINES, location=Location(document.file, 1))]
    schema = _schema()
    if is_surely_valid(document.value, schema):
        return []
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 40 ms, and most configs are right

    validator = Draft202012Validator(schema)
    problems = [problem for error in validator.iter_errors(document.value) for problem in _in_words(document, error)]
    return sorted(problems, key=lambda problem: (problem.location.line or 0) if problem.location else 0)


def _schema() -> dict[str, Json]:
    file = FilePath(__file__).with_name("lambda-layers.schema.json")  # importlib.resources loads zipfile: 5 ms
    return cast("dict[str, Json]", json.loads(file.read_bytes()))


def _in_words(document: Document, error: "ValidationError") -> Iterator[ConfigError]:
    path: Path = tuple(error.absolute_path)
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    written = document.texts.get(path, str(error.instance))
    match error.validator:
        case "unevaluatedProperties" | "additionalProperties":
            yield from _unknown_keys(document, error, path)
        case "required":
            yield ConfigError("the config has no `layers`", hint=SIX_LINES, location=document.location(path))
        case "type" if "runtimes" in path:
            yield ConfigError(
                f"a runtime is written as the number {written}",
                hint=f"Write `python{written}`: YAML reads 3.10 as 3.1.",
                location=document.location(path),
            )
        case "type":
            yield ConfigError(
                f"`{key}` is {_kind(error.instance)}, not {_kinds(error.validator_value)}",
                hint="Quote it if it is meant as text."
                if isinstance(error.instance, int | float)
                else f"Write {_kinds(error.validator_value)}.",
                location=document.location(path),
            )
        case "maxLength":
            yield ConfigError(
                f"`{key}` has {len(written)} characters",
                hint=f"It may have {error.validator_value}.",
                location=document.location(path),
            )
        case "pattern" | "enum":
            yield ConfigError(
                f"`{key}` is {written!r}", hint=_accepted(key, error, written), location=document.location(path)
            )
        case _:
            yield ConfigError(
                f"`{key}`: {error.message}",
                hint="The README lists what each key takes.",
                location=document.location(path),
            )


def _unknown_keys(document: Document, error: "ValidationError", path: Path) -> Iterator[ConfigError]:
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
            yield ConfigError(
                f"unknown key `{key}`",
                hint=suggestion(key, known).rstrip() or "Remove it.",
                location=document.location((*path, key)),
            )


_ACCEPTED: Final[Mapping[str, str]] = {
    "runtimes": f"Write one of: {', '.join(RUNTIMES)}.",
    "architectures": "Write x86_64 or arm64.",
    "name": "A layer name has letters, digits, dashes, underscores, {layer}, {runtime} and {architecture}.",
    "budget": "Write a number of bytes, `200 MB` or `200 MiB`.",
    "share": "Write 12-digit account ids in quotes, or organisation ids (o-…).",
    "account": "Write the 12 digits in quotes.",
    "regions": "Write region names such as eu-central-1.",
}


def _accepted(key: str, error: "ValidationError", written: str) -> str:
    if error.validator == "enum":
        values = [str(value) for value in cast("list[Json]", error.validator_value)]
        return f"{suggestion(written, values)}Write one of: {', '.join(values)}."
    return _ACCEPTED.get(key, f"It must match {error.validator_value}.")


def _kind(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _kinds(types: object) -> str:
    names = {
        "string": "text",
        "array": "a list",
        "object": "a mapping",
        "number": "a number",
        "integer": "a whole number",
    }
    wanted = types if isinstance(types, list) else [types]
    return " or ".join(names.get(str(word), str(word)) for word in wanted)
