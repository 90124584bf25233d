"""Which targets of a layer share one zip, and what each zip is called in AWS."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from layer_action.errors import ConfigError, raise_all
from layer_action.formats.digest import contents_key, layer_digest
from layer_action.model.layer import Bytecode, LayerContent, LayerSpec
from layer_action.model.listing import listed
from layer_action.model.lock import Lock
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target

_SUFFIXES: Final = ("-{architecture}", "-{runtime}", "-{runtime}-{architecture}")


def layer_name_for(template: str, target: Target) -> str:
    """Fill `{runtime}` (`python3_12`: AWS takes no dot) and `{architecture}` in."""
    filled = template.replace("{runtime}", target.runtime.replace(".", "_"))
    return filled.replace("{architecture}", str(target.architecture))


def layer_names(spec: LayerSpec) -> tuple[str, ...]:
    """Return every AWS name that a spec's artifacts have, in the order of its targets."""
    return tuple(dict.fromkeys(layer_name_for(spec.layer_name, target) for target in spec.targets))


def former_names(spec: LayerSpec) -> tuple[str, ...]:
    """Return every AWS name that a spec's artifacts had before it was renamed, in the order of its targets."""
    former = spec.rollout.replaces
    return tuple(dict.fromkeys(layer_name_for(former, target) for target in spec.targets)) if former else ()


def former_name(spec: LayerSpec, layer_name: str) -> str:
    """Return the AWS name that an artifact had before its spec was renamed, "" where it was not."""
    targets = targets_named(spec, layer_name)
    return layer_name_for(spec.rollout.replaces, targets[0]) if targets else spec.rollout.replaces


def targets_named(spec: LayerSpec, layer_name: str) -> tuple[Target, ...]:
    """Return the targets of a spec whose artifact has that AWS name."""
    return tuple(target for target in spec.targets if layer_name_for(spec.layer_name, target) == layer_name)


def contents_of(
    spec: LayerSpec, locks: Mapping[Target, Lock], *, own_files: OwnFiles, inputs_hash: str
) -> tuple[LayerContent, ...]:
    """Return the artifacts of a spec, in the order of its targets; `locks` holds one lock for each of them.

    Targets with the same distributions share an artifact, unless the layer's name tells them apart anyway: a name must
    not come and go with the wheels. Raises ConfigError when two artifacts would have one name.
    """
    contents: list[LayerContent] = []
    for name, targets in _named_groups(spec, spec.layer_name, locks):
        lock = locks[targets[0]]
        contents.append(
            LayerContent(
                spec=spec,
                layer_name=name,
                targets=targets,
                lock=lock,
                own_files=own_files,
                digest=layer_digest(spec=spec, targets=targets, lock=lock, own_files=own_files),
                inputs_hash=inputs_hash,
            )
        )
    by_name: dict[str, LayerContent] = {}
    for content in contents:
        if (other := by_name.setdefault(content.layer_name, content)) is not content:
            raise _name_too_narrow(spec, locks, other, content)
    return tuple(contents)


def check_names(specs: Iterable[LayerSpec]) -> None:
    """Raise ConfigError (or Problems) where two layers would publish under one AWS name."""
    owners: dict[str, LayerSpec] = {}
    problems: dict[tuple[str, str], ConfigError] = {}
    for spec in specs:
        for name in layer_names(spec):
            owner = owners.setdefault(name, spec)
            if owner.name != spec.name:
                problems.setdefault(
                    (owner.name, spec.name),
                    ConfigError(
                        f"The layers `{owner.name}` and `{spec.name}` would both be published as `{name}`.",
                        hint=f"Give `{spec.name}` another `name:`.",
                        location=spec.location("name"),
                    ),
                )
    raise_all(problems.values())


def check_parameters(specs: Iterable[LayerSpec]) -> None:
    """Raise ConfigError (or Problems) where two zips would be recorded in one SSM parameter."""
    owners: dict[str, str] = {}
    problems: dict[str, ConfigError] = {}
    for spec in specs:
        for name in layer_names(spec) if spec.publication.ssm else ():
            parameter = spec.publication.ssm.replace("{layer}", name)
            owner = owners.setdefault(parameter, name)
            if owner != name:
                message = f"The layers `{owner}` and `{name}` would both be recorded in the parameter {parameter}."
                hint = "Write `{layer}` into `ssm`: it stands for AWS's name of the layer."
                problems.setdefault(spec.name, ConfigError(message, hint=hint, location=spec.location("ssm")))
    raise_all(problems.values())


def _named_groups(spec: LayerSpec, template: str, locks: Mapping[Target, Lock]) -> list[tuple[str, tuple[Target, ...]]]:
    groups: dict[tuple[object, ...], list[Target]] = defaultdict(list)
    for target in spec.targets:
        # a `.pyc` belongs to one version of Python
        python = target.python if spec.bytecode is not Bytecode.NONE else ""
        groups[layer_name_for(template, target), python, contents_key(locks[target])].append(target)
    return [(layer_name_for(template, targets[0]), tuple(targets)) for targets in groups.values()]


def _name_too_narrow(
    spec: LayerSpec, locks: Mapping[Target, Lock], one: LayerContent, other: LayerContent
) -> ConfigError:
    templates = [spec.layer_name + suffix for suffix in _SUFFIXES]
    wide = next((text for text in templates if _names_are_unique(_named_groups(spec, text, locks))), templates[-1])
    return ConfigError(
        f"The layer `{spec.name}` needs more than one zip: {_difference(one, other)}.",
        hint=f"Write `name: {wide}` in `{spec.name}`, so that each has a name of its own, or give it fewer targets.",
        location=spec.location("name"),
    )


def _names_are_unique(groups: Sequence[tuple[str, tuple[Target, ...]]]) -> bool:
    return len({name for name, _ in groups}) == len(groups)


def _difference(one: LayerContent, other: LayerContent) -> str:
    """Say which distribution differs between which targets."""
    here, there = one.targets[0], other.targets[0]
    names = sorted({found.name for found in (*one.lock.distributions, *other.lock.distributions)})
    sayings = [saying for name in names if (saying := _saying(name, one.lock, other.lock, here, there))]
    return listed(sayings) or f"{here} and {there} need bytecode of their own"


def _saying(name: str, one: Lock, other: Lock, here: Target, there: Target) -> str:
    a, b = one.get(name), other.get(name)
    if a and b and a.version != b.version:
        return f"{name} is {a.version} on {here} and {b.version} on {there}"
    if a and b and a.identity != b.identity:
        return f"{name} {a.version} has one wheel for {here} and another for {there}"
    if bool(a) != bool(b):
        return f"{name} is needed on {here if a else there} only"
    return ""
