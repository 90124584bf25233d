"""`publish`: a plan, built and applied."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from layer_action.commands.build import build_artifacts, contents_of
from layer_action.commands.by_artifact import told_once
from layer_action.commands.checks import plan_problems
from layer_action.errors import LayerActionError, raise_all
from layer_action.model.layer import Artifact, Finding, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.ports.services import Services
from layer_action.record import record, replace
from layer_action.rollout.apply import ApplyOptions, apply
from layer_action.rollout.journal import Journal
from layer_action.rollout.share import may_lack_something


@record
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


@record
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


def _completed(services: Services, plan: Plan, options: PublishOptions) -> Outcome:
    if not may_lack_something(plan):
        return Outcome(plan=plan)
    with options.changing():
        return apply(plan, {}, services=services, journal=options.journal, options=options.apply)


def _new_findings(plan: Plan, artifacts: dict[str, Artifact]) -> list[Finding]:
    found = told_once((artifact.content, finding) for artifact in artifacts.values() for finding in artifact.findings)
    return [finding for finding in found if not any(_same(finding, told) for told in plan.findings)]


def _same(finding: Finding, told: Finding) -> bool:
    """Tell whether a plan has told a finding, if at another line, or with who brings its distribution in."""
    known = (told.check, told.layer, told.distribution) == (finding.check, finding.layer, finding.distribution)
    return known and told.message.startswith(finding.message)
