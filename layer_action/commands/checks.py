"""What stands in the way of a plan: problems it tells of itself, and a checkout or an account that it is not for."""

from layer_action.commands.build import refusal
from layer_action.errors import InputError, LayerActionError, Location, WrongAccountError
from layer_action.model.layer import Severity
from layer_action.model.plan import Plan
from layer_action.model.published import LayerArn
from layer_action.ports.aws import LayerStore


def plan_problems(plan: Plan, fail_on: Severity) -> tuple[LayerActionError, ...]:
    """Return every failure and every finding that forbids to apply a plan."""
    failures = [failure.error for failure in plan.failures]
    return (*failures, *(refusal(finding) for finding in plan.problems(at_least=fail_on)))


def check_plan_commit(plan: Plan, *, head: str, file: str) -> None:
    """Refuse a plan that was made from another commit than the one checked out. Raises InputError."""
    if plan.commit and head and plan.commit != head:
        raise InputError(
            f"The plan is of commit {plan.commit[:12]}, and {head[:12]} is checked out.",
            hint="Check out the plan's commit, or plan again.",
            location=Location(file),
        )


def check_plan_file(plan: Plan, *, store: LayerStore, head: str, file: str) -> None:
    """Refuse a plan that was written for something else than the checkout and the account of this run.

    Whether AWS still holds what the plan was made from is for `apply` to see. Raises InputError, WrongAccountError.
    """
    here = Location(file)
    check_plan_commit(plan, head=head, file=file)
    if any(not operation.region for operation in plan.publications):
        raise InputError(
            "The plan was made without AWS: it knows neither regions nor versions.",
            hint="Make it anew with `plan --out FILE`, with credentials and a region.",
            location=here,
        )
    account = store.account()
    if others := _accounts(plan) - {account}:
        raise WrongAccountError(
            f"The plan is of account {', '.join(sorted(others))}, and the credentials are of {account}.",
            hint=f"Log in to that account. To promote the plan, name an environment whose `account` is {account}.",
            location=here,
        )


def _accounts(plan: Plan) -> set[str]:
    layers = {operation.previous.arn.account for operation in plan.publications if operation.previous}
    moved = (LayerArn.of_version(move.before) for operation in plan.repoints for move in operation.moves)
    return layers | {split[0].account for split in moved if split} | ({plan.account} if plan.account else set())
