"""The config as it is checked out: its file, or layers made of folders, and what a refused one says all the same."""

from collections.abc import Mapping
from pathlib import Path

from layer_action import process
from layer_action.config.load import REQUIREMENT_FILES, Config, load, without_file
from layer_action.config.sketch import Sketch, sketched
from layer_action.config.wording import SIX_LINES
from layer_action.errors import ConfigError, InputError, Location
from layer_action.inputs import DEFAULT_CONFIG, Inputs
from layer_action.requirement_files import asking_in


def read_config(root: Path, inputs: Inputs) -> Config:
    """Read the config file, or make layers of folders. Raises ConfigError, InputError, Problems."""
    path = root / inputs.config
    if path.is_file():
        return load(_text(path, inputs.config), inputs.config, environment=inputs.environment)
    if inputs.config != DEFAULT_CONFIG:
        raise ConfigError(
            "the config file does not exist",
            hint=f"Its path counts from the top of the repository, wherever a command is given. {SIX_LINES}",
            location=Location(inputs.config),
        )
    if inputs.environment:
        raise InputError(
            f"the environment {inputs.environment!r} needs a config file",
            hint=f"Write {DEFAULT_CONFIG} with `environments:`, or leave the input empty.",
            location=Location("input environment"),
        )
    folders = root / "layers"
    found = {
        folder.name: asking_in(folder, REQUIREMENT_FILES)
        for folder in sorted(folders.iterdir() if folders.is_dir() else ())
        if folder.is_dir()
    }
    return without_file(found, runtimes=inputs.runtimes, architectures=inputs.architectures)


def checked_out_config(root: Path, inputs: Inputs, env: Mapping[str, str]) -> Config:
    """Read the config. A sparse checkout without the file must not pass for a repository without one.

    Raises ConfigError, InputError, Problems.
    """
    there = (root / inputs.config).exists()
    if not there and git_says(root, env, "ls-files", "-t", "--", inputs.config).startswith("S "):
        raise ConfigError(
            "the config file is in the repository, and not in this checkout",
            hint="A sparse checkout must include it, and the folders of the layers.",
            location=Location(inputs.config),
        )
    return read_config(root, inputs)


def git_says(root: Path, env: Mapping[str, str], *arguments: str) -> str:
    """Return what git says of the checkout; "" without git, or where it says nothing."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    try:
        return process.run(command, env=process.plain_environment(env), cwd=root, timeout=60).stdout.strip()
    except FileNotFoundError:
        return ""


def known_of(config: Config, root: Path, inputs: Inputs) -> Sketch:
    """Return what the config says; of one that was refused, what it says all the same."""
    if config.layers:
        return Sketch(layers=config.layers, environment=config.environment, may_name_regions=False)
    path = root / inputs.config
    if not path.exists():
        return Sketch(may_name_regions=False)
    try:
        return sketched(_text(path, inputs.config), inputs.config, environment=inputs.environment)
    except ConfigError:
        return Sketch()


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the config cannot be read: {error}", hint="Save it as UTF-8 text.", location=Location(name)
        ) from error
    except OSError as error:
        raise ConfigError(
            f"the config cannot be read: {error.strerror}",
            hint="Give this user the right to read it.",
            location=Location(name),
        ) from error
