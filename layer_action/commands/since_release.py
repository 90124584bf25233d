"""A plan as release notes tell it: each layer held against its own previous release, whoever published in between."""

from collections.abc import Iterable

from semver import Version

from layer_action.choice import ReleaseTag, parse_release_tag
from layer_action.decide.diff import diff
from layer_action.errors import AwsError, InputError
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerContent
from layer_action.model.plan import LayerOperation, Outcome, Plan, PublishLayer, Reason, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import LayerStore
from layer_action.ports.services import Services, Unavailable
from layer_action.record import replace


def since_last_release(services: Services, plan: Plan, outcome: Outcome, tag: ReleaseTag) -> tuple[Plan, Outcome]:
    """Return plan and outcome as the notes of a tag's release tell them.

    What an earlier try of this tag published reads as if this run had: a release that is completed gets the notes that
    it would have got. A layer that has no earlier release is held against its version before. Raises GitHubError.
    """
    store, releases = services.store, services.releases
    if isinstance(store, Unavailable) or isinstance(releases, Unavailable):
        return plan, outcome
    tags = releases.tags()
    try:
        layers = tuple(_told(store, operation, tag, tags) for operation in plan.layers)
    except AwsError as error:
        services.console.warning(f"The notes tell nothing of the release before: {error.message}")
        return plan, outcome
    earlier = (op.current for op in plan.layers if isinstance(op, Unchanged) and _carries(op.current, tag.version))
    published = (*outcome.published, *(version for version in earlier if version))
    told = replace(plan, layers=layers)
    return told, replace(outcome, plan=told, published=published)


def _told(store: LayerStore, operation: LayerOperation, tag: ReleaseTag, tags: Iterable[str]) -> LayerOperation:
    """Return the publication that a release is about, as one since the release before."""
    match operation:
        case PublishLayer(content=content, previous=previous, bump=bump, size=size):
            pass
        case Unchanged(content=LayerContent() as content, current=LayerVersion() as current) if _carries(
            current, tag.version
        ):
            previous, bump, size = None, Bump.PATCH, store.size(current)
        case _:
            return operation
    before = _version_before(store, content, operation.region, tag.version, _released(content.spec.name, tags))
    if isinstance(operation, PublishLayer) and before == previous:
        return operation
    lock = store.lock(before) if before else None
    if isinstance(lock, Unknown):
        return operation
    changes = diff(lock, content.lock)
    return PublishLayer(
        content=content,
        region=operation.region,
        version=tag.version,
        bump=bump,
        previous=before,
        reason=Reason(text="" if changes else _reason(before, content, tag.version)),
        description="",
        changes=changes,
        size=size,
        before=store.size(before) if before else Unknown(reason="there is no release before"),
    )


def _reason(before: LayerVersion | None, content: LayerContent, version: Version) -> str:
    same = before and before.published and before.published.digest == content.digest
    return f"released as {version}" if same else f"own files or options differ; released as {version}"


def _carries(version: LayerVersion | None, wanted: Version) -> bool:
    return version is not None and version.published is not None and version.published.version == wanted


def _released(layer: str, tags: Iterable[str]) -> frozenset[Version]:
    """Return the versions under which a layer may have been released: `layer/v1.2.3`, and `v1.2.3` of all layers."""
    found = set()
    for text in tags:
        try:
            found.add(parse_release_tag(text, [layer]).version)
        except InputError:  # another layer's, or no release of ours at all
            continue
    return frozenset(found)


def _version_before(
    store: LayerStore, content: LayerContent, region: str, version: Version, released: frozenset[Version]
) -> LayerVersion | None:
    """Return the greatest version below `version`: of those that were released, else of all; a final one, if any."""
    ours = [
        (found.published.version, found)
        for found in store.versions(content.layer_name, region)
        if found.published and found.published.version < version
    ]
    final = [pair for pair in ours if not pair[0].prerelease] or ours
    candidates = [pair for pair in final if pair[0] in released] or final
    # of twins, which two runs published at once, the lowest number is the one that both took
    return max(candidates, key=lambda pair: (pair[0], -pair[1].number), default=(None, None))[1]
