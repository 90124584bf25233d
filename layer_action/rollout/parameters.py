"""SSM parameters: told of a new version once functions work with it, and told of the old one when it comes back."""

from layer_action.decide.parameters import moves_on, wanted_parameters, was_rolled_back
from layer_action.decide.pins import failed_tag
from layer_action.errors import AwsError, LayerActionError, PartialApplyError, Problems
from layer_action.model.plan import Outcome, ParameterMove, Plan
from layer_action.ports.aws import Parameters
from layer_action.ports.services import Services, parameters_of
from layer_action.record import replace
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign, interrupted


def record_all(plan: Plan, outcome: Outcome, *, services: Services, journal: Journal, stop: StopSign) -> Outcome:
    """Let each layer's parameter name its newest version, as far as it does not; add what was done to the outcome.

    A killed run that did everything but this is completed by the next. A version that was rolled back is not recorded
    again: the parameter's own tag says so.
    """
    done: list[ParameterMove] = []
    errors: list[LayerActionError] = []
    published = {version.version_arn for version in outcome.published}
    for wanted in wanted_parameters(plan, outcome):
        if stop.is_set():
            errors.append(interrupted(stop, "Everything is done except that SSM parameters are not written."))
            break
        try:
            move = _recorded(parameters_of(services), wanted, is_new=wanted.to in published, journal=journal)
        except AwsError as error:
            errors.append(error)
        else:
            done.extend([move] if move else [])
    return replace(outcome, parameters=tuple(done), error=_failure(outcome, done, errors))


def put_parameters_back(
    plan: Plan, *, services: Services, journal: Journal, stop: StopSign
) -> tuple[tuple[ParameterMove, ...], tuple[AwsError, ...]]:
    """Do the plan's parameter moves; return those done, and what went wrong.

    Each parameter is tagged first with the newest version, which no `publish` then records in it.
    """
    done: list[ParameterMove] = []
    errors: list[AwsError] = []
    for move in plan.parameters:
        if stop.is_set():
            break
        try:
            if _went_back(services, move, journal):
                done.append(move)
        except AwsError as error:
            errors.append(error)
    return tuple(done), tuple(errors)


def _recorded(parameters: Parameters, move: ParameterMove, *, is_new: bool, journal: Journal) -> ParameterMove | None:
    named = parameters.value(move.name, move.region)
    if not moves_on(move, named):
        return None
    if named and not is_new and was_rolled_back(move, parameters.tags(move.name, move.region)):
        return None
    with journal.call("record", parameters.arn(move.name, move.region), before=(named,), after=(move.to,)):
        parameters.put(move.name, move.region, move.to)
    return replace(move, before=named)


def _went_back(services: Services, move: ParameterMove, journal: Journal) -> bool:
    parameters = parameters_of(services)
    arn = parameters.arn(move.name, move.region)
    if parameters.value(move.name, move.region) != move.before:
        services.console.notice(f"The parameter {move.name} in {move.region} stays: somebody changed it meanwhile.")
        return False
    tags = {failed_tag(move.layer_name): str(move.failed)}
    try:
        with journal.call("tag", arn, after=tuple(tags)):
            parameters.tag(move.name, move.region, tags)
    except AwsError as error:
        services.console.warning(
            f"The parameter {move.name} in {move.region} could not be tagged, and the next `publish` may let it name "
            f"the newest version again: {error.message}"
        )
    with journal.call("record", arn, before=(move.before,), after=(move.to,)):
        parameters.put(move.name, move.region, move.to)
    return True


def _failure(outcome: Outcome, done: list[ParameterMove], errors: list[LayerActionError]) -> LayerActionError | None:
    if not errors:
        return None
    error = errors[0] if len(errors) == 1 else Problems(errors)
    new = len(outcome.published) > len(outcome.found)
    if not (done or outcome.moved or new or outcome.shared) or not isinstance(errors[0], AwsError):
        return error
    return PartialApplyError(
        f"All is done except that not every SSM parameter could be written: {error.message}",
        hint=" ".join(dict.fromkeys([*(problem.hint for problem in errors if problem.hint), "Then run again."])),
    )
