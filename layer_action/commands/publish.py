"""`publish`: a plan, built and applied."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from layer_action.commands.build import build_artifacts, contents_of, refusal
from layer_action.errors import LayerActionError, raise_all
from layer_action.model.layer import Artifact, Finding, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.ports import Services
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """`confirm` is asked once, after everything was built and before anything is changed; False stops the run."""

    directory: Path
    journal: Journal
    apply: ApplyOptions
    fail_on: Severity = Severity.ERROR
    confirm: Callable[[Plan], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication did, and the zips it was done with, by layer name.

    `outcome` is None when it was not wanted.
    """

    plan: Plan
    outcome: Outcome | None
    artifacts: dict[str, Artifact]


def publish(services: Services, plan: Plan, options: PublishOptions) -> Published:
    """Build what the plan publishes, then apply it; a plan that changes nothing writes nothing.

    Raises what stands in the way (BuildError, Problems) before anything is changed. What fails later is in the outcome.
    """
    raise_all(plan_problems(plan, options.fail_on))
    if not plan.changes_anything:
        return Published(plan=plan, outcome=Outcome(plan=plan), artifacts={})
    with services.console.group("Build"):
        artifacts = build_artifacts(services, contents_of(plan), options.directory, fail_on=options.fail_on)
    plan = replace(plan, findings=(*plan.findings, *_new_findings(plan, artifacts)))
    if not options.confirm(plan):
        return Published(plan=plan, outcome=None, artifacts=artifacts)
    with services.console.group("Publish and roll out"):
        outcome = apply(plan, artifacts, services=services, journal=options.journal, options=options.apply)
    return Published(plan=plan, outcome=outcome, artifacts=artifacts)


def plan_problems(plan: Plan, fail_on: Severity) -> tuple[LayerActionError, ...]:
    """Return every failure and every finding that forbids to apply a plan."""
    failures = [failure.error for failure in plan.failures]
    return (*failures, *(refusal(finding) for finding in plan.problems(at_least=fail_on)))


def _new_findings(plan: Plan, artifacts: dict[str, Artifact]) -> list[Finding]:
    return [finding for artifact in artifacts.values() for finding in artifact.findings if finding not in plan.findings]
