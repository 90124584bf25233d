"""Publish all layers in all regions, before any function moves."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from layer_action.decide.verdict import label, newest_of_ours
from layer_action.errors import AwsError, BuildError, LayerActionError
from layer_action.model.layer import Artifact
from layer_action.model.plan import PublishLayer
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import LayerStore, PublishRequest
from layer_action.ports.speaking import Console
from layer_action.record import field, record
from layer_action.rollout.journal import Journal
from layer_action.rollout.share import share
from layer_action.rollout.stop import StopSign

# Uploads are bound by the network: a few side by side fill it.
_AT_ONCE: Final = 8


@record(frozen=False)
class Publications:
    """The versions by (region, layer name), and what went wrong, in the order of the plan. May be shared by threads.

    `found` holds the ARNs of versions that another run had published already.
    """

    versions: dict[tuple[str, str], LayerVersion] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    errors: list[LayerActionError] = field(default_factory=list)

    def add(self, publication: PublishLayer, version: LayerVersion, *, is_new: bool) -> None:
        """Remember the version of a publication."""
        if not is_new:
            self.found.add(version.version_arn)
        self.versions[publication.region, publication.content.layer_name] = version


def publish_all(
    publications: Sequence[PublishLayer],
    artifacts: Mapping[str, Artifact],
    *,
    store: LayerStore,
    console: Console,
    journal: Journal,
    stop: StopSign,
) -> Publications:
    """Publish and share every layer in every region.

    After a failure, or when told to stop, what is in flight is finished. A version that could not be shared is
    published all the same: it is in both `versions` and `errors`.
    """
    done = Publications()
    halt = threading.Event()

    def work(publication: PublishLayer) -> LayerActionError | None:
        if halt.is_set() or stop.is_set():
            return None
        try:
            version, is_new = _publish(publication, artifacts, store=store, journal=journal)
            verb = "is" if is_new else "was published already:"
            console.info(f"{publication.content.layer_name} {publication.version} {verb} {version.version_arn}")
            done.add(publication, version, is_new=is_new)
            share(version, publication.content.spec.publication, store=store, journal=journal)
        except LayerActionError as error:
            halt.set()
            return error
        return None

    if not publications:
        return done
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(publications))) as pool:
        done.errors.extend(error for error in pool.map(work, publications) if error)
    planned = [(publication.region, publication.content.layer_name) for publication in publications]
    done.versions = {key: done.versions[key] for key in planned if key in done.versions}
    return done


def _publish(
    publication: PublishLayer, artifacts: Mapping[str, Artifact], *, store: LayerStore, journal: Journal
) -> tuple[LayerVersion, bool]:
    """Publish, unless it is done; tell whether it was."""
    content, region = publication.content, publication.region
    artifact = artifacts.get(content.layer_name)
    if artifact is None or artifact.content.digest != content.digest:
        raise BuildError(
            f"The zip of {content.layer_name} is not the one that the plan describes.",
            hint="Plan and build again from the same commit.",
        )
    listed = store.versions(content.layer_name, region)
    if ready := _already_there(publication, listed):
        return ready, False
    known = listed[0].number if listed else 0
    resource = str(store.layer_arn(content.layer_name, region))
    request = PublishRequest(artifact=artifact, region=region, description=publication.description, known=known)
    with journal.call("publish", resource, after=(publication.description,)):
        return store.publish(request), True


def _already_there(publication: PublishLayer, listed: Sequence[LayerVersion]) -> LayerVersion | None:
    """Return the version that another run published meanwhile, if it is just this one.

    Raises AwsError when what is published is no longer what the plan was made from: somebody's work would be undone.
    """
    before = publication.previous
    meant = publication.version, publication.content.digest
    for version in reversed(listed):  # of several that two runs published at once, all take the lowest
        known = before is not None and version.number <= before.number
        if version.published and not known and (version.published.version, version.published.digest) == meant:
            return version
    newest = newest_of_ours(listed)
    if newest is None or (before is not None and newest.number == before.number):
        return None
    raise AwsError(
        f"{label(newest)} in {publication.region} was published after this plan was made.",
        operation="lambda:ListLayerVersions",
        resource=str(newest.arn),
        hint="Run again: a new plan starts from what is published now.",
    )
