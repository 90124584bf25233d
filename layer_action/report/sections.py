"""The parts of a plan in Markdown (design §9), each cut to an allowance between rows, never inside one."""

from collections.abc import Sequence
from typing import Final

from layer_action.model.layer import Severity
from layer_action.model.plan import NoLongerDeclared, Plan, Superseded
from layer_action.report import moves, words
from layer_action.report.allowance import Allowance
from layer_action.report.escape import code, fenced, markdown, prose, web_address
from layer_action.report.packages import LayerDetails, PackageRow, layer_details
from layer_action.report.problems import ALIAS_LAGS, Problem, count
from layer_action.report.rows import LayerRow, changed_names, declared_names, layer_rows, notes, unchanged_names
from layer_action.report.tables import Column, cell, cut, markdown_table

LAYER_COLUMNS: Final = (
    Column(title="layer"),
    Column(title="target"),
    Column(title="version"),
    Column(title="zipped", right=True),
    Column(title="unzipped", right=True),
    Column(title="of 250 MiB", right=True),
)
PACKAGE_COLUMNS: Final = (
    Column(title="package"),
    Column(title="before"),
    Column(title="after"),
    Column(title="unzipped", right=True),
    Column(title="licence", width=24),
    Column(title="why", width=32),
)
ICONS: Final = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "💡"}
_NAMES: Final = 12
_HEADLINE: Final = 400
_PARAGRAPH: Final = 2_000


def heading(plan: Plan, found: Sequence[Problem]) -> str:
    """Return `2 of 12 change, 1 problem`: plain words, without a name in them."""
    parts = [_what_changes(plan)]
    if superseded := {op.spec.name for op in plan.layers if isinstance(op, Superseded)}:
        parts.append(f"{len(superseded)} superseded by a newer commit")
    if gone := {op.name for op in plan.layers if isinstance(op, NoLongerDeclared)}:
        parts.append(f"{len(gone)} no longer declared")
    parts[-1] += moves.held_by_failure(plan)
    if errors := count(found, Severity.ERROR):
        parts.append(words.counted(errors, "problem"))
    if warnings := count(found, Severity.WARNING):
        parts.append(words.counted(warnings, "warning"))
    return ", ".join(parts)


def _what_changes(plan: Plan) -> str:
    declared, changed, failed = len(declared_names(plan)), len(changed_names(plan)), len(plan.failures)
    if not declared:
        return "none declared"
    if changed:
        return f"{changed} of {declared} {'changes' if changed == 1 else 'change'}"
    if failed:
        return f"{failed} of {declared} cannot be planned"
    told = [moves.moving(plan.repoints)] if plan.repoints else []
    told += [moves.parameters_going_back(plan)] if plan.parameters else []
    return ", ".join(["no layer changes", *told]) if told else "nothing changes"


def layer_table(plan: Plan, allowance: Allowance) -> str:
    """Return the table of layers and the line of those that stay; "" when there is nothing of either."""
    rows = layer_rows(plan)
    # where not all fit, those with a problem come first
    kept = rows if len(rows) <= allowance.layers else sorted(rows, key=lambda row: not row.failing)
    shown = kept[: allowance.layers]
    parts = [markdown_table(LAYER_COLUMNS, [_layer_cells(row) for row in shown])] if shown else []
    if len(shown) < len(rows):
        parts.append(f"{len(rows) - len(shown)} more rows are not shown.")
    parts += [
        f"**{cell(name)}**: {words.sentence(prose(cut(reason, _PARAGRAPH)))}"
        for name, reason in notes(plan)[: allowance.layers]
    ]
    if names := unchanged_names(plan):
        which = f": {words.listed([cell(name) for name in names], limit=_NAMES)}" if allowance.layers else ""
        parts.append(f"{words.counted(len(names), 'layer')} unchanged{which}")
    return "\n\n".join(part for part in parts if part)


