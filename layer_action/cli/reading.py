"""Commands that change nothing in AWS."""

from layer_action.cli.work import Work
from layer_action.commands import build as building
from layer_action.commands.checks import check_plan_commit, plan_problems
from layer_action.commands.folder import write_whole
from layer_action.decide.artifacts import layer_names
from layer_action.decide.budget import SIZE_UNKNOWN
from layer_action.errors import EXIT_CHANGES, EXIT_DONE, InputError, Location, Problems, exit_code_of
from layer_action.exhausted import exhausted
from layer_action.model.plan import Plan
from layer_action.record import replace


def plan(work: Work) -> int:
    """Plan, and tell of it."""
    from layer_action.formats import planfile  # noqa: PLC0415 - what a build does not write

    planned = work.plan().plan
    given = work.arguments.out
    file = work.given_path(given) if given else work.audience.path("plan.json")
    try:
        write_whole(file, planfile.encode(planned, root=work.prepared.root))
    except OSError as error:
        refused = InputError(
            f"the plan cannot be written: {error.strerror}",
            hint="Name a file in a folder that exists and can be written to."
            if given
            else "Give the user of this run the right to write there, or name another file with `--out`.",
            location=Location(given or str(file)),
        )
        raise exhausted(error) or refused from error
    work.announce(planned, None, plan_file=work.audience.relative(file))
    if problems := plan_problems(planned, work.inputs.fail_on):
        return exit_code_of(Problems(problems))
    return EXIT_CHANGES if work.arguments.detailed_exitcode and planned.changes_anything else EXIT_DONE


def build(work: Work) -> int:
    """Build what changed since the base, or everything; a layer that cannot be built stops no other.

    With a plan file, build what it publishes: all of it, or one leg's share.
    """
    planned = _leg(work) if work.inputs.plan_file else work.plan(complete=work.arguments.every).plan
    given = work.arguments.directory
    directory = work.given_path(given) if given else work.audience.path("build")
    contents = building.contents_of(planned, unchanged=work.arguments.every)
    built = building.try_artifacts(work.services, contents, directory, fail_on=work.inputs.fail_on, plan=planned)
    manifest = building.write_build(built.artifacts.values(), directory)
    # what could not be measured is built by now, or its problem is known
    still_true = [finding for finding in planned.findings if finding.check != SIZE_UNKNOWN]
    work.announce(
        replace(planned, findings=(*still_true, *built.findings)),
        None,
        artifacts=work.audience.relative(directory) if built.artifacts else "",
    )
    for artifact in built.artifacts.values():
        work.services.console.info(f"{artifact.path}  {artifact.size.zipped} bytes  {artifact.content.digest}")
    work.services.console.info(f"Manifest: {manifest}")
    problems = [*(failure.error for failure in planned.failures), *built.problems, *built.told]
    return exit_code_of(Problems(problems)) if problems else EXIT_DONE


def _leg(work: Work) -> Plan:
    plan, inputs = work.plan_of_file(), work.inputs
    check_plan_commit(plan, head=work.services.repository.head(), file=inputs.plan_file)
    targets = {
        target
        for publication in plan.publications
        for target in publication.content.targets
        if target.runtime in (inputs.runtimes or (target.runtime,))
        and target.architecture in (inputs.architectures or (target.architecture,))
    }
    return building.leg_of(plan, targets, [spec.name for spec in work.prepared.specs])


def show(work: Work) -> int:
    """Print the lock inside a published version."""
    from layer_action.commands import show as showing  # noqa: PLC0415 - what `plan` and `build` do not need

    name, number = showing.parse_reference(work.arguments.layer)
    owner = next((spec for spec in work.prepared.specs if name in layer_names(spec)), None)
    spec = owner or work.spec(name)
    region = work.regions_of(spec)[0]
    names = (name,) if owner else layer_names(spec)
    shown = [showing.show(work.store(), layer_name, number, region) for layer_name in names]
    if work.arguments.diff is not None:
        before = [showing.show(work.store(), layer_name, work.arguments.diff, region) for layer_name in names]
        rows = [row for old, new in zip(before, shown, strict=True) for row in showing.difference(old, new)]
        if work.arguments.json:
            work.say_json(rows)
        else:
            work.say(showing.difference_text(rows))
    elif work.arguments.json:
        work.say_json([showing.as_row(one) for one in shown])
    else:
        work.say("".join(map(showing.heading, shown)) + showing.requirements_text(shown))
    return EXIT_DONE


def init(work: Work) -> int:
    """Write a config and a workflow."""
    from layer_action.commands import init as beginning  # noqa: PLC0415 - what `plan` and `build` do not need
    from layer_action.commands.surroundings import listed_functions, look_around  # noqa: PLC0415

    root, regions, console = work.prepared.root, work.prepared.regions, work.services.console
    found = look_around(root, listed_functions(work.services, regions), regions)
    written = beginning.write(root, beginning.initial_files(found), replace=work.arguments.yes)
    for path in written:
        console.info(f"Wrote {path.relative_to(root)}")
    if work.arguments.json:
        work.say_json([str(path.relative_to(root)) for path in written])
    console.info(beginning.next_steps(found))
    return EXIT_DONE
