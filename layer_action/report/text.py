"""Plan and outcome as plain text, for a log or a terminal."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from layer_action.model.layer import Severity
from layer_action.model.plan import Outcome, ParameterMove, Plan, RepointFunction
from layer_action.report import achieved, functions, moves, sections, words
from layer_action.report.escape import plain
from layer_action.report.packages import LayerDetails, layer_details
from layer_action.report.problems import Problem, from_error, problems
from layer_action.report.rows import LayerRow, background, layer_rows, notes, unchanged_names
from layer_action.report.tables import Column, text_table
from layer_action.report.terminal import WIDEST

_MARKS: Final = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTICE: "·"}
_LAYER_COLUMNS: Final = (Column(title=" ", width=1), *sections.LAYER_COLUMNS)
_PUBLISHED_COLUMNS: Final = (
    Column(title="layer"),
    Column(title="target"),
    Column(title="version"),
    Column(title="layer version ARN", width=200),
)
# A log is searched rather than read: long, but not endless.
_ROWS: Final = 500
_NAMES: Final = 12
_FAILURES: Final = 20
_NAME: Final = re.compile(r"`[^`]{1,50}`")  # a longer one may be broken
_BLANK: Final = "\0"  # stands for one at which no line may end


def terminal(plan: Plan, outcome: Outcome | None, *, width: int = WIDEST) -> str:
    """Return the plan; or, with an outcome, what an apply made of the plan that the log shows above.

    Lines end before `width` unless a name or ARN is longer, or a table wider.
    """
    return _Page(width).told(plan, outcome)


class _Page:
    """The blocks of a text, wrapped at one width."""

    def __init__(self, width: int) -> None:
        self._width = width

    def told(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return all blocks, an empty line between two."""
        found = problems(plan)
        problem_blocks = [self._problem_block(problem) for problem in found]
        stays = [self._stay_block("Held", moves.held(plan)), self._stay_block("Skipped", moves.skipped(plan))]
        compared = self._wrapped(" ".join(map(plain, background(plan))), "")
        if outcome is None:
            title = f"Lambda layers: {sections.heading(plan, found)}"
            packages = [self._package_block(detail) for detail in layer_details(plan)]
            parameters = self._parameter_block("SSM parameters that go back", plan, plan.parameters)
            moving = [self._function_block(plan), parameters]
            blocks = [title, self._layer_block(plan), *problem_blocks, *packages, *moving, *stays, compared]
        elif plan.changes_anything:
            blocks = [*self._outcome_blocks(outcome), *problem_blocks, *stays]
        else:
            blocks = [*self._outcome_blocks(outcome), self._layer_block(plan), *problem_blocks, *stays, compared]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _problem_block(self, problem: Problem) -> str:
        """Return a problem as wrapped lines, its ways out below."""
        where = f"{plain(str(problem.location))}: " if problem.location else ""
        about = f"{plain(problem.subject)}: " if problem.subject else ""
        lines = [self._wrapped(f"{_MARKS[problem.severity]} {where}{about}{plain(problem.headline)}", "  ")]
        lines += [self._wrapped(f"  {_indented(line)}", "  ") for line in problem.rest.splitlines() if line.strip()]
        for way in problem.ways_out:
            first, *more = way.strip().splitlines() or [""]
            lines.append(self._wrapped(f"  → {plain(first)}", "    "))
            lines += [f"    {_indented(line)}" for line in more]
        return "\n".join(lines)

    def _layer_block(self, plan: Plan) -> str:
        rows = layer_rows(plan)
        parts = [text_table(_LAYER_COLUMNS, [_layer_cells(row) for row in rows], indent="")] if rows else []
        parts += [self._wrapped(f"{plain(name)}: {plain(reason)}", "  ") for name, reason in notes(plan)]
        if names := unchanged_names(plan):
            parts.append(self._wrapped(f"{words.counted(len(names), 'layer')} unchanged: {_listed(names)}", "  "))
        return "\n\n".join(parts)

    def _package_block(self, detail: LayerDetails) -> str:
        scope = f" {detail.scope}" if detail.scope else ""
        lines = [self._wrapped(plain(f"{detail.layer}{scope}: {detail.title}"), "  ")]
        cells = [
            (row.name, row.before, row.after, _growth(row.unzipped), row.license, row.why)
            for row in detail.rows[:_ROWS]
        ]
        if cells:
            lines.append(text_table(sections.PACKAGE_COLUMNS, cells))
        lines += [
            *_more(len(detail.rows)),
            *([self._wrapped(f"  {plain(detail.remark)}", "  ")] if detail.remark else []),
        ]
        return "\n".join(lines)

    def _function_block(self, plan: Plan) -> str:
        if not plan.functions:
            return ""
        if not plan.repoints:
            return "No function moves."
        title = self._wrapped(plain(f"{moves.moving(plan.repoints)}: {moves.destinations(plan.repoints)}"), "  ")
        return f"{title}\n{_move_table(plan.repoints)}"

    def _parameter_block(self, title: str, plan: Plan, written: Sequence[ParameterMove]) -> str:
        rows = [self._wrapped(f"  {plain(row)}", "    ") for row in moves.parameter_rows(plan, written)]
        return "\n".join([title, *rows]) if rows else ""

    def _stay_block(self, title: str, stays: Sequence[moves.Stay]) -> str:
        lines = [f"{title}: {words.counted(sum(len(stay.functions) for stay in stays), 'function')}"] if stays else []
        for stay in stays[:_ROWS]:
            layers = words.listed(stay.layers)
            lines.append(self._wrapped(f"  {_listed(stay.functions)} ({plain(layers)}): {plain(stay.reason)}", "    "))
            lines += [self._wrapped(f"    → {plain(way)}", "      ") for way in stay.ways_out]
        return "\n".join(lines)

    def _outcome_blocks(self, outcome: Outcome) -> list[str]:
        blocks = [f"{achieved.verdict(outcome)}: {achieved.headline(outcome)}"]
        blocks += [self._problem_block(problem) for problem in (from_error(outcome.error) if outcome.error else ())]
        published = [(row.layer, row.target, row.version, row.arn) for row in achieved.published_rows(outcome)]
        if published:
            blocks.append("Published\n" + text_table(_PUBLISHED_COLUMNS, published))
        if found := achieved.found(outcome):
            blocks.append(self._wrapped(f"Published already, by an earlier run: {_listed(found)}", "  "))
        if missing := achieved.not_published(outcome):
            names = _listed([f"{op.content.layer_name} in {op.region}" for op in missing])
            blocks.append(self._wrapped(f"Not published: {names}", "  "))
        if done := achieved.moved(outcome):
            blocks.append(f"{moves.moved(done)}\n{_move_table(done)}")
        failures = achieved.failures(outcome)
        blocks += [self._failure_block(failure) for failure in failures[:_FAILURES]]
        if len(failures) > _FAILURES:
            blocks.append(f"✗ {words.counted(len(failures) - _FAILURES, 'more function')} failed.")
        for label, names_left in (
            ("Put back", achieved.rolled_back(outcome)),
            ("Not moved", achieved.not_moved(outcome)),
        ):
            if names_left:
                blocks.append(
                    self._wrapped(f"{label}: {words.counted(len(names_left), 'function')}: {_listed(names_left)}", "  ")
                )
        blocks.append(self._stay_block("Left alone", achieved.left(outcome)))
        blocks.append(self._parameter_block("SSM parameters written", outcome.plan, outcome.parameters))
        if outcome.journal:
            blocks.append(f"Journal: {plain(outcome.journal)}")
        return blocks

    def _failure_block(self, failure: achieved.Failure) -> str:
        title = f"✗ {plain(failure.function)} was not moved. {failure.state}"
        return "\n".join([title, *(self._problem_block(problem) for problem in failure.problems)])

    def _wrapped(self, text: str, indent: str) -> str:
        """Wrap between words; a short name in backticks stays on one line."""
        kept = _NAME.sub(lambda match: match[0].replace(" ", _BLANK), text)
        return textwrap.fill(
            kept,
            self._width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        ).replace(_BLANK, " ")


