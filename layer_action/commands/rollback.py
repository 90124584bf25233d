"""`rollback`: move a layer's functions and parameters back, and keep them there until something newer is published."""

from collections.abc import Sequence

from semver import Version

from layer_action.commands.parallel import each
from layer_action.commands.parameters import naming_parameters, parameter_moves
from layer_action.commands.reading import pinned_functions
from layer_action.commands.way_back import RollbackRequest, WayBack, find_way
from layer_action.decide.artifacts import former_names, layer_names, targets_named
from layer_action.decide.pins import failed_tag
from layer_action.decide.rollback import Shelves, newest_of, rollback_operations
from layer_action.errors import AwsError, LayerActionError, PartialApplyError
from layer_action.model.layer import Finding, LayerSpec, OnFailure, Severity
from layer_action.model.plan import Outcome, Plan, Reason, RepointFunction, Unchanged
from layer_action.model.published import LayerArn
from layer_action.ports.aws import Functions, LayerStore
from layer_action.ports.services import Services, aws_of
from layer_action.record import replace
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from layer_action.rollout.parameters import put_parameters_back


def plan_rollback(services: Services, spec: LayerSpec, request: RollbackRequest) -> Plan:
    """Find the functions and parameters to move back, and those that must stay; nothing is written.

    The plan's layers are all Unchanged, so that reports can show it like any other. Raises InputError when there is no
    such version or none before, WrongAccountError for the journal of another account, AwsError.
    """
    store, functions = aws_of(services)
    shelves = _shelves(store, layer_names(spec), request.regions)
    pinned = pinned_functions(functions, request.regions, lambda split: split[0] in shelves)
    named, unread = naming_parameters(services, spec, shelves)
    in_use = [arn for function in pinned for arn in function.layer_arns] + [one.value for one in named]
    found = find_way(request, shelves, in_use, account=store.account())
    calm = replace(spec, rollout=replace(spec.rollout, bake=0.0, alarms=(), on_failure=OnFailure.STOP))
    # a run may have led functions over from the layer's former name
    there = {**_shelves(store, former_names(spec), request.regions), **shelves}
    operations = rollback_operations(pinned, calm, there, found.way, lambda name: targets_named(spec, name))
    moves, strangers = parameter_moves(named, spec, shelves, found.way)
    return Plan(
        layers=tuple(_layer(calm, shelves, layer, found.back_to) for layer in shelves),
        functions=tuple(sorted(operations, key=lambda op: (op.function.region, op.function.name))),
        findings=(*_remark(found, spec), *unread, *strangers),
        commit="",
        compared_with=found.back_to,
        parameters=moves,
    )


def roll_back(services: Services, plan: Plan, *, journal: Journal, options: ApplyOptions | None = None) -> Outcome:
    """Move the parameters and functions of a rollback's plan, parameters first: nothing new is deployed meanwhile.

    Each is tagged first with the newest version, which no `publish` then moves it to, nor to one before that.
    """
    _, functions = aws_of(services)
    options = replace(options or ApplyOptions(), complete=False)
    parameters, errors = put_parameters_back(plan, services=services, journal=journal, stop=options.stop)
    newest = {
        (op.layer_name, op.region): op.current.published.version
        for op in plan.layers
        if isinstance(op, Unchanged) and op.current and op.current.published
    }
    for operation in plan.repoints:
        if options.stop.is_set():
            break  # and `apply` ends the run before it moves anything
        _remember(services, functions, operation, newest, journal)
    outcome = apply(plan, {}, services=services, journal=journal, options=options)
    return replace(outcome, parameters=parameters, error=_error(outcome, errors, done=bool(parameters)))


def _shelves(store: LayerStore, names: Sequence[str], regions: Sequence[str]) -> Shelves:
    """Return what AWS holds of layers, by their names there."""
    keys = [(name, region) for region in regions for name in names]
    versions = each(lambda key: store.versions(*key), keys)
    return {store.layer_arn(*key): found for key, found in zip(keys, versions, strict=True)}


def _error(outcome: Outcome, errors: tuple[AwsError, ...], *, done: bool) -> LayerActionError | None:
    if not errors:
        return outcome.error
    if not (done or outcome.moved or outcome.error):
        return errors[0]
    more = f" {outcome.error.message}" if outcome.error else ""
    hints = dict.fromkeys(error.hint for error in (*errors, *([outcome.error] if outcome.error else [])) if error.hint)
    return PartialApplyError(
        f"Not every SSM parameter could be put back. {errors[0].message}{more}",
        hint=" ".join((*hints, "Then run the rollback again.")),
    )


def _remark(found: WayBack, spec: LayerSpec) -> tuple[Finding, ...]:
    if not found.remark:
        return ()
    return (Finding(severity=Severity.NOTICE, check="journal", message=found.remark, layer=spec.name),)


def _layer(spec: LayerSpec, shelves: Shelves, layer: LayerArn, back_to: str) -> Unchanged:
    reason = Reason(text=f"functions go back to {back_to}; nothing is published")
    current = newest_of(shelves, layer)
    return Unchanged(spec=spec, layer_name=layer.name, region=layer.region, current=current, reason=reason)


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
