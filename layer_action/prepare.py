"""Before anything is done: inputs, event, config and account are read, and every problem found is told at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from layer_action.arguments import Arguments
from layer_action.choice import Choice, ReleaseTag, command_for, parse_release_tag
from layer_action.config.load import Config, Environment, choose_layers
from layer_action.config.sketch import Sketch
from layer_action.config_file import checked_out_config, git_says, known_of
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, each_of, raise_all
from layer_action.event import Event, Kind, read_event
from layer_action.inputs import (
    DEFAULT_CONFIG,
    CommentMode,
    Inputs,
    given_inputs,
    is_region,
    no_region,
    read_inputs,
    words,
)
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
        config = collector.attempt(lambda: checked_out_config(root, inputs, env), _NO_CONFIG)
        known = known_of(config, root, inputs)
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
    raise_all(_in_order(collector.problems))
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


def commented(arguments: Arguments, env: Mapping[str, str], here: Path) -> tuple[Inputs, Event] | None:
    """Return the inputs and the event of a run whose plan a pull request's comment tells; None of any other run.

    Of one that cannot be prepared too: what is wrong with it is told elsewhere.
    """
    given, collector = _given(arguments, env), Collector()
    inputs = collector.attempt(lambda: read_inputs(given), _plain_inputs(given))
    event = collector.attempt(lambda: read_event(env, _payload(env)), Event(name="", kind=Kind.LOCAL))
    root, nothing = top_folder(env, here), Choice(command=Command.NOTHING)
    choice = collector.attempt(lambda: _choice(event, inputs, (), root, env), nothing)
    return (inputs, event) if choice.command is Command.PLAN and event.pull_request is not None else None


def _given(arguments: Arguments, env: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs by kebab-case name; what the command line says outweighs the workflow."""
    named = {} if arguments.command is Command.AUTO else {"command": arguments.command.value}
    return given_inputs(env) | arguments.given | named


def _plain_inputs(given: Mapping[str, str]) -> Inputs:
    """Return the inputs that are well formed: the config and the account are then looked at, and told of as well."""
    command, comment = given.get("command", ""), given.get("comment", "")
    return Inputs(
        command=Command(command) if command in {one.value for one in NEEDS_AWS} else Command.AUTO,
        config=given.get("config", DEFAULT_CONFIG),
        layers=words(given.get("layers", "")),
        environment=given.get("environment", ""),
        runtimes=tuple(RUNTIMES)[:1] if given.get("runtimes") else (),  # a wrong one is told already
        comment=CommentMode(comment) if comment in set(CommentMode) else CommentMode.CHANGES,
        token=given.get("token", ""),
    )


def _in_order(problems: Iterable[LayerActionError]) -> list[LayerActionError]:
    """Return problems as they were found, but all of one file together, by line."""
    found = [problem for each in problems for problem in each_of(each)]
    places = [problem.location.file if problem.location else "" for problem in found]

    def order(at: int) -> tuple[int, int]:
        location = found[at].location
        return (places.index(location.file), location.line or 0) if location else (at, 0)

    return [found[at] for at in sorted(range(len(found)), key=order)]


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


def _payload(env: Mapping[str, str]) -> bytes | None:
    path = env.get("GITHUB_EVENT_PATH", "")
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None


def _choice(event: Event, inputs: Inputs, names: tuple[str, ...], root: Path, env: Mapping[str, str]) -> Choice:
    head = ""
    if event.kind in (Kind.WORKFLOW_RUN, Kind.ISSUE_COMMENT):
        head = git_says(root, env, "rev-parse", "HEAD")  # without git nobody can tell whose code this is: refused
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
