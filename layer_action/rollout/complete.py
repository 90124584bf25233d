"""Complete versions that are there already: what a killed run left unshared, or what the config asks only now."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from layer_action.errors import LayerActionError
from layer_action.model.layer import LayerVersion, Publication
from layer_action.model.plan import Plan, Unchanged
from layer_action.ports.aws import LayerStore
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign

_AT_ONCE: Final = 8


def may_lack_something(plan: Plan) -> bool:
    """Tell whether an unchanged layer is to be shared or recorded: only a look at AWS shows whether it is."""
    return bool(_to_complete(plan))


def complete_all(plan: Plan, *, store: LayerStore, journal: Journal, stop: StopSign) -> tuple[LayerActionError, ...]:
    """Share and record the unchanged layers of a plan, as far as that is not done; return what went wrong."""
    versions = _to_complete(plan)

    def work(one: tuple[LayerVersion, Publication]) -> LayerActionError | None:
        if stop.is_set():
            return None
        try:
            complete(*one, store=store, journal=journal)
        except LayerActionError as error:
            return error
        return None

    if not versions:
        return ()
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(versions))) as pool:
        return tuple(error for error in pool.map(work, versions) if error)


def complete(version: LayerVersion, publication: Publication, *, store: LayerStore, journal: Journal) -> None:
    """Share one version and record it in SSM. Raises AwsError, PartialApplyError."""
    if not _asks(publication):
        return
    wanted = (*publication.share, publication.ssm) if publication.ssm else publication.share
    with journal.call("complete", version.version_arn, after=wanted):
        store.complete(version, publication)


def _to_complete(plan: Plan) -> Sequence[tuple[LayerVersion, Publication]]:
    return [
        (operation.current, operation.spec.publication)
        for operation in plan.layers
        if isinstance(operation, Unchanged) and operation.current and _asks(operation.spec.publication)
    ]


def _asks(publication: Publication) -> bool:
    return bool(publication.share or publication.ssm)
