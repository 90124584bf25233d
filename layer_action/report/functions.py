"""The functions of a plan in Markdown (design §9): those that move, are held or skipped, and what follows them."""

from collections.abc import Sequence
from typing import Final

from layer_action.model.plan import ParameterMove, Plan
from layer_action.report import moves, words
from layer_action.report.allowance import Allowance
from layer_action.report.escape import code, markdown, prose
from layer_action.report.problems import ALIAS_LAGS, Problem
from layer_action.report.tables import Column, cell, cut, markdown_table

FUNCTION_COLUMNS: Final = (
    Column(title="function", width=50),
    Column(title="region"),
    Column(title="layers", width=60),
    Column(title="unzipped after", right=True),
)
_NAMES: Final = 12
_PARAGRAPH: Final = 2_000


def function_fold(plan: Plan, found: Sequence[Problem], allowance: Allowance, *, when: str) -> str:
    """Return the fold-out of the functions that move, are held or skipped, and of aliases that stay behind.

    "" where no function is concerned.
    """
    lags = [problem for problem in found if problem.check == ALIAS_LAGS]
    if not (plan.functions or plan.parameters or lags):
        return ""
    held, skipped = moves.held(plan), moves.skipped(plan)
    title = _moving(plan, when)
    for label, stays in (("held", held), ("skipped", skipped)):
        if stays:
            title += f", {sum(len(stay.functions) for stay in stays)} {label}"
    parts = [_move_table(plan, allowance.functions), stays_list("Held", held, allowance.functions)]
    parts.append(stays_list("Skipped", skipped, allowance.functions))
    if lags:
        title += f", {words.counted(len(lags), 'alias', 'aliases')} {'lags' if len(lags) == 1 else 'lag'}"
        parts.append(_lag_list(lags, allowance.functions))
    if plan.parameters:
        title += f", {moves.parameters_going_back(plan)}"
        parts.append(parameter_list(plan, plan.parameters, allowance.functions))
    body = "\n\n".join(part for part in parts if part)
    return f"<details><summary>{title}</summary>\n\n{body}\n</details>"


def _lag_list(lags: Sequence[Problem], limit: int) -> str:
    if not limit:
        return ""
    lines = [prose(cut(" ".join([lag.headline, lag.rest, *lag.ways_out]), _PARAGRAPH)) for lag in lags[:limit]]
    if len(lags) > limit:
        lines.append(f"{len(lags) - limit} more not shown")
    return "\n".join(["**Alias lag**", "", *(f"- {line}" for line in lines)])


def stays_list(title: str, stays: Sequence[moves.Stay], limit: int) -> str:
    """Return a list with one entry a reason; of each the names of at most `limit` functions."""
    if not stays or not limit:
        return ""
    lines = [f"**{title}**", ""]
    for stay in stays[:limit]:
        names = words.listed([code(name) for name in stay.functions], limit=min(limit, _NAMES))
        label = "Ways out" if len(stay.ways_out) > 1 else "Way out"
        ways_out = f" {label}: {words.alternatives([prose(way) for way in stay.ways_out])}" if stay.ways_out else ""
        layers = words.listed(markdown(layer) for layer in stay.layers)
        lines.append(f"- {names} ({layers}): {words.sentence(prose(cut(stay.reason, _PARAGRAPH)))}{ways_out}")
    if len(stays) > limit:
        lines.append(f"- {len(stays) - limit} more reasons not shown")
    return "\n".join(lines)


def parameter_list(plan: Plan, written: Sequence[ParameterMove], limit: int) -> str:
    """Return what SSM parameters name, at most `limit` of them."""
    rows = moves.parameter_rows(plan, written[:limit])
    more = [f"- {len(written) - limit} more not shown"] if len(written) > limit else []
    return "\n".join(["**SSM parameters**", "", *(f"- {prose(cut(row, _PARAGRAPH))}" for row in rows), *more])


def _moving(plan: Plan, when: str) -> str:
    total = len(plan.repoints)
    if not total:
        return "<b>No function moves</b>"
    where = cell(moves.destinations(plan.repoints), width=300)
    return f"<b>{when} {moves.moving(plan.repoints)}</b>: {where}"


def _move_table(plan: Plan, limit: int) -> str:
    rows = moves.move_rows(plan.repoints)
    if not rows or not limit:
        return f"{words.counted(len(rows), 'function')} not shown." if rows else ""
    table = markdown_table(FUNCTION_COLUMNS, [_move_cells(row) for row in rows[:limit]])
    return table if len(rows) <= limit else f"{table}\n\n{words.counted(len(rows) - limit, 'more function')} not shown."


def _move_cells(row: moves.MoveRow) -> tuple[str, ...]:
    return code(cut(row.function, 140)), cell(row.region), cell(row.steps, width=400), row.total
