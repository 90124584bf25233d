"""Where the functions of a layer should be once a plan is applied."""

from collections.abc import Callable, Iterable, Sequence

from semver import Version

from layer_action.decide.artifacts import former_name, targets_named
from layer_action.decide.budget import growth
from layer_action.decide.entries import Destination
from layer_action.decide.verdict import Affected, JudgedLayer, Judgement, newest_of_ours
from layer_action.model.layer import LayerContent
from layer_action.model.plan import LayerOperation, PublishLayer, Superseded, Unchanged
from layer_action.model.published import LayerArn, LayerVersion


def destinations(
    layers: Sequence[JudgedLayer], operations: Sequence[LayerOperation], *, arn_of: Callable[[str, str], LayerArn]
) -> tuple[Destination, ...]:
    """Return where functions should be: on what is about to be published, or on the newest version of ours.

    The latter catches functions that an earlier run left behind. `arn_of(layer name, region)` is LayerStore.layer_arn.
    Nothing follows a pre-release, or a layer that is superseded, and without AWS there is nowhere to go.
    """
    published = {(op.content.layer_name, op.region): op for op in operations if isinstance(op, PublishLayer)}
    found: list[Destination] = []
    for layer in layers:
        for row in layer.judgements:
            region = row.verdict.region
            if not region or isinstance(row.verdict, Superseded):
                continue
            destination = _destination(layer, row, published.get((layer.layer_name, region)), arn_of)
            if destination and not destination.version.prerelease:
                found.append(destination)
    return tuple(found)


def _destination(
    layer: JudgedLayer, row: Judgement, op: PublishLayer | None, arn_of: Callable[[str, str], LayerArn]
) -> Destination | None:
    region, content = row.verdict.region, _content(row)
    newest = newest_of_ours(row.versions)
    version = op.version if op else newest.published.version if newest and newest.published else None
    if version is None:
        return None
    replaces = former_name(layer.spec, layer.layer_name)
    known = _ours(row.versions)
    return Destination(
        spec=layer.spec,
        layer_name=layer.layer_name,
        layer_arn=arn_of(layer.layer_name, region),
        version=version,
        version_arn=newest.version_arn if newest and not op else None,
        targets=content.targets if content else targets_named(layer.spec, layer.layer_name),
        known=known,
        replaces=arn_of(replaces, region) if replaces else None,
        formerly=_went_on_from(_ours(row.former), [*known.values(), version]),
        lock=content.lock if content else None,
        grew=growth(op.size, op.before) if op else "",
    )


def _ours(versions: Iterable[LayerVersion]) -> dict[int, Version]:
    return {found.number: found.published.version for found in versions if found.published}


def _went_on_from(former: dict[int, Version], versions: Iterable[Version]) -> dict[int, Version]:
    """Return the versions of a former name, if all under the new name are greater: else they cannot be compared."""
    return former if max(former.values(), default=Version(0)) < min(versions) else {}


def _content(row: Judgement) -> LayerContent | None:
    return row.verdict.content if isinstance(row.verdict, Affected | Unchanged) else None
