"""`publish`: a plan, built and applied."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from layer_action.commands.build import build_artifacts, contents_of, refusal
from layer_action.errors import InputError, LayerActionError, Location, WrongAccountError, raise_all
from layer_action.model.layer import Artifact, Finding, LayerArn, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.ports import LayerStore, Services
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.complete import may_lack_something
from layer_action.rollout.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """`confirm` is asked once, after everything was built and before anything is changed; False stops the run.

    What changes AWS runs inside of `changing()`: there a signal must not end the run at once.
    """

    directory: Path
    journal: Journal
    apply: ApplyOptions
    fail_on: Severity = Severity.ERROR
    confirm: Callable[[Plan], bool] = lambda _: True
    changing: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication did, and the zips it was done with, by layer name.

    `outcome` is None when it was not wanted.
    """

    plan: Plan
    outcome: Outcome | None
    artifacts: dict[str, Artifact]


def publish(services: Services, plan: Plan, options: PublishOptions) -> Published:
    """Build what the plan publishes, then apply it.

    A plan that changes nothing writes nothing, except what an earlier run was killed before: shares, parameters.
    Raises what stands in the way of the plan (BuildError, Problems). What fails later is in the outcome: a layer that
    cannot be built or must not be used stops all, before anything is changed.
    """
    raise_all(plan_problems(plan, options.fail_on))
    if not plan.changes_anything:
        return Published(plan=plan, outcome=_completed(services, plan, options), artifacts={})
    try:
        with services.console.group("Build"):
            artifacts = build_artifacts(services, contents_of(plan), options.directory, fail_on=options.fail_on)
    except LayerActionError as error:
        return Published(plan=plan, outcome=Outcome(plan=plan, error=error), artifacts={})
    plan = replace(plan, findings=(*plan.findings, *_new_findings(plan, artifacts)))
    if not options.confirm(plan):
        return Published(plan=plan, outcome=None, artifacts=artifacts)
    with options.changing(), services.console.group("Publish and roll out"):
        outcome = apply(plan, artifacts, services=services, journal=options.journal, options=options.apply)
    return Published(plan=plan, outcome=outcome, artifacts=artifacts)


def check_plan_commit(plan: Plan, *, head: str, file: str) -> None:
    """Refuse a plan that was made from another commit than the one checked out. Raises InputError."""
    if plan.commit and head and plan.commit != head:
        raise InputError(
            f"The plan is of commit {plan.commit[:12]}, and {head[:12]} is checked out.",
            hint="Check out the plan's commit, or plan again.",
            location=Location(file),
        )


def _completed(services: Services, plan: Plan, options: PublishOptions) -> Outcome:
    if not may_lack_something(plan):
        return Outcome(plan=plan)
    with options.changing():
        return apply(plan, {}, services=services, journal=options.journal, options=options.apply)


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


def plan_problems(plan: Plan, fail_on: Severity) -> tuple[LayerActionError, ...]:
    """Return every failure and every finding that forbids to apply a plan."""
    failures = [failure.error for failure in plan.failures]
    return (*failures, *(refusal(finding) for finding in plan.problems(at_least=fail_on)))


def _new_findings(plan: Plan, artifacts: dict[str, Artifact]) -> list[Finding]:
    return [finding for artifact in artifacts.values() for finding in artifact.findings if finding not in plan.findings]
