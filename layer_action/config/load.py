"""From the config file, or the folders below `layers/`, to layer specs."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from layer_action.config.lines import as_mapping, read_document
from layer_action.config.problems import violations
from layer_action.config.spec import SpecReader, targets_of
from layer_action.config.wording import SIX_LINES, suggestion
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, each_of, raise_all
from layer_action.model.layer import LayerSpec
from layer_action.model.target import Architecture
from layer_action.record import record

REQUIREMENT_FILES: Final = ("pylock.toml", "uv.lock", "pyproject.toml", "requirements.txt")


@record
class Environment:
    """The AWS account that a run works in. `account` "" means any; `role` "" means the credentials as they are."""

    name: str = ""
    account: str = ""
    role: str = ""
    location: Location | None = None


@record
class Config:
    """What the repository declares, for one environment."""

    layers: tuple[LayerSpec, ...]
    environment: Environment


def without_file(
    folders: Mapping[str, Collection[str]], *, runtimes: tuple[str, ...], architectures: tuple[Architecture, ...]
) -> Config:
    """Make a layer of each folder of `layers/` that holds a lock or requirements.

    `folders` maps a folder's name to the names of the files in it. Raises ConfigError when none qualifies, InputError
    without a runtime.
    """
    chosen = {
        name: next(file for file in REQUIREMENT_FILES if file in files)
        for name, files in sorted(folders.items())
        if any(file in files for file in REQUIREMENT_FILES)
    }
    if not chosen:
        raise ConfigError(
            "there is no config file and no `layers/*/` that holds requirements",
            hint=f"Let `lambda-layer-action init` begin one, or begin it yourself. {SIX_LINES}",
        )
    if not runtimes:
        raise InputError(
            "without a config file the input `runtimes` says what the layers are for, and it is empty",
            hint="Write, for instance, `runtimes: python3.12`, or a config file. " + SIX_LINES,
            location=Location("input runtimes"),
        )
    targets = targets_of(runtimes, architectures or (Architecture.X86_64,))
    return Config(
        layers=tuple(
            LayerSpec(
                name=name,
                layer_name=name,
                requirements=(f"layers/{name}/{file}",),
                targets=targets,
                locations=(("", Location(f"layers/{name}/{file}")),),
            )
            for name, file in chosen.items()
        ),
        environment=Environment(),
    )


def load(text: str, file: str, *, environment: str = "") -> Config:
    """Read a config file, for one of its environments or for none. Raises ConfigError, or Problems with all of them."""
    document = read_document(text, file)
    if not isinstance(document.value, dict):
        raise ConfigError("the config is not a mapping", hint=SIX_LINES, location=Location(file, 1))
    top = document.value
    broken = violations(document)
    problems: list[LayerActionError] = [found.problem for found in broken]
    environments = as_mapping(top.get("environments"))
    if environment and environment not in environments:
        problems.append(
            ConfigError(
                f"the config has no environment {environment!r}",
                hint=f"It has: {', '.join(environments) or 'none'}.",
                location=document.location(("environments",)),
            )
        )
    paths = {found.path for found in broken}
    specs: list[LayerSpec] = []
    for name in as_mapping(top.get("layers")):
        if ("layers", name) in paths:
            continue  # of what is no layer at all nothing more can be said
        reader = SpecReader(document, name, environment, broken=paths)
        try:
            specs.append(reader.spec())
        except LayerActionError as problem:
            problems.extend(each_of(problem))
    problems.extend(_successions(specs))
    raise_all(sorted(problems, key=_line))
    chosen = as_mapping(environments.get(environment))
    return Config(
        layers=tuple(specs),
        environment=Environment(
            name=environment,
            account=str(chosen.get("account", "")),
            role=str(chosen.get("role", "")),
            location=document.location(("environments", environment, "account")) if chosen else None,
        ),
    )


def _successions(specs: Iterable[LayerSpec]) -> Iterator[ConfigError]:
    """Yield what is wrong with who replaces whom: functions would lose a layer, or change to and fro."""
    heirs: dict[str, str] = {}
    still = {spec.layer_name: spec.name for spec in specs}
    for spec in specs:
        former, here = spec.rollout.replaces, spec.location("replaces")
        heir, owner = heirs.setdefault(former, spec.name), still.get(former, spec.name)
        if former and heir != spec.name:
            yield ConfigError(
                f"the layers `{heir}` and `{spec.name}` both replace {former}, and a function gets one layer for it",
                hint="Let one of them replace it, and add the other to the functions that need it.",
                location=here,
            )
        elif former and owner != spec.name:
            yield ConfigError(
                f"the layer `{spec.name}` replaces {former}, which `{owner}` is still published as",
                hint=f"Take `{owner}` out of the config, or `replaces` out of `{spec.name}`.",
                location=here,
            )


def _line(problem: LayerActionError) -> int:
    return (problem.location and problem.location.line) or 0


def choose_layers(layers: Iterable[LayerSpec], wanted: Iterable[str]) -> tuple[LayerSpec, ...]:
    """Return the wanted layers, or all. Raises InputError for each that the config does not declare."""
    specs = tuple(layers)
    names = [spec.name for spec in specs]
    raise_all(
        InputError(
            f"the input `layers` names {name!r}, which the config does not declare",
            hint=f"{suggestion(name, names)}It declares: {', '.join(names)}.",
            location=Location("input layers"),
        )
        for name in wanted
        if name not in names
    )
    chosen = set(wanted) or set(names)
    return tuple(spec for spec in specs if spec.name in chosen)