def problem_paragraphs(found: Sequence[Problem], allowance: Allowance) -> list[str]:
    """Return a paragraph a problem: what happened in bold, the rest, the ways out. Aliases are told with functions."""
    told = [problem for problem in found if problem.check != ALIAS_LAGS]
    shown = [_problem(problem, allowance) for problem in told[: allowance.problems]]
    hidden = len(told) - len(shown)
    return [*shown, f"{words.counted(hidden, 'more finding')} not shown."] if hidden else shown


def layer_folds(plan: Plan, allowance: Allowance) -> list[str]:
    """Return one fold-out a changed layer, with its package table."""
    details = layer_details(plan)
    if not allowance.packages:
        return [f"Package tables of {words.counted(len(details), 'layer')} are left out."] if details else []
    is_open = sum(len(detail.rows) for detail in details) <= allowance.open_rows
    return [_layer_fold(detail, allowance, is_open=is_open) for detail in details]


def package_table(rows: Sequence[PackageRow], limit: int) -> str:
    """Return a package table of at most `limit` rows, with the number of those left out."""
    if not rows or not limit:
        return f"{words.counted(len(rows), 'package')} not shown." if rows else ""
    table = markdown_table(PACKAGE_COLUMNS, [_package_cells(row) for row in rows[:limit]])
    return table if len(rows) <= limit else f"{table}\n\n{words.counted(len(rows) - limit, 'more package')} not shown."


def version_cell(row: LayerRow) -> str:
    """Return `1.4.2 → **1.5.0** minor`, or the note that stands for it."""
    if not row.version:
        return markdown(row.note)
    return f"{markdown(row.before)} {words.ARROW} **{markdown(row.version)}** {markdown(row.bump)}".rstrip()


def _layer_cells(row: LayerRow) -> tuple[str, ...]:
    name = f"{ICONS[Severity.ERROR]} **{cell(row.layer)}**" if row.failing else f"**{cell(row.layer)}**"
    where = f" {markdown(row.where)}" if row.where else ""
    return name + where, markdown(row.target), version_cell(row), row.zipped, row.unzipped, markdown(row.share)


def _package_cells(row: PackageRow) -> tuple[str, ...]:
    address = web_address(row.changelog)
    name = cell(row.name) + (f" ([changes]({address}))" if address else "")
    unzipped = words.UNKNOWN if row.unzipped is None else words.growth(row.unzipped)
    return name, cell(row.before), cell(row.after), unzipped, cell(row.license, width=40), cell(row.why)


def _problem(problem: Problem, allowance: Allowance) -> str:
    about = f"{code(problem.subject)}: " if problem.subject else ""
    lines = [f"**{ICONS[problem.severity]} {about}{prose(cut(problem.headline, _HEADLINE))}**"]
    block = ""
    if "\n" in problem.rest.strip():
        block = f"\n\n{fenced(problem.rest, lines=allowance.problem_lines)}\n\n" if allowance.problem_lines else ""
    elif problem.rest:
        lines[0] += f" {prose(cut(problem.rest, _PARAGRAPH))}"
    if problem.location:
        lines[0] += f" ({code(str(problem.location))})"
    ways = [prose(cut(way.strip(), _PARAGRAPH)) for way in problem.ways_out if "\n" not in way.strip()]
    snippets = [fenced(way) for way in problem.ways_out if "\n" in way.strip() and allowance.problem_lines]
    advice = f"{'Ways out: ' if len(ways) > 1 else ''}{words.alternatives(ways)}"
    text = lines[0] + block
    if advice:
        text += advice if block else f"<br>{advice}"
    return "\n\n".join([text.rstrip(), *snippets])


def _layer_fold(detail: LayerDetails, allowance: Allowance, *, is_open: bool) -> str:
    scope = f" {markdown(detail.scope)}" if detail.scope else ""
    title = f"<b>{cell(detail.layer)}</b>{scope}: {cell(detail.title, width=600)}"
    parts = [package_table(detail.rows, allowance.packages), words.sentence(prose(detail.remark))]
    body = "\n\n".join(part for part in parts if part)
    if not body:
        return f"\n{title}\n"
    return f"<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{body}\n</details>"
