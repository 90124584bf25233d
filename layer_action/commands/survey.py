"""What there is before anything is resolved: each layer's inputs, and what AWS holds of it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from layer_action.commands.parallel import each, each_tried, fails_one_layer
from layer_action.decide.artifacts import layer_names
from layer_action.decide.verdict import Published, newest_of_ours, reference
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, raise_all
from layer_action.model.function import Unknown, Unread
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import LayerStore
from layer_action.ports.building import LayerInputs
from layer_action.ports.services import Services, Unavailable
from layer_action.record import record


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

    def before(self, layer_name: str) -> Published | None:
        """Return what the first region holds that has a lock, be it Unread; None where none has."""
        return next((found for found in self.in_regions(layer_name) if isinstance(found.lock, Lock | Unread)), None)


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
            published={key: held for key, held in published.items() if key[0] in layer_names(spec)},
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
    locks = _locks(store, (reference(found.versions) for found in surveyed.published.values()))
    held: dict[tuple[str, str], Published] = {}
    for key, found in surveyed.published.items():
        before = reference(found.versions)
        held[key] = Published(
            region=found.region,
            versions=found.versions,
            lock=locks[_content_of(before)] if before else None,
            contained=_contained(services, newest_of_ours(found.versions)),
        )
    return Surveyed(spec=surveyed.spec, inputs=surveyed.inputs, regions=surveyed.regions, published=held)


def _published(
    services: Services, specs: Sequence[LayerSpec], regions: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], Published]:
    store = services.store
    if isinstance(store, Unavailable):
        return {}
    wanted = [(name, region) for spec in specs for name in layer_names(spec) for region in regions[spec.name]]
    versions = each(lambda key: store.versions(*key), wanted)
    return {key: Published(region=key[1], versions=found) for key, found in zip(wanted, versions, strict=True)}


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
