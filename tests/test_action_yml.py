"""action.yml, the code's inputs and outputs, the container and the README say the same."""

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml

from layer_action import errors
from layer_action.arguments import OPTIONS
from layer_action.commands.init import workflow_text
from layer_action.commands.outputs import OUTPUTS
from layer_action.commands.surroundings import Surroundings
from layer_action.config.load import load
from layer_action.inputs import Command, Inputs, read_inputs
from layer_action.record import replace

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").is_file() else ""
WORKFLOWS = sorted((ROOT / "examples" / "shop" / ".github" / "workflows").glob("*.yml"))
INPUTS: dict[str, dict[str, Any]] = ACTION["inputs"]


def as_written(value: object) -> str:
    """Write a default of the code as action.yml would."""
    match value:
        case None | ():
            return ""
        case bool():
            return str(value).lower()
        case Enum():
            return str(value)
        case _:
            return str(value)


def test_action_yml_declares_exactly_the_inputs_of_the_code() -> None:
    assert list(INPUTS) == list(Inputs.names())


@pytest.mark.parametrize("name", Inputs.names())
def test_a_default_is_the_same_in_both(name: str) -> None:
    default = getattr(Inputs(), name.replace("-", "_"))
    declared = INPUTS[name]["default"]
    assert isinstance(declared, str), "quote it: YAML would read a number or a truth value"
    assert declared == ("${{ github.token }}" if name == "token" else as_written(default))


def test_the_defaults_of_action_yml_are_read_as_no_input_at_all() -> None:
    given = {name: declared["default"] for name, declared in INPUTS.items() if name != "token" and declared["default"]}
    assert read_inputs(given) == read_inputs({})


def test_action_yml_declares_exactly_the_outputs_of_the_code() -> None:
    assert list(ACTION["outputs"]) == list(OUTPUTS)


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_each_description_is_a_sentence(kind: str) -> None:
    for name, declared in ACTION[kind].items():
        assert re.fullmatch(r"[A-Z].*\.", declared["description"]), name
        assert set(declared) <= {"description", "default", "required"}, name


def test_the_command_input_names_every_command() -> None:
    description = INPUTS["command"]["description"]
    commands = set(Command) - {Command.NOTHING}
    assert {command for command in commands if not re.search(rf"\b{command}\b", description)} == set()


def test_the_action_is_the_container_of_this_repository() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert (ROOT / "Dockerfile").is_file()


def test_the_container_starts_python_by_an_absolute_path_and_isolated() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert 'ENTRYPOINT ["/opt/app/bin/python", "-I", "/opt/app/entrypoint.py"]' in dockerfile
    assert "--require-hashes" in dockerfile
    assert "USER" not in dockerfile


def test_the_image_keeps_the_description_of_every_service_that_the_code_talks_to() -> None:
    kept = set(re.findall(r"! -name (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8")))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "layer_action" / "aws").glob("*.py")]
    asked = {service for source in sources for service in re.findall(r"""client\(\s*"([a-z0-9-]+)\"""", source)}
    assert {"lambda", "s3", "ssm", "sts", "cloudwatch"} <= asked
    assert asked <= kept


def section(title: str) -> str:
    """Return one chapter of the README."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_the_readme_has_a_row_for_each(kind: str) -> None:
    for name in ACTION[kind]:
        assert re.search(rf"^\| `{name}` \|", section(kind.title()), re.MULTILINE), (
            f"README.md has no row for the {kind} `{name}`"
        )


def test_the_readme_tells_each_default() -> None:
    for name, declared in INPUTS.items():
        row = re.search(rf"^\| `{name}` \|(.*?)\|", section("Inputs"), re.MULTILINE)
        assert row, name
        assert row.group(1).strip(" `") == declared["default"], name


def test_the_readme_tells_each_input_in_the_words_of_the_help() -> None:
    for name, option in OPTIONS.items():
        [told] = re.findall(rf"^\| `{name}` \|[^|]*\| (.*?) \|$", section("Inputs"), re.MULTILINE)
        assert told.replace("`", "").startswith(option.says), name


def test_the_readme_names_every_exit_code() -> None:
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    for code in codes | {errors.EXIT_DONE, errors.EXIT_CHANGES, errors.EXIT_BUG}:
        assert re.search(rf"^\| {code}\b", README, re.MULTILINE), f"README.md does not explain exit code {code}"


def test_the_readme_has_a_row_for_each_config_key() -> None:
    schema = json.loads((ROOT / "layer_action" / "config" / "lambda-layers.schema.json").read_text(encoding="utf-8"))
    lines = section("Configuration").splitlines()
    rows = " ".join(line.split("|")[1] for line in lines if line.startswith("| "))
    for key in [*schema["$defs"]["settings"]["properties"], "environments"]:
        assert f"`{key}`" in rows, f"README.md does not explain the key `{key}`"


@pytest.mark.parametrize(
    "path", [README, *WORKFLOWS], ids=lambda path: "README" if isinstance(path, str) else path.name
)
def test_a_workflow_that_we_show_uses_only_declared_inputs(path: Path | str) -> None:
    found = re.findall(r"```yaml\n(on:.*?)```", README, re.DOTALL)
    texts = found if isinstance(path, str) else [path.read_text("utf-8")]
    assert texts
    for text in texts:
        for job in yaml.safe_load(text)["jobs"].values():
            for step in job["steps"]:
                if "lambda-layer-action" in step.get("uses", "") or step.get("uses") == "./":
                    assert set(step.get("with", {})) <= set(INPUTS)


def test_the_workflow_in_the_readme_is_the_one_that_init_writes() -> None:
    [shown] = re.findall(r"```yaml\n(on:.*?)```", README, re.DOTALL)
    found = Surroundings(layers={}, runtimes=(), architectures=(), regions=("eu-central-1",))
    assert shown == workflow_text(found).removeprefix("name: Lambda layers\n")


def test_writing_out_the_defaults_that_the_readme_tells_changes_nothing() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| `([^|]+)` \|", section("Configuration"), re.MULTILINE)
    told = {key: value for keys, value in rows for key in re.findall(r"`([\w-]+)`", keys)[:1]}
    assert len(told) > 8
    config = "runtimes: [python3.12]\nlayers:\n  http: requirements.txt\n"
    written = config + "".join(
        f"{key}: {value!r}\n" if "{" in value else f"{key}: {value}\n" for key, value in told.items()
    )
    plain, spelled_out = (load(text, "lambda-layers.yml").layers[0] for text in (config, written))
    assert replace(spelled_out, locations=plain.locations) == plain


def test_the_config_in_the_readme_is_read_without_a_complaint() -> None:
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "\nlayers:" in block]
    assert blocks
    for block in blocks:
        load(block, ".github/lambda-layers.yml")
