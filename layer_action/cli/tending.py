"""Looking after what is published: where functions stand, the way back, and what nothing uses any more."""

from functools import partial

from semver import Version

from layer_action.cli.work import Work
from layer_action.commands import prune as pruning
from layer_action.commands import rollback as returning
from layer_action.commands import status as standing
from layer_action.commands.announce import annotate_finding
from layer_action.commands.survey import regions_of
from layer_action.commands.unserved import lagging_findings
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import EXIT_DONE, InputError, Location
from layer_action.model.function import Unknown
from layer_action.model.plan import Plan
from layer_action.rollout.apply import ApplyOptions

_LAYER_TITLES = ("layer", "AWS name", "region", "version", "number", *(str(word) for word in standing.Standing))
_FUNCTION_TITLES = ("function", "region", "layer", "version", "number", "standing", "reason", "lagging aliases")


def status(work: Work) -> int:
    """Show which functions are current, behind, held, skipped or failed."""
    found = standing.status(work.services, work.prepared.specs, _regions(work))
    if work.arguments.json:
        work.say_json(found.json())
        return EXIT_DONE
    unseen = [row.lagging_aliases.reason for row in found.functions if isinstance(row.lagging_aliases, Unknown)]
    if unseen:
        work.services.console.notice(f"Not all aliases could be looked at: {unseen[0]}")
    for finding in lagging_findings(found, work.prepared.specs):
        annotate_finding(work.services, finding)
    work.services.console.info("\n\n".join(_tables(work, found, markdown=False)))
    summary = ("### Lambda layers: status", *_tables(work, found, markdown=True))
    work.services.runner.summary("\n\n".join(summary) + "\n")
    return EXIT_DONE


def _tables(work: Work, found: standing.Status, *, markdown: bool) -> tuple[str, str]:
    """Return the layers, and the functions pinned to them, each as a table."""
    table = partial(work.services.reporter.table, markdown=markdown)
    functions = [_function_cells(row) for row in found.functions]
    return (
        table(_LAYER_TITLES, [_layer_cells(row) for row in found.layers]),
        table(_FUNCTION_TITLES, functions) if functions else "No function is pinned.",
    )


def _layer_cells(row: standing.LayerRow) -> tuple[str, ...]:
    counts = (str(row.functions.get(word, 0)) for word in standing.Standing)
    return row.layer, row.layer_name, row.region, row.version or "", str(row.number or ""), *counts


def _function_cells(row: standing.FunctionRow) -> tuple[str, ...]:
    lagging = "unknown" if isinstance(row.lagging_aliases, Unknown) else ", ".join(row.lagging_aliases)
    version, number = row.version or "", str(row.number)
    return row.function, row.region, row.layer, version, number, str(row.standing), row.reason, lagging


def rollback(work: Work) -> int:
    """Move a layer's functions and parameters back; nothing is published or deleted."""
    spec = work.spec(work.arguments.layer)
    request = RollbackRequest(
        regions=_regions(work)[spec.name],
        to=_version(work.arguments.to) if work.arguments.to else None,
        journal=work.given_path(work.arguments.journal) if work.arguments.journal else None,
        journal_as_given=work.arguments.journal,
    )
    plan = returning.plan_rollback(work.services, spec, request)
    if not plan.changes_anything:
        work.announce(plan, None)
        return EXIT_DONE
    work.services.console.info(work.services.reporter.terminal(plan, None))
    if not work.confirmed(_question(plan)):
        work.services.console.info("Nothing was changed.")
        return EXIT_DONE
    with work.stopping.deferred(), work.journal() as journal:
        options = ApplyOptions(session_minutes=work.inputs.session_minutes, started=work.started, stop=work.stopping)
        outcome = returning.roll_back(work.services, plan, journal=journal, options=options)
    work.announce(plan, outcome)
    return work.tell(outcome.error, outcome) if outcome.error else EXIT_DONE


def prune(work: Work) -> int:
    """Delete versions that nothing uses, after showing what uses each."""
    arguments = work.arguments
    plan = pruning.plan_prune(
        work.services, work.prepared.specs, _regions(work), keep=arguments.keep, shared=arguments.shared
    )
    if work.arguments.json:
        work.say_json(plan.json())
    rows = [
        (
            row.layer,
            row.version.version_arn,
            str(row.version.published.version) if row.version.published else "",
            row.kept or "delete",
            ", ".join((*row.users, *(_sharer(who) for who in row.shared_with))),
        )
        for row in plan.rows
    ]
    titles = ("layer", "version ARN", "version", "what happens", "used by")
    work.services.console.info(work.services.reporter.table(titles, rows) if rows else "There is no version.")
    if any(row.kept and row.shared_with for row in plan.rows):
        work.services.console.info("What is shared stays; `--shared` deletes it too, once nobody there needs it.")
    if not plan.deletions:
        work.services.console.info("Nothing to delete.")
        return EXIT_DONE
    if not work.confirmed(f"Delete {len(plan.deletions)} version{'' if len(plan.deletions) == 1 else 's'}, for good?"):
        work.services.console.info("Nothing was changed.")
        return EXIT_DONE
    with work.stopping.deferred(), work.journal() as journal:
        deleted = pruning.prune(work.services, plan, journal=journal, stop=work.stopping)
    work.services.console.info(f"Deleted {len(deleted)}: {', '.join(version.version_arn for version in deleted)}")
    return EXIT_DONE


def _question(plan: Plan) -> str:
    functions, parameters = len(plan.repoints), len(plan.parameters)
    parts = [f"{functions} function{'' if functions == 1 else 's'}"] if functions else []
    parts += [f"{parameters} SSM parameter{'' if parameters == 1 else 's'}"] if parameters else []
    return f"Move {' and '.join(parts)} back?"


def _sharer(who: str) -> str:
    if who == "*":
        return "every account"
    return f"organisation {who}" if who.startswith("o-") else f"account {who}"


def _regions(work: Work) -> dict[str, tuple[str, ...]]:
    return regions_of(work.prepared.specs, work.inputs.regions, work.prepared.default_region)


def _version(text: str) -> Version:
    try:
        return Version.parse(text)
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a version such as 1.2.3",
            hint="`status` shows the versions of each layer.",
            location=Location("--to"),
        ) from error
