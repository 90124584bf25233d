"""Share versions that are there already: what a killed run left unshared, or what the config asks only now."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from layer_action.errors import LayerActionError
from layer_action.model.layer import Publication
from layer_action.model.plan import Plan, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import LayerStore
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign

_AT_ONCE: Final = 8


def may_lack_something(plan: Plan) -> bool:
    """Tell whether an unchanged layer is to be shared or recorded: only a look at AWS shows whether it is."""
    unchanged = (op for op in plan.layers if isinstance(op, Unchanged) and op.current)
    return any(op.spec.publication.share or op.spec.publication.ssm for op in unchanged)


def share_all(
    plan: Plan, *, store: LayerStore, journal: Journal, stop: StopSign
) -> tuple[tuple[str, ...], tuple[LayerActionError, ...]]:
    """Share the unchanged layers of a plan, as far as that is not done.

    Return the ARNs of the versions that are shared with more than before, and what went wrong.
    """
    versions = _to_share(plan)

    def work(one: tuple[LayerVersion, Publication]) -> str | LayerActionError:
        if stop.is_set():
            return ""
        try:
            return one[0].version_arn if share(*one, store=store, journal=journal) else ""
        except LayerActionError as error:
            return error

    if not versions:
        return (), ()
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(versions))) as pool:
        ends = tuple(pool.map(work, versions))
    return (
        tuple(end for end in ends if isinstance(end, str) and end),
        tuple(end for end in ends if isinstance(end, LayerActionError)),
    )


def share(version: LayerVersion, publication: Publication, *, store: LayerStore, journal: Journal) -> tuple[str, ...]:
    """Share one version; return with whom it was not before. Raises AwsError, PartialApplyError."""
    if not publication.share:
        return ()
    with journal.call("share", version.version_arn, after=publication.share):
        return store.share(version, publication)


def _to_share(plan: Plan) -> Sequence[tuple[LayerVersion, Publication]]:
    return [
        (operation.current, operation.spec.publication)
        for operation in plan.layers
        if isinstance(operation, Unchanged) and operation.current and operation.spec.publication.share
    ]