def _layer_cells(row: LayerRow) -> tuple[str, ...]:
    step = f"{row.before} {words.ARROW} {row.version} {row.bump}" if row.version else row.note
    layer = f"{row.layer} {row.where}".rstrip()
    return "✗" if row.failing else "", layer, row.target, step, row.zipped, row.unzipped, row.share


def _move_table(repoints: Sequence[RepointFunction]) -> str:
    """Return a row a function; where no size is known, as in a rollback, there is no column for it."""
    rows = moves.move_rows(repoints)[:_ROWS]
    measured = any(row.total != words.UNKNOWN for row in rows)
    cells = [(row.function, row.region, row.steps, row.total if measured else "") for row in rows]
    return "\n".join([text_table(functions.FUNCTION_COLUMNS, cells), *_more(len(repoints))])


def _growth(count: int | None) -> str:
    return words.UNKNOWN if count is None else words.growth(count)


def _more(count: int) -> list[str]:
    return [f"  … and {count - _ROWS} more"] if count > _ROWS else []


def _listed(names: Iterable[str]) -> str:
    return words.listed([plain(name) for name in names], limit=_NAMES)


def _indented(line: str) -> str:
    """Keep the shape of a snippet to be copied, and of a tree that a resolver draws."""
    return " " * (len(line) - len(line.lstrip(" "))) + plain(line)
