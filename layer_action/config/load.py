"""From the config file, or the folders below `layers/`, to layer specs."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, cast

from layer_action.config.lines import Json, read_document
from layer_action.config.problems import SIX_LINES, schema_problems, suggestion
from layer_action.config.spec import SpecReader, targets_of
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, raise_all
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
        raise ConfigError("there is no config file and no `layers/*/` that holds requirements", hint=SIX_LINES)
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
    raise_all(schema_problems(document))
    top = cast("dict[str, Json]", document.value)  # the schema has seen to it
    environments = cast("dict[str, dict[str, Json]]", top.get("environments", {}))
    if environment and environment not in environments:
        raise ConfigError(
            f"the config has no environment {environment!r}",
            hint=f"It has: {', '.join(environments) or 'none'}.",
            location=document.location(("environments",)),
        )
    chosen = environments.get(environment, {})
    problems: list[LayerActionError] = []
    specs: list[LayerSpec] = []
    for name in cast("dict[str, Json]", top["layers"]):
        reader = SpecReader(document, name, environment if chosen else "")
        try:
            specs.append(reader.spec())
        except LayerActionError as problem:
            problems.append(problem)
    raise_all(problems)
    return Config(
        layers=tuple(specs),
        environment=Environment(
            name=environment,
            account=str(chosen.get("account", "")),
            role=str(chosen.get("role", "")),
            location=document.location(("environments", environment, "account")) if chosen else None,
        ),
    )


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
