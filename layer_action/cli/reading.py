"""Commands that change nothing in AWS."""

import sys
from pathlib import Path

from layer_action.cli.work import Work
from layer_action.commands import build as building
from layer_action.commands import init as beginning
from layer_action.commands import show as showing
from layer_action.commands.publish import plan_problems
from layer_action.decide.artifacts import layer_names
from layer_action.errors import EXIT_CHANGES, EXIT_DONE, Problems, exit_code_of, raise_all
from layer_action.formats import planfile


def plan(work: Work) -> int:
    """Plan, and tell of it."""
    planned = work.plan().plan
    file = Path(work.arguments.out) if work.arguments.out else work.audience.path("plan.json")
    file.write_bytes(planfile.encode(planned, root=work.prepared.root))
    work.announce(planned, None, plan_file=work.audience.relative(file.absolute()))
    problems = plan_problems(planned, work.inputs.fail_on)
    if problems:
        return exit_code_of(Problems(problems))
    return EXIT_CHANGES if work.arguments.detailed_exitcode and planned.changes_anything else EXIT_DONE


def build(work: Work) -> int:
    """Build what changed since the base, or everything."""
    planned = work.plan(complete=work.arguments.every).plan
    directory = work.output_folder(work.arguments.directory, "build")
    contents = building.contents_of(planned, unchanged=work.arguments.every)
    artifacts = building.build_artifacts(work.services, contents, directory, fail_on=work.inputs.fail_on)
    manifest = building.write_build(artifacts.values(), directory)
    work.announce(planned, None, artifacts=work.audience.relative(directory.absolute()))
    for artifact in artifacts.values():
        work.services.console.info(f"{artifact.path}  {artifact.size.zipped} bytes  {artifact.content.digest}")
    work.services.console.info(f"Manifest: {manifest}")
    raise_all(failure.error for failure in planned.failures)
    return EXIT_DONE


def show(work: Work) -> int:
    """Print the lock inside a published version."""
    name, number = showing.parse_reference(work.arguments.layer)
    known = [layer_name for spec in work.prepared.specs for layer_name in layer_names(spec)]
    names = (name,) if name in known else layer_names(work.spec(name))
    region = work.prepared.regions[0]
    shown = [showing.show(work.store(), layer_name, number, region) for layer_name in names]
    if work.arguments.diff is not None:
        before = [showing.show(work.store(), layer_name, work.arguments.diff, region) for layer_name in names]
        rows = [row for old, new in zip(before, shown, strict=True) for row in showing.difference(old, new)]
        if work.arguments.json:
            work.say_json(rows)
        else:
            sys.stdout.write(showing.difference_text(rows))
        return EXIT_DONE
    if work.arguments.json:
        work.say_json([showing.as_row(one) for one in shown])
        return EXIT_DONE
    sys.stdout.write("".join(map(showing.heading, shown)) + showing.requirements_text([one.lock for one in shown]))
    return EXIT_DONE


def init(work: Work) -> int:
    """Write a config and a workflow."""
    found = beginning.look_around(work.prepared.root, (), work.prepared.regions)
    files = beginning.initial_files(found)
    for path in beginning.write(work.prepared.root, files, replace=work.arguments.yes):
        work.services.console.info(f"Wrote {path}")
    return EXIT_DONE
