"""`rollback`: move a layer's functions back, and keep them there until something newer is published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semver import Version

from layer_action.commands.parallel import each
from layer_action.commands.reading import aws_of, pinned_functions
from layer_action.decide.artifacts import layer_names, targets_named
from layer_action.decide.pins import failed_tag
from layer_action.decide.rollback import (
    Shelf,
    Way,
    require_version,
    rollback_operations,
    version_before,
    versions_of_ours,
    way_of_journal,
    way_to_versions,
)
from layer_action.errors import AwsError, Location, WrongAccountError
from layer_action.model.function import PinnedFunction
from layer_action.model.layer import LayerArn, LayerSpec, OnFailure
from layer_action.model.plan import Outcome, Plan, Reason, RepointFunction, Unchanged
from layer_action.ports.aws import Functions, LayerStore
from layer_action.ports.services import Services
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal, net_changes, read_journal


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequest:
    """What to take back: `to` a version, or what the run of a `journal` moved; neither: to the version before."""

    regions: tuple[str, ...]
    to: Version | None = None
    journal: Path | None = None
    journal_as_given: str = ""


def plan_rollback(services: Services, spec: LayerSpec, request: RollbackRequest) -> Plan:
    """Find the functions to move back, and those that must stay; nothing is written.

    The plan's layers are all Unchanged, so that reports can show it like any other. Raises InputError when there is no
    such version or none before, WrongAccountError for the journal of another account, AwsError.
    """
    store, functions = aws_of(services)
    names = [(name, region) for region in request.regions for name in layer_names(spec)]
    versions = each(lambda key: store.versions(*key), names)
    shelf: Shelf = {store.layer_arn(*key): found for key, found in zip(names, versions, strict=True)}
    pinned = pinned_functions(functions, request.regions, lambda split: split[0] in shelf)
    way, back_to = _way(store, shelf, pinned, request)
    calm = replace(spec, rollout=replace(spec.rollout, bake=0.0, alarms=(), on_failure=OnFailure.STOP))
    operations = rollback_operations(pinned, calm, shelf, way, lambda name: targets_named(spec, name))
    return Plan(
        layers=tuple(_layer(calm, shelf, layer, back_to) for layer in shelf),
        functions=tuple(sorted(operations, key=lambda op: (op.function.region, op.function.name))),
        findings=(),
        commit="",
        compared_with=back_to,
    )


def roll_back(services: Services, plan: Plan, *, journal: Journal, options: ApplyOptions | None = None) -> Outcome:
    """Move the functions of a rollback's plan.

    Each is tagged first with the newest version, which no `publish` then moves it to, nor to one before that.
    """
    _, functions = aws_of(services)
    newest = {
        (op.layer_name, op.region): op.current.published.version
        for op in plan.layers
        if isinstance(op, Unchanged) and op.current and op.current.published
    }
    for operation in plan.repoints:
        if options and options.stop.is_set():
            break  # and `apply` ends the run before it moves anything
        _remember(services, functions, operation, newest, journal)
    options = replace(options or ApplyOptions(), complete=False)
    return apply(plan, {}, services=services, journal=journal, options=options)


def _way(
    store: LayerStore, shelf: Shelf, pinned: Sequence[PinnedFunction], request: RollbackRequest
) -> tuple[Way, str]:
    if request.journal:
        record = read_journal(request.journal, shown=request.journal_as_given)
        if record.account != store.account():
            raise WrongAccountError(
                f"The journal is of account {record.account or '?'}, and the credentials are of {store.account()}.",
                hint="Use credentials of that account, or the journal of a run in this one.",
                location=Location(request.journal_as_given or str(request.journal)),
            )
        return way_of_journal(net_changes(record)), f"what {request.journal.name} found"
    if request.to:
        require_version(shelf, request.to)
    wanted: dict[str, Version] = {}
    for name in dict.fromkeys(layer.name for layer in shelf):
        if version := request.to or version_before(shelf, pinned, name):
            wanted[name] = version
    return way_to_versions(shelf, wanted), f"version {', '.join(sorted({str(v) for v in wanted.values()})) or 'before'}"


def _layer(spec: LayerSpec, shelf: Shelf, layer: LayerArn, back_to: str) -> Unchanged:
    known = versions_of_ours(shelf, layer)
    newest = max((v for v in shelf[layer] if v.published), key=lambda v: (known[v.number], v.number), default=None)
    reason = Reason(text=f"functions go back to {back_to}; nothing is published")
    return Unchanged(spec=spec, layer_name=layer.name, region=layer.region, current=newest, reason=reason)


def _remember(
    services: Services,
    functions: Functions,
    operation: RepointFunction,
    newest: dict[tuple[str, str], Version],
    journal: Journal,
) -> None:
    function = operation.function
    keys = {(move.layer_name, function.region) for move in operation.moves}
    tags = {failed_tag(key[0]): str(newest[key]) for key in sorted(keys) if key in newest}
    if not tags:
        return
    try:
        with journal.call("tag", function.arn, after=tuple(tags)):
            functions.tag(function.arn, tags)
    except AwsError as error:
        services.console.warning(
            f"{function.name} could not be tagged, and the next `publish` may move it forward again: {error.message}"
        )
