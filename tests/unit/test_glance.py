"""The quick look at a config never takes a wrong one for right, and knows those that users write."""

import json
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from layer_action.config.glance import is_surely_valid
from layer_action.config.lines import Json, read_document

SCHEMA: Final[dict[str, Any]] = json.loads(
    resources.files("layer_action.config").joinpath("lambda-layers.schema.json").read_text(encoding="utf-8")
)
VALIDATOR: Final = Draft202012Validator(SCHEMA)
SHOP: Final = Path(__file__).parents[2] / "examples" / "shop" / ".github" / "lambda-layers.yml"

KEYWORDS = ["", "a", "http", "python3.12", "python3.15", "arm64", "x86_64", "200 MiB", "200 TB", "major", "skip", "all"]
NAMES = ["123456789012", "o-abcdefghij", "eu-central-1", "arn:aws:iam::123456789012:role/r", "x" * 513]
WORDS = st.sampled_from([*KEYWORDS, *NAMES])
NUMBERS = st.sampled_from([-1, 0, 1, 5, 360, 361, 1.5, float("nan"), float("inf"), True, False, None])
PLAIN = WORDS | NUMBERS
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.sampled_from(["include", "exclude", "x"]), PLAIN)
SETTINGS = st.dictionaries(st.sampled_from([*SCHEMA["$defs"]["settings"]["properties"], "layers", "nmae"]), VALUES)
LAYERS = st.dictionaries(st.sampled_from(["http", "data"]), WORDS | st.lists(WORDS, max_size=2) | SETTINGS)
ENVIRONMENT = st.builds(
    lambda settings, own: settings | own,
    SETTINGS,
    st.fixed_dictionaries({}, optional={"account": VALUES, "role": VALUES, "layers": LAYERS}),
)
CONFIGS = st.builds(
    lambda settings, own: settings | own,
    SETTINGS,
    st.fixed_dictionaries({}, optional={"layers": LAYERS, "environments": st.dictionaries(WORDS, ENVIRONMENT)}),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(CONFIGS | VALUES | ANYTHING)
def test_what_is_surely_valid_is_valid(value: Json) -> None:
    assert not is_surely_valid(value, SCHEMA) or VALIDATOR.is_valid(value)


def settings_one_by_one() -> list[tuple[str, object]]:
    words = ["a", "python3.12", "arm64", "200 MiB", "all", "skip", "major", "rollback", "allow", "x-1", "123456789012"]
    candidates = [*words, "eu-central-1", 5, 1.5, {"include": ["a"]}]
    candidates += [[word] for word in candidates]
    pairs = [(key, value) for key in SCHEMA["$defs"]["settings"]["properties"] for value in candidates]
    return [(key, value) for key, value in pairs if VALIDATOR.is_valid({"layers": {"a": {key: value}}})]


@pytest.mark.parametrize(("key", "value"), settings_one_by_one())
def test_every_setting_is_known_at_a_glance(key: str, value: Json) -> None:
    assert is_surely_valid({"layers": {"a": {key: value}}}, SCHEMA)
    assert is_surely_valid({"layers": {"a": "r.txt"}, key: value}, SCHEMA)
    assert is_surely_valid({"layers": {"a": "r.txt"}, "environments": {"live": {key: value}}}, SCHEMA)


def test_the_example_is_right_at_a_glance() -> None:
    assert is_surely_valid(read_document(SHOP.read_text(encoding="utf-8"), SHOP.name).value, SCHEMA)


def test_a_keyword_that_is_not_known_is_left_to_jsonschema() -> None:
    assert not is_surely_valid("a", {"type": "string", "format": "date"})
    assert not is_surely_valid("a", {"$ref": "#/$defs/missing"})
    assert not is_surely_valid({"a": "b"}, {"additionalProperties": {"const": "b"}})
