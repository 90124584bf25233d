"""Pins in the repository's own files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.decide.pin_files import BuiltPin, built_pins, raise_pins

HTTP = "arn:aws:lambda:eu-west-1:111122223333:layer:http"
NEWEST = (f"{HTTP}:15",)


def raised(text: str) -> str:
    changes = raise_pins({"f": text.encode()}, NEWEST)
    return changes[0].content.decode() if changes else text


@pytest.mark.parametrize(
    "template",
    [
        "Layers:\n  - {}\n  - !Ref Other\n",
        'layers = [\n  "{}", # http\n]\n',
        '{{"Layers":["{}"]}}',
        "layer = lambda_.LayerVersion.from_layer_version_arn(self, 'http', '{}')",
        "{}\r\n",
        "\ufeffLayer: {}",
        "See {}, and {}.",
    ],
)
def test_only_the_number_changes(template: str) -> None:
    before = template.format(f"{HTTP}:14", f"{HTTP}:3")
    assert raised(before) == template.format(f"{HTTP}:15", f"{HTTP}:15")


@pytest.mark.parametrize(
    "text",
    [
        f"{HTTP}:15",
        f"{HTTP}:16",
        f"{HTTP}2:14",
        f"{HTTP}-extra:14",
        HTTP,
        f"{HTTP}:latest",
        f"{HTTP}:14x",
        f"{HTTP}:14:15",
        f"{HTTP}:14-old",
        f"x{HTTP}:14",
        HTTP.replace("eu-west-1", "us-east-1") + ":14",
        HTTP.replace("111122223333", "999999999999") + ":14",
        HTTP.replace("arn:aws:", "arn:aws-cn:") + ":14",
        "arn:aws:lambda:${AWS::Region}:111122223333:layer:http:14",
        f"${{HTTP}}:14 {HTTP.upper()}:14",
    ],
)
def test_whatever_is_not_exactly_an_older_version_of_the_layer_stays(text: str) -> None:
    assert raise_pins({"f": text.encode()}, NEWEST) == ()


def test_each_occurrence_is_listed_with_its_line() -> None:
    files = {
        "b.tf": f"x\n\n'{HTTP}:1' '{HTTP}:2'\n".encode(),
        "a.yaml": f"{HTTP}:14".encode(),
        "c.json": b"{}",
    }
    first, second = raise_pins(files, NEWEST)
    assert (first.file, [(place.line, place.before) for place in first.places]) == ("a.yaml", [(1, f"{HTTP}:14")])
    assert [(place.file, place.line, place.after) for place in second.places] == [("b.tf", 3, f"{HTTP}:15")] * 2


def test_a_line_end_at_the_very_beginning_counts() -> None:
    (change,) = raise_pins({"f": f"\n{HTTP}:14".encode()}, NEWEST)
    assert [place.line for place in change.places] == [2]


def test_several_layers_and_regions_at_once() -> None:
    other = HTTP.replace("eu-west-1", "us-east-1") + "2"
    (change,) = raise_pins({"f": f"{HTTP}:1 {other}:1".encode()}, (*NEWEST, f"{other}:7", f"{other}:5"))
    assert change.content.decode() == f"{HTTP}:15 {other}:7"


def test_files_that_are_no_text_are_kept_byte_by_byte() -> None:
    (change,) = raise_pins({"f": b"\xff\x00" + f"{HTTP}:1".encode() + b"\x00\xff"}, NEWEST)
    assert change.content == b"\xff\x00" + f"{HTTP}:15".encode() + b"\x00\xff"


@given(st.lists(st.sampled_from([f"{HTTP}:14", f"{HTTP}:1", f"{HTTP}", ":14", "\n", " ", "'", "-", "é"])).map("".join))
def test_a_second_time_changes_nothing(text: str) -> None:
    once = raised(text)
    assert raised(once) == once


def test_a_version_arn_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no layer version"):
        raise_pins({}, [HTTP])


@pytest.mark.parametrize(
    "text",
    [
        "- !Sub arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:layer:http:14",
        '{"Fn::Sub": "arn:aws:lambda:${AWS::Region}:111122223333:layer:http:14"}',
        '{"Fn::Join": [":", ["arn:aws:lambda", {"Ref": "AWS::Region"}, "111122223333:layer:http:14"]]}',
        'layers = ["arn:aws:lambda:${var.region}:${local.account}:layer:http:14"]',
        "`arn:aws:lambda:${this.region}:${this.account}:layer:http:14`",
    ],
)
def test_an_older_version_in_an_arn_that_is_put_together_is_found_and_left(text: str) -> None:
    files = {"a.yaml": f"\n{text}\n".encode()}
    assert raise_pins(files, NEWEST) == ()
    assert built_pins(files, NEWEST) == (BuiltPin(file="a.yaml", line=2, layer_name="http", number=14),)


@pytest.mark.parametrize(
    "text",
    [
        f"{HTTP}:14",
        HTTP.replace("111122223333", "999999999999") + ":14",
        "${Account}:layer:http:15",
        "${Account}:layer:http2:14",
        "my-layer:http:14",
        "layer:http",
    ],
)
def test_what_is_written_out_or_is_another_layer_is_not_put_together(text: str) -> None:
    assert built_pins({"a.yaml": text.encode()}, NEWEST) == ()
