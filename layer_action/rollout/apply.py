"""Do what a plan says: publish everything, then move the functions, and undo what a failure leaves half done."""

from collections.abc import Mapping
from typing import Final

from layer_action.errors import InputError, LayerActionError
from layer_action.model.layer import Artifact, Rollout
from layer_action.model.plan import Outcome, Plan, RepointFunction
from layer_action.ports.aws import LayerStore
from layer_action.ports.services import Services, aws_of
from layer_action.record import field, record, replace
from layer_action.rollout.conclude import conclude, publish_error, rollouts_of
from layer_action.rollout.journal import Journal
from layer_action.rollout.parameters import record_all
from layer_action.rollout.publish import Publications, publish_all
from layer_action.rollout.run import Run, Step, StepMove
from layer_action.rollout.share import share_all
from layer_action.rollout.stop import NeverStops, StopSign
from layer_action.rollout.waves import Watch, roll_out

# 10 calls a second and region, and 2 to 4 seconds until an update is seen to be over: what our call budget feeds.
_IN_FLIGHT: Final = 48


@record
class ApplyOptions:
    """How to apply. With `complete` unchanged layers are shared, and all recorded in SSM, as far as that is not done.

    `started` is the clock's reading when the session's credentials were made (default: now). `in_flight` is how many
    functions of one region move at the same time.
    """

    repoint: bool = True
    complete: bool = True
    session_minutes: float = 60.0
    started: float | None = None
    in_flight: int = _IN_FLIGHT
    stop: StopSign = field(default_factory=NeverStops)


def apply(
    plan: Plan,
    artifacts: Mapping[str, Artifact],
    *,
    services: Services,
    journal: Journal,
    options: ApplyOptions | None = None,
) -> Outcome:
    """Publish, move, then let SSM parameters name what was published; `artifacts` are by layer name.

    What goes wrong is in the outcome's `error`, with all that was done beside it: AwsError when nothing was changed,
    PartialApplyError when something was, InterruptedRunError when `options.stop` was set. Raises InputError when the
    run has no access to AWS, or the settings cannot work.
    """
    options = options or ApplyOptions()
    store, functions = aws_of(services)
    begun = services.clock.now() if options.started is None else options.started
    run = Run(
        functions=functions,
        clock=services.clock,
        console=services.console,
        journal=journal,
        stop=options.stop,
        deadline=begun + options.session_minutes * 60,
        in_flight=options.in_flight,
    )
    outcome = replace(_published_and_moved(plan, artifacts, store, run, options), journal=str(journal.path or ""))
    if outcome.error or not options.complete:
        return outcome
    return record_all(plan, outcome, services=services, journal=journal, stop=options.stop)


def _published_and_moved(
    plan: Plan, artifacts: Mapping[str, Artifact], store: LayerStore, run: Run, options: ApplyOptions
) -> Outcome:
    watch = _watch(plan, run) if options.repoint else Watch(seconds=0.0, alarms=())
    try:
        if alarm := watch.firing(run):
            return Outcome(plan=plan, error=alarm)
    except LayerActionError as error:
        return Outcome(plan=plan, error=error)
    published = publish_all(
        plan.publications, artifacts, store=store, console=run.console, journal=run.journal, stop=run.stop
    )
    shared: tuple[str, ...] = ()
    if options.complete and not published.errors:
        shared, errors = share_all(plan, store=store, journal=run.journal, stop=run.stop)
        published.errors.extend(errors)
    versions = tuple(published.versions.values())
    outcome = Outcome(plan=plan, published=versions, found=tuple(published.found), shared=shared)
    if failure := publish_error(plan, published, run.stop, shared=bool(shared)):
        return replace(outcome, error=failure)
    if not options.repoint or not plan.repoints:
        return outcome
    rollouts = rollouts_of(plan.layers)
    steps = [_step(operation, published, rollouts) for operation in plan.repoints]
    return conclude(outcome, run, roll_out(run, steps, watch), rollouts)


def _watch(plan: Plan, run: Run) -> Watch:
    """Return the longest pause and all alarms of the layers that move functions."""
    rollouts = rollouts_of(plan.layers)
    moving = [
        rollouts[name] for name in sorted({m.layer for op in plan.repoints for m in op.moves}) if name in rollouts
    ]
    seconds = max((rollout.bake for rollout in moving), default=0.0) * 60
    if seconds and run.clock.now() + seconds >= run.last_moment(1, 0.0):
        raise InputError(
            f"`bake` waits for {seconds / 60:g} minutes, and the session ends before that, or too soon to undo it.",
            hint="Raise `session-minutes` (and the role's maximum session), or shorten `bake`.",
        )
    alarms = tuple(dict.fromkeys(alarm for rollout in moving for alarm in rollout.alarms))
    regions = dict.fromkeys(op.function.region for op in plan.repoints)
    return Watch(seconds=seconds, alarms=tuple((region, alarms) for region in regions) if alarms else ())


def _step(operation: RepointFunction, published: Publications, rollouts: Mapping[str, Rollout]) -> Step:
    moves = []
    for move in operation.moves:
        to = move.to or published.versions[operation.function.region, move.layer_name].version_arn
        moves.append(
            StepMove(layer=move.layer, layer_name=move.layer_name, before=move.before, to=to, version=move.version)
        )
    aliases = dict.fromkeys(
        rollouts[move.layer].alias for move in moves if move.layer in rollouts and rollouts[move.layer].alias
    )
    return Step(function=operation.function, moves=tuple(moves), aliases=tuple(aliases))
