"""Commands that change AWS: look, ask, do, tell."""

from pathlib import Path

from layer_action.choice import ReleaseTag
from layer_action.cli.work import Work
from layer_action.commands import release as releasing
from layer_action.commands.build import write_build
from layer_action.commands.checks import check_plan_commit, check_plan_file, plan_problems
from layer_action.commands.pin_files import propose_pins
from layer_action.commands.promotion import PlannedResolver, check_promoted, is_promotion
from layer_action.commands.publish import Published, PublishOptions
from layer_action.commands.publish import publish as publish_plan
from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import EXIT_DONE, LayerActionError, Problems, exit_code_of
from layer_action.model.plan import Outcome, Plan
from layer_action.record import replace
from layer_action.rollout.apply import ApplyOptions


def publish(work: Work) -> int:
    """Publish what is affected, and move the functions pinned to it."""
    return _apply(work, None)


def release(work: Work) -> int:
    """Publish under a tag's version, and write the GitHub Release."""
    return _apply(work, work.prepared.tag)


def _apply(work: Work, tag: ReleaseTag | None) -> int:
    repoint = not work.arguments.no_repoint and not (tag and tag.is_prerelease)
    plan = _plan(work, tag, repoint=repoint)
    if problems := plan_problems(plan, work.inputs.fail_on):
        work.announce(plan, None)
        return exit_code_of(Problems(problems))
    if plan.changes_anything:
        work.services.console.info(work.services.reporter.terminal(plan, None))
    directory = work.audience.path("build")
    with work.journal() as journal:
        options = PublishOptions(
            directory=directory,
            journal=journal,
            apply=ApplyOptions(
                repoint=repoint,
                session_minutes=work.inputs.session_minutes,
                started=work.started,
                stop=work.stopping,
            ),
            fail_on=work.inputs.fail_on,
            confirm=lambda plan: work.confirmed(_question(plan)),
            changing=work.stopping.deferred,
        )
        published = publish_plan(work.services, plan, options)
    return _told(work, published, tag, directory)


def _question(plan: Plan) -> str:
    versions, functions = len(plan.publications), len(plan.repoints)
    return f"Publish {versions} layer version{_s(versions)} and move {functions} function{_s(functions)}?"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _plan(work: Work, tag: ReleaseTag | None, *, repoint: bool) -> Plan:
    file = work.arguments.plan or work.inputs.plan_file
    if not file:
        release = ReleaseRequest(layer=tag.layer, version=tag.version) if tag else None
        return work.plan(release, repoint=repoint).plan
    plan, head = work.plan_of_file(), work.services.repository.head()
    environment = work.prepared.environment
    if is_promotion(plan, store=work.store(), expected=environment.account):
        check_plan_commit(plan, head=head, file=file)
        promoted = work.plan(complete=True, repoint=repoint, resolver=PlannedResolver(plan, work.services.resolver))
        check_promoted(plan, promoted, environment=environment.name, file=file)
        return promoted.plan
    check_plan_file(plan, store=work.store(), head=head, file=file)
    return plan if repoint else replace(plan, functions=())


def _told(work: Work, published: Published, tag: ReleaseTag | None, directory: Path) -> int:
    outcome = published.outcome
    if outcome is None:
        work.services.console.info("Nothing was changed.")
        return EXIT_DONE
    outputs = {}
    if published.artifacts:
        outputs["artifacts"] = work.audience.relative(directory)
        try:
            write_build(published.artifacts.values(), directory)
        except OSError as error:
            work.services.console.warning(f"The manifest of the zips cannot be written: {error.strerror}.")
    problem = outcome.error
    if not problem:
        problem = _told_github(work, published, outcome, tag, outputs)
    work.announce(published.plan, outcome, **outputs)
    return work.tell(problem, outcome) if problem else EXIT_DONE


def _told_github(
    work: Work, published: Published, outcome: Outcome, tag: ReleaseTag | None, outputs: dict[str, str]
) -> LayerActionError | None:
    """Write the release and raise the pins; what GitHub refuses undoes nothing in AWS."""
    problems: list[LayerActionError] = []
    prepared = work.prepared
    pinned = [(spec, work.regions_of(spec)) for spec in prepared.layers if spec.publication.pin_files]
    try:
        propose_pins(
            work.services,
            published.plan,
            outcome,
            base=prepared.event.default_branch,
            environment=prepared.environment.name,
            others=pinned,
        )
    except LayerActionError as error:
        problems.append(error)
    try:
        if tag:
            outputs["release_url"] = releasing.release(
                work.services,
                published.plan,
                outcome,
                tag,
                artifacts=published.artifacts,
                directory=work.audience.path("build"),
            )
            if url := outputs["release_url"]:
                work.services.console.info(f"Release: {url}")
    except LayerActionError as error:
        problems.append(error)
    return Problems(problems) if len(problems) > 1 else next(iter(problems), None)
