"""The command line: what `--help` promises can be typed."""

import re
import shlex

import pytest

from layer_action.arguments import parse
from layer_action.inputs import Inputs
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


def help_of(command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "400")  # each option on one line
    with pytest.raises(SystemExit, match="0"):
        parse([command.value, "--help"])
    return capsys.readouterr().out


def test_each_input_is_in_the_help_of_the_commands_that_heed_it_with_its_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {command: help_of(command, capsys, monkeypatch) for command in EXAMPLES}
    shown = {
        name: {command for command, page in pages.items() if re.search(rf"^ +--{name} ", page, re.MULTILINE)}
        for name in Inputs.names()
    }
    assert [name for name, commands in shown.items() if not commands] == ["command"]
    assert shown["regions"] == set(EXAMPLES) - {Command.BUILD}, "build asks no AWS"
    assert shown["cache-dir"] == {Command.PLAN, Command.BUILD, Command.PUBLISH, Command.RELEASE}
    assert "(.github/lambda-layers.yml)" in pages[Command.STATUS]
    assert re.search(r"--session-minutes N .*\(60\)", pages[Command.ROLLBACK])
    assert re.search(r"--fail-on SEVERITY .*\(error\)", pages[Command.PLAN])


def test_the_help_says_where_files_go_without_being_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "(.lambda-layer-action/build)" in help_of(Command.BUILD, capsys, monkeypatch)
    assert "(.lambda-layer-action/plan.json)" in help_of(Command.PLAN, capsys, monkeypatch)


def test_an_option_that_does_nothing_for_a_command_is_taken_all_the_same() -> None:
    for command in (Command.STATUS, Command.BUILD):
        assert parse([command.value, "--comment", "never", "--regions", "us-east-1"]).given["comment"] == "never"


def test_half_a_word_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["build", "--plan", "plan.json"])
    assert "unrecognized arguments: --plan" in capsys.readouterr().err


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


def test_a_list_may_be_given_in_parts() -> None:
    parts = parse(["plan", "--layers", "http", "--layers", "data,lib", "--upgrade", "six"]).given
    assert parts == {"layers": "http,data,lib", "upgrade": "six"}


def test_what_is_no_list_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["plan", "--token", "sesame", "--token", "open"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "argument --token: given twice" in said
    assert "sesame" not in said
