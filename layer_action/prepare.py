"""Before anything is done: inputs, event, config and account are read, and every problem found is told at once."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from layer_action import process
from layer_action.arguments import Arguments
from layer_action.choice import Choice, ReleaseTag, command_for, parse_release_tag
from layer_action.config.load import Config, Environment, choose_layers, load, without_file
from layer_action.config.sketch import Sketch, sketched
from layer_action.config.wording import SIX_LINES
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, raise_all
from layer_action.event import Event, Kind, read_event
from layer_action.inputs import DEFAULT_CONFIG, Inputs, given_inputs, is_region, no_region, read_inputs, words
from layer_action.model.command import Command
from layer_action.model.layer import LayerSpec
from layer_action.model.target import RUNTIMES
from layer_action.record import record, replace

_Value = TypeVar("_Value")
NEEDS_AWS: Final = frozenset(
    {Command.PUBLISH, Command.RELEASE, Command.ROLLBACK, Command.STATUS, Command.SHOW, Command.PRUNE}
)


@record
class Prepared:
    """Everything a run is asked to do. `command` is NOTHING when the event asks for nothing (`notice` says why).

    `tag` is what `release` releases, None for any other command. `specs` are the chosen layers, `layers` all of the
    config's. `regions` are all that any chosen layer uses; `default_region` is the environment's. `root` is the top of
    the checkout, `here` the folder that paths of the command line start from.
    """

    arguments: Arguments
    inputs: Inputs
    event: Event
    command: Command
    notice: str
    tag: ReleaseTag | None
    specs: tuple[LayerSpec, ...]
    environment: Environment
    layers: tuple[LayerSpec, ...]
    regions: tuple[str, ...]
    default_region: str
    root: Path
    here: Path

    @property
    def declared(self) -> tuple[str, ...]:
        """The names of all layers."""
        return tuple(spec.name for spec in self.layers)


_READS_REQUIREMENTS: Final = frozenset({Command.PLAN, Command.BUILD, Command.PUBLISH, Command.RELEASE})
_NO_CONFIG: Final = Config(layers=(), environment=Environment())
_ANY_REGION: Final = "us-east-1"  # only to ask whose credentials these are


class Collector:
    """Runs readers, and keeps each one's problem instead of stopping at the first."""

    def __init__(self) -> None:
        """Start without problems."""
        self.problems: list[LayerActionError] = []

    def attempt(self, reader: Callable[[], _Value], otherwise: _Value) -> _Value:
        """Return what the reader returns, or `otherwise` and remember why."""
        try:
            return reader()
        except LayerActionError as problem:
            self.problems.append(problem)
            return otherwise


def top_folder(env: Mapping[str, str], here: Path) -> Path:
    """Return the top of the checkout: the runner's workspace, the repository's top, or the current folder."""
    workspace = env.get("GITHUB_WORKSPACE")
    if env.get("GITHUB_ACTIONS") == "true" and workspace and Path(workspace).is_dir():
        return Path(workspace)
    for folder in (here, *here.parents):
        if (folder / ".git").exists() or (folder / DEFAULT_CONFIG).is_file():
            return folder
    return here


def prepare(
    arguments: Arguments, env: Mapping[str, str], here: Path, check_account: Callable[[Environment, str], None]
) -> Prepared:
    """Read everything. Raises what is wrong, or Problems with all of it; nothing has been done by then.

    `check_account(environment, region)` is asked where the command cannot do without AWS.
    """
    collector = Collector()
    root = top_folder(env, here)
    given = _given(arguments, env)
    inputs = collector.attempt(lambda: read_inputs(given), _plain_inputs(given))
    event = collector.attempt(lambda: read_event(env, _payload(env)), Event(name="", kind=Kind.LOCAL))
    config, known = _NO_CONFIG, Sketch(may_name_regions=False)
    if inputs.command is not Command.INIT:
        config = collector.attempt(lambda: _checked_out_config(root, inputs, env), _NO_CONFIG)
        known = _known(config, root, inputs)
    wanted = inputs.layers if known.layers else ()
    chosen = collector.attempt(lambda: choose_layers(known.layers, wanted), known.layers)
    specs = tuple(_overridden(spec, inputs) for spec in chosen)
    names = tuple(spec.name for spec in known.layers)
    choice = collector.attempt(lambda: _choice(event, inputs, names, root, env), Choice(command=Command.NOTHING))
    tag = None
    if choice.command is Command.RELEASE and (names or not collector.problems):
        tag = collector.attempt(lambda: parse_release_tag(arguments.tag or event.tag or "", names), None)
    if choice.command in _READS_REQUIREMENTS:
        collector.problems.extend(_missing_files(specs, root))
    regions = _regions(specs, inputs, env)
    collector.problems.extend(_wrong_regions(regions, env))
    if choice.command in NEEDS_AWS:
        if not (regions or known.may_name_regions or given.get("regions")):
            collector.problems.append(_no_region())
        asked_in = next(filter(is_region, regions), _ANY_REGION)
        collector.attempt(lambda: check_account(known.environment, asked_in), None)
    raise_all(collector.problems)
    return Prepared(
        arguments=arguments,
        inputs=inputs,
        event=event,
        command=choice.command,
        notice=choice.notice,
        tag=tag,
        specs=specs,
        environment=config.environment,
        layers=known.layers,
        regions=regions,
        default_region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "",
        root=root,
        here=here,
    )


