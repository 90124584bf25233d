"""What a value that breaks the rules of the config is told, and what its key takes."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, cast

from layer_action.config.lines import Json, Path
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


def said(error: "ValidationError", path: Path, written: str) -> tuple[str, str]:
    """Return what is wrong, and what to do."""
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    message, hint = f"`{key}` is {_quoted(error, written)}", _accepted(key, error, written)
    match error.validator:
        case "required":
            message, hint = "the config has no `layers`", SIX_LINES
        case "type" if "runtimes" in path:
            message, hint = (
                f"a runtime is written as the number {written}",
                f"Write `python{written}`: YAML reads 3.10 as 3.1.",
            )
        case "type":
            wanted, quoted = _kinds(error.validator_value), isinstance(error.instance, int | float)
            message = f"`{key}` is {_kind(error.instance)}, not {wanted}"
            hint = "Quote it if it is meant as text." if quoted else f"Write {wanted}."
            hint = SIX_LINES if path == ("layers",) else hint
        case "maxLength":
            message, hint = f"`{key}` has {len(written)} characters", f"It may have {error.validator_value}."
        case "minItems" | "minProperties":
            message, hint = f"`{key}` is empty", SIX_LINES if key == "layers" else "Write at least one."
        case "minLength" if not written:
            message = f"`{key}` is empty"
        case "uniqueItems":
            items = [str(item) for item in cast("list[Json]", error.instance)]
            message, hint = f"`{key}` lists {max(items, key=items.count)} more than once", "Keep one."
        case _:
            pass
    return message, hint


def _quoted(error: "ValidationError", written: str) -> str:
    return repr(written) if isinstance(error.instance, str) else written


_NAMES_ONLY: Final = "Write names only, such as `boto3`."
_A_NAME: Final = "Write 1 to 128 letters, digits, dashes and underscores."
_A_LAYER_NAME: Final = "A layer name has letters, digits, dashes, underscores, {layer}, {runtime} and {architecture}."
_ACCEPTED: Final[Mapping[str, str]] = {
    "runtimes": f"Write one of: {', '.join(RUNTIMES)}.",
    "architectures": "Write x86_64 or arm64.",
    "name": _A_LAYER_NAME,
    "replaces": _A_LAYER_NAME,
    "groups": _NAMES_ONLY,
    "extras": _NAMES_ONLY,
    "provided": _NAMES_ONLY,
    "build-from-source": _NAMES_ONLY,
    "alias": _A_NAME,
    "ssm": "Write letters, digits, `_ . - /`, {layer} and {region}.",
    "s3-bucket": "Write the bucket's name alone; {region} in it stands for the region.",
    "share": "Write 12-digit account ids in quotes, or organisation ids (o-…).",
    "account": "Write the 12 digits in quotes.",
    "role": "Write the ARN of a role, such as `arn:aws:iam::111122223333:role/layers`.",
    "regions": "Write region names such as eu-central-1.",
}
_SIZES: Final = "Write a number of bytes, `200 MB` or `200 MiB`."


def _accepted(key: str, error: "ValidationError", written: str) -> str:
    """Return what a key takes. Of numbers, from which on and up to which: `error.schema` is the key's own."""
    schema = cast("dict[str, Json]", error.schema)
    match error.validator:
        case "enum":
            values = [str(value) for value in cast("list[Json]", error.validator_value)]
            return f"{suggestion(written, values)}Write one of: {', '.join(values)}."
        case "minimum" | "maximum":
            most = f"to {schema['maximum']}" if "maximum" in schema else "on"
            return f"Write a number from {schema['minimum']} {most}."
        case "pattern" if key == "budget":
            return _SIZES
        case _:
            return _ACCEPTED.get(key, "Write text.")


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
