"""Inputs: what the runner's variables become."""

import pytest

from layer_action.errors import InputError, Problems
from layer_action.inputs import Inputs, environment_name, given_inputs, read_inputs
from layer_action.model.layer import Bump, Severity
from layer_action.model.target import Architecture


def test_nothing_given_is_the_defaults() -> None:
    assert read_inputs(given_inputs({})) == Inputs()


def test_the_runner_writes_dashes_and_capitals_and_an_empty_input_is_none() -> None:
    env = {"INPUT_FAIL-ON": "warning", "INPUT_LAYERS": " http, data\njobs ", "INPUT_REGIONS": "", "INPUT_COMMAND": "  "}
    inputs = read_inputs(given_inputs(env))
    assert inputs.fail_on is Severity.WARNING
    assert inputs.layers == ("http", "data", "jobs")
    assert inputs.regions == ()


def test_each_input_is_read_into_its_type() -> None:
    given = {
        "architectures": "arm64",
        "repoint": "none",
        "session-minutes": "15",
        "allow-older": "TRUE",
        "upgrade": "all",
    }
    inputs = read_inputs(given)
    assert inputs.architectures == (Architecture.ARM64,)
    assert inputs.repoint is Bump.NONE
    assert inputs.session_minutes == 15
    assert inputs.allow_older is True
    assert inputs.upgrade == ("all",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("command", "deploy"),
        ("allow-older", "yes"),
        ("session-minutes", "0"),
        ("session-minutes", "an hour"),
        ("comment", "sometimes"),
        ("fail-on", "notice"),
        ("repoint", "all"),
        ("runtimes", "python3.7"),
        ("architectures", "x86"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_input_and_what_it_takes(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        read_inputs({name: value})
    assert name in str(caught.value.location)
    assert value in caught.value.message
    assert caught.value.hint.startswith("Write one of")


@pytest.mark.parametrize("region", ["EU-CENTRAL-1", "useast1", "us_east_1", "us-east-11", "eu-central"])
def test_what_cannot_be_a_region_is_told(region: str) -> None:
    with pytest.raises(InputError, match=f"'{region}' is no name of an AWS region"):
        read_inputs({"regions": f"eu-west-1, {region}"})


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "eusc-de-east-1"]
)
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert read_inputs({"regions": region}).regions == (region,)


def test_all_wrong_inputs_are_reported_together() -> None:
    with pytest.raises(Problems) as caught:
        read_inputs({"command": "x", "comment": "y", "allow-older": "z"})
    assert len(caught.value.problems) == 3


def test_every_input_has_a_variable_of_its_own() -> None:
    names = [environment_name(name) for name in Inputs.names()]
    assert "INPUT_SESSION-MINUTES" in names
    assert len(set(names)) == len(names)