def _given(arguments: Arguments, env: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs by kebab-case name; what the command line says outweighs the workflow."""
    named = {} if arguments.command is Command.AUTO else {"command": arguments.command.value}
    return given_inputs(env) | arguments.given | named


def _plain_inputs(given: Mapping[str, str]) -> Inputs:
    """Return the inputs that are well formed: the config and the account are then looked at, and told of as well."""
    command = given.get("command", "")
    return Inputs(
        command=Command(command) if command in {one.value for one in NEEDS_AWS} else Command.AUTO,
        config=given.get("config", DEFAULT_CONFIG),
        layers=words(given.get("layers", "")),
        environment=given.get("environment", ""),
        runtimes=tuple(RUNTIMES)[:1] if given.get("runtimes") else (),  # a wrong one is told already
    )


def _wrong_regions(regions: tuple[str, ...], env: Mapping[str, str]) -> Iterator[InputError]:
    """Return the problem of the environment's region; the inputs and the config have told their own."""
    place = "AWS_REGION" if env.get("AWS_REGION") else "AWS_DEFAULT_REGION"
    if (value := env.get(place)) and value in regions and not is_region(value):
        yield no_region(value, place)


def _no_region() -> InputError:
    return InputError(
        "there is no AWS region",
        hint="Write `regions:` in the config, set the input `regions`, or AWS_REGION.",
        location=Location("input regions"),
    )


def _missing_files(specs: tuple[LayerSpec, ...], root: Path) -> Iterator[ConfigError]:
    for spec in specs:
        for name in spec.requirements:
            if not _exists(root / name):
                yield ConfigError(
                    f"the requirements file {name} of `{spec.name}` does not exist",
                    hint="Write its path relative to the repository's root. A sparse checkout must include it; "
                    "a submodule needs `submodules: true`.",
                    location=spec.location("requirements"),
                )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file has
        return False


def read_config(root: Path, inputs: Inputs) -> Config:
    """Read the config file, or make layers of folders. Raises ConfigError, InputError, Problems."""
    path = root / inputs.config
    if path.is_file():
        return load(_text(path, inputs.config), inputs.config, environment=inputs.environment)
    if inputs.config != DEFAULT_CONFIG:
        raise ConfigError("the config file does not exist", hint=SIX_LINES, location=Location(inputs.config))
    if inputs.environment:
        raise InputError(
            f"the environment {inputs.environment!r} needs a config file",
            hint=f"Write {DEFAULT_CONFIG} with `environments:`, or leave the input empty.",
            location=Location("input environment"),
        )
    folders = root / "layers"
    found = {
        folder.name: [file.name for file in folder.iterdir()]
        for folder in sorted(folders.iterdir() if folders.is_dir() else ())
        if folder.is_dir()
    }
    return without_file(found, runtimes=inputs.runtimes, architectures=inputs.architectures)


def _checked_out_config(root: Path, inputs: Inputs, env: Mapping[str, str]) -> Config:
    """Read the config. A sparse checkout without the file must not pass for a repository without one."""
    if not (root / inputs.config).exists() and _git(root, env, "ls-files", "-t", "--", inputs.config).startswith("S "):
        raise ConfigError(
            "the config file is in the repository, and not in this checkout",
            hint="A sparse checkout must include it, and the folders of the layers.",
            location=Location(inputs.config),
        )
    return read_config(root, inputs)


def _git(root: Path, env: Mapping[str, str], *arguments: str) -> str:
    """Return what git says of the checkout; "" without git, or where it says nothing."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    try:
        return process.run(command, env=process.plain_environment(env), cwd=root, timeout=60).stdout.strip()
    except FileNotFoundError:
        return ""


def _known(config: Config, root: Path, inputs: Inputs) -> Sketch:
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


def _payload(env: Mapping[str, str]) -> bytes | None:
    path = env.get("GITHUB_EVENT_PATH", "")
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None


def _choice(event: Event, inputs: Inputs, names: tuple[str, ...], root: Path, env: Mapping[str, str]) -> Choice:
    head = ""
    if event.kind in (Kind.WORKFLOW_RUN, Kind.ISSUE_COMMENT):
        head = _git(root, env, "rev-parse", "HEAD")  # without git nobody can tell whose code this is: refused
    return command_for(event, command=inputs.command, layer_names=names, head=head)


def _overridden(spec: LayerSpec, inputs: Inputs) -> LayerSpec:
    rollout = spec.rollout if inputs.repoint is None else replace(spec.rollout, repoint=inputs.repoint)
    return replace(spec, rollout=rollout)


def _regions(specs: tuple[LayerSpec, ...], inputs: Inputs, env: Mapping[str, str]) -> tuple[str, ...]:
    if inputs.regions:
        return inputs.regions
    declared = dict.fromkeys(region for spec in specs for region in spec.publication.regions)
    default = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    return tuple(declared) or ((default,) if default else ())
