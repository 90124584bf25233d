"""The command line: what `--help` promises can be typed."""

import shlex

import pytest

from layer_action.arguments import parse
from layer_action.model.command import Command
from layer_action.usage import EXAMPLES, PROGRAM, WITHOUT_COMMAND

CALLS = [(command, call.partition(" | ")[0]) for command, calls in EXAMPLES.items() for call, _ in calls]


@pytest.mark.parametrize(("command", "call"), CALLS, ids=[call for _, call in CALLS])
def test_each_example_of_the_help_can_be_typed(command: Command, call: str) -> None:
    assert parse(shlex.split(call)).command is command


def test_every_command_that_the_help_lists_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in set(Command) - {Command.AUTO, Command.NOTHING}:
        with pytest.raises(SystemExit, match="0"):
            parse([command.value, "--help"])
        assert f"examples:\n  {PROGRAM} {command}" in capsys.readouterr().out


def test_the_first_page_of_the_help_names_calls_that_can_be_typed() -> None:
    calls = [line.split("   ")[0].split()[1:] for line in WITHOUT_COMMAND.splitlines() if line.startswith("  ")]
    assert len(calls) == 5
    assert [parse(call).command for call in calls[:-1]] == ["init", "build", "plan", "publish"]


def test_without_a_command_the_input_or_the_event_decides() -> None:
    assert parse([]).command is Command.AUTO
    assert parse([]).given == {}


def test_an_option_that_is_an_input_too_goes_by_the_inputs_name() -> None:
    assert parse(["plan", "--cache-dir", "wheels", "--fail-on", "warning"]).given == {
        "cache-dir": "wheels",
        "fail-on": "warning",
    }
    assert parse(["publish", "--allow-older"]).given == {"allow-older": "true"}
