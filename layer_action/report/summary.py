"""The step summary: what was done, then the plan as the comment shows it."""

from typing import Final

from layer_action.errors import LayerActionError
from layer_action.model.plan import Outcome, Plan
from layer_action.report import achieved, comment, functions, moves, sections, words
from layer_action.report.allowance import Allowance, encoded, fitting
from layer_action.report.escape import code, markdown, prose
from layer_action.report.problems import Problem, from_error
from layer_action.report.tables import Column, markdown_table

# The runner drops a summary above 1 MiB whole (github/docs, workflow commands); other steps' text may share the file.
LIMIT: Final = 900_000
_FAILURES: Final = 20
_ARN_COLUMNS: Final = (
    Column(title="layer"),
    Column(title="target"),
    Column(title="version"),
    Column(title="region"),
    Column(title="layer version ARN", width=120),
)


def summary(plan: Plan, outcome: Outcome | None, *, on_merge: bool = False, limit: int = LIMIT) -> str:
    """Return Markdown for the step summary, below `limit` bytes; `on_merge` as in the comment on a pull request."""
    if outcome is None:
        when = "On merge" if on_merge else "On apply"
        return fitting(lambda allowance: comment.body(plan, allowance, when=when) + "\n", limit, measure=encoded)
    return fitting(lambda allowance: _done(plan, outcome, allowance), limit, measure=encoded)


def stopped(error: LayerActionError, *, limit: int = LIMIT) -> str:
    """Return Markdown for the step summary of a run that ended before it had a plan to tell of."""
    found = from_error(error)
    title = f"### Lambda layers: stopped by {words.counted(len(found), 'problem')}"
    return fitting(
        lambda allowance: "\n\n".join([title, *sections.problem_paragraphs(found, allowance)]) + "\n",
        limit,
        measure=encoded,
    )


def outcome_sections(outcome: Outcome, allowance: Allowance) -> list[str]:
    """Return what was published, moved, left and failed, each part only where there is something to say."""
    parts = [problem_line(problem) for problem in (from_error(outcome.error) if outcome.error else ())]
    failures = achieved.failures(outcome)
    shown = min(allowance.problems, _FAILURES)
    parts += [_failure(failure) for failure in failures[:shown]]
    if len(failures) > shown:
        parts.append(f"**❌ {words.counted(len(failures) - shown, 'more function')} failed**.")
    parts.append(published_table(outcome, allowance.layers))
    if found := achieved.found(outcome):
        parts.append(f"**Published already**, by an earlier run: {words.listed(map(markdown, found))}.")
    if missing := achieved.not_published(outcome):
        names = words.listed(f"{code(op.content.layer_name)} in {markdown(op.region)}" for op in missing)
        parts.append(f"**Not published**: {names}.")
    if done := achieved.moved(outcome):
        parts.append(f"**{moves.moved(done)}**: {markdown(moves.destinations(done))}.")
    parts += _left(outcome, allowance)
    return [part for part in parts if part]


def published_table(outcome: Outcome, limit: int, *, layer: str = "") -> str:
    """Return the table of version ARNs, of one layer or all; "" when nothing was published."""
    rows = [row for row in achieved.published_rows(outcome) if not layer or row.layer == layer]
    cells = [
        (f"**{markdown(row.layer)}**", markdown(row.target), markdown(row.version), markdown(row.region), code(row.arn))
        for row in rows[:limit]
    ]
    if not cells:
        return ""
    table = markdown_table(_ARN_COLUMNS, cells)
    return table if len(rows) <= limit else f"{table}\n\n{words.counted(len(rows) - limit, 'more version')} not shown."


def problem_line(problem: Problem) -> str:
    """Return an error as one paragraph."""
    return sections.problem_paragraphs([problem], Allowance())[0]


def _done(plan: Plan, outcome: Outcome, allowance: Allowance) -> str:
    undone = f"{achieved.verdict(outcome).lower()}, " if outcome.error else ""
    parts = [f"### Lambda layers: {undone}{achieved.headline(outcome)}", *outcome_sections(outcome, allowance)]
    if plan.layers:
        parts.append(comment.body(plan, allowance, when="Planned:", title="#### The plan"))
    return "\n\n".join(parts) + "\n"


def _failure(failure: achieved.Failure) -> str:
    told = " ".join(f"{prose(problem.headline)} {prose(problem.rest)}".strip() for problem in failure.problems)
    advice = words.alternatives([prose(way) for problem in failure.problems for way in problem.ways_out])
    return f"**❌ {code(failure.function)} was not moved.** {told} {failure.state}" + (
        f"<br>{advice}" if advice else ""
    )


def _left(outcome: Outcome, allowance: Allowance) -> list[str]:
    parts = []
    if back := achieved.rolled_back(outcome):
        whose = "its" if len(back) == 1 else "their"
        parts.append(f"**{words.counted(len(back), 'function')} put back** on {whose} old layers: {_codes(back)}.")
    if untouched := achieved.not_moved(outcome):
        parts.append(f"**{words.counted(len(untouched), 'function')} not moved**: {_codes(untouched)}.")
    parts.append(functions.stays_list("Left alone", achieved.left(outcome), allowance.functions))
    if outcome.parameters:
        parts.append(functions.parameter_list(outcome.plan, outcome.parameters, allowance.functions))
    if outcome.journal:
        parts.append(f"Every call is in the journal {code(outcome.journal)}.")
    return parts


def _codes(names: tuple[str, ...]) -> str:
    return words.listed([code(name) for name in names], limit=12)
