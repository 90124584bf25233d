"""What there is before anything is resolved: each layer's inputs, and what AWS holds of it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from layer_action.commands.parallel import each, each_tried, fails_one_layer
from layer_action.decide.artifacts import former_name, former_names, layer_name_for, layer_names
from layer_action.decide.verdict import Published, newest_of_ours
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, raise_all
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.published import LayerVersion
from layer_action.model.target import Target
from layer_action.ports.aws import LayerStore
from layer_action.ports.building import LayerInputs
from layer_action.ports.services import Services, Unavailable
from layer_action.record import record, replace


@record
class Surveyed:
    """One layer spec. `published` holds, by (layer name, region), what AWS has; it is empty without AWS."""

    spec: LayerSpec
    inputs: LayerInputs
    regions: tuple[str, ...]
    published: Mapping[tuple[str, str], Published]

    def in_regions(self, layer_name: str) -> tuple[Published, ...]:
        """Return what the regions hold of one artifact, in their order."""
        return tuple(self.published[layer_name, region] for region in self.regions)

    def before(self, target: Target) -> tuple[Published, ...]:
        """Return what there is of a target's artifact, then of the layer's others, the nearest Python first."""
        template = self.spec.layer_name
        own = layer_name_for(template, target)

        def distance(other: Target) -> tuple[bool, int]:
            return layer_name_for(template, other) != own, abs(other.python_version[1] - target.python_version[1])

        names = dict.fromkeys(layer_name_for(template, other) for other in sorted(self.spec.targets, key=distance))
        return tuple(found for name in names for found in self.in_regions(name))


def regions_of(specs: Sequence[LayerSpec], override: Sequence[str], default: str) -> dict[str, tuple[str, ...]]:
    """Return each layer's regions, by spec name: those asked for, else the config's, else the one of the environment.

    Raises InputError when there is none.
    """
    fallback = (default,) if default else ()
    found = {spec.name: tuple(dict.fromkeys(override or spec.publication.regions or fallback)) for spec in specs}
    if missing := [name for name, regions in found.items() if not regions]:
        raise InputError(
            f"There is no AWS region for {', '.join(f'`{name}`' for name in missing)}.",
            hint="Set `regions:` in the config, the input `regions`, or AWS_REGION.",
            location=Location("input regions"),
        )
    return found


def survey(
    services: Services, specs: Sequence[LayerSpec], regions: Mapping[str, tuple[str, ...]]
) -> tuple[list[Surveyed], dict[str, LayerActionError]]:
    """Read all inputs, then AWS. Return the layers that can go on, and the errors of the others by spec name.

    Raises every error at once that is more than one layer's, and AwsError.
    """
    root = services.repository.root
    read = list(zip(specs, each_tried(lambda spec: _inputs(services, spec, root), specs), strict=True))
    failed = {spec.name: found for spec, found in read if isinstance(found, LayerActionError)}
    raise_all(error for error in failed.values() if not fails_one_layer(error))
    good = [(spec, found) for spec, found in read if not isinstance(found, LayerActionError)]
    published = _published(services, [spec for spec, _ in good], regions)
    surveyed = [
        Surveyed(
            spec=spec,
            inputs=found,
            regions=regions.get(spec.name, ()),
            published=published.get(spec.name, {}),
        )
        for spec, found in good
    ]
    return surveyed, failed


def _inputs(services: Services, spec: LayerSpec, root: Path) -> LayerInputs:
    """Read a layer's inputs at the head, where pointers are a mistake of the checkout. At the base they are not."""
    inputs = services.resolver.inputs(spec, root)
    if names := [own.source.relative_to(root.resolve()).as_posix() for own in inputs.own_files.pointers()]:
        some = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        raise ConfigError(
            f"Git LFS has not brought the content of {some}: the layer would hold pointers.",
            location=spec.location("include"),
            hint="Check out with `lfs: true` (actions/checkout), or include other files.",
        )
    return inputs


def with_history(services: Services, surveyed: Surveyed) -> Surveyed:
    """Add what only changed inputs need: the locks before, and whether the head contains their commits."""
    store = services.store
    if isinstance(store, Unavailable):
        return surveyed
    locks = _locks(store, (found.reference for found in surveyed.published.values()))
    held = {
        key: replace(
            found,
            lock=locks[_content_of(found.reference)] if found.reference else None,
            contained=_contained(services, newest_of_ours(found.versions)),
        )
        for key, found in surveyed.published.items()
    }
    return replace(surveyed, published=held)


def _published(
    services: Services, specs: Sequence[LayerSpec], regions: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[tuple[str, str], Published]]:
    """Return what AWS has of each layer, under its former name too, by spec name; nothing without AWS."""
    store = services.store
    if isinstance(store, Unavailable):
        return {}
    names = {spec.name: (*layer_names(spec), *former_names(spec)) for spec in specs}
    wanted = dict.fromkeys(
        (name, region) for spec in specs for name in names[spec.name] for region in regions[spec.name]
    )
    versions = dict(zip(wanted, each(lambda key: store.versions(*key), wanted), strict=True))
    return {
        spec.name: {
            (name, region): Published(
                region=region,
                versions=versions[name, region],
                former=versions.get((former_name(spec, name), region), ()),
            )
            for name in layer_names(spec)
            for region in regions[spec.name]
        }
        for spec in specs
    }


def _locks(store: LayerStore, versions: Iterable[LayerVersion | None]) -> dict[str, Lock | Unknown]:
    """Read the locks of versions, by content: where one region does not give it, another does."""
    known: dict[str, Lock | Unknown] = {}
    for version in versions:
        if version and not isinstance(known.get(_content_of(version)), Lock):
            known[_content_of(version)] = store.lock(version)
    return known


def _content_of(version: LayerVersion) -> str:
    """Return what a version holds: where the digest is the same, the lock is."""
    return version.published.digest if version.published else version.version_arn


def _contained(services: Services, ours: LayerVersion | None) -> bool | Unknown:
    """Tell whether the head contains the commit a version came from; one published outside of git is nobody's past."""
    if ours is None or ours.published is None or not ours.published.commit:
        return True
    return services.repository.contains(ours.published.commit)
