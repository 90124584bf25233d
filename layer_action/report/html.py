"""One page that needs nothing but itself: what changes, and a map of each layer's bytes before and after."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256

from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSize, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.report import achieved, functions, moves, page_style, sections, words
from layer_action.report.escape import attribute, markup, spans, visible, web_address
from layer_action.report.maps import maps
from layer_action.report.packages import LayerDetails, PackageRow, layer_details
from layer_action.report.problems import Problem, from_error, problems
from layer_action.report.rows import LayerRow, background, layer_rows, notes, unchanged_names
from layer_action.report.tables import Column

_PUBLISHED = tuple(Column(title=title) for title in ("layer", "target", "version", "layer version ARN"))
_CONTENTS = (
    Column(title="package"),
    Column(title="version"),
    Column(title="unzipped", right=True),
    Column(title="of layer", right=True),
    Column(title="licence"),
)
# The page stays readable, and quick, with functions by the thousand.
_ROWS = 2_000
_FILES = 700  # of all layers, in the maps of one side
_FILES_A_MAP = 150


def page(plan: Plan, outcome: Outcome | None) -> str:
    """Return a whole HTML document; its own policy forbids it every request."""
    found = problems(plan)
    title = f"Lambda layers: {sections.heading(plan, found) if outcome is None else achieved.headline(outcome)}"
    parts = [
        f"<h1>{attribute(title)}</h1>",
        f'<p class="quiet">{_prose(" ".join(background(plan)))}</p>',
        *([] if outcome is None else _outcome(outcome)),
        _layers(plan),
    ]
    parts += [_problem(problem) for problem in found]
    details = layer_details(plan)
    parts += [_layer(detail, most_files=_FILES // len(details)) for detail in details]
    parts.append(_functions(plan, when="Planned: " if outcome else ""))
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_hash(page_style.SCRIPT)}'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{attribute(title)}</title>\n<style>{page_style.STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main>\n<script>{page_style.SCRIPT}</script>\n</body>\n</html>\n"
    )


def _table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are HTML already."""
    kinds = [' class="number"' if column.right else "" for column in columns]
    head = "".join(f"<th{kind}>{column.title}</th>" for kind, column in zip(kinds, columns, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _cells(*texts: str) -> tuple[str, ...]:
    return tuple(attribute(text) for text in texts)


def _layers(plan: Plan) -> str:
    rows = layer_rows(plan)
    parts = [_table(sections.LAYER_COLUMNS, [_layer_cells(row) for row in rows])] if rows else []
    parts += [f"<p>{attribute(f'{name}: {reason}')}</p>" for name, reason in notes(plan)]
    if names := unchanged_names(plan):
        count = words.counted(len(names), "layer")
        parts.append(f'<p class="quiet">{count} unchanged: {attribute(", ".join(names))}</p>')
    return "\n".join(parts)


def _layer_cells(row: LayerRow) -> tuple[str, ...]:
    mark = f"{sections.ICONS[Severity.ERROR]} " if row.failing else ""
    layer = f"{mark}<b>{attribute(row.layer)}</b> {attribute(row.where)}"
    step = f"{attribute(row.before)} {words.ARROW} <b>{attribute(row.version)}</b> {attribute(row.bump)}"
    version = step if row.version else attribute(row.note)
    return layer, attribute(row.target), version, *_cells(row.zipped, row.unzipped, row.share)


def _problem(problem: Problem) -> str:
    about = f"{problem.subject}: " if problem.subject else ""
    where = f' <span class="quiet">{attribute(str(problem.location))}</span>' if problem.location else ""
    icon = sections.ICONS[problem.severity]
    parts = [f"<p><b>{icon} {_prose(about + problem.headline)}</b>{where}</p>"]
    if "\n" in problem.rest.strip():
        parts.append(f"<pre>{_block(problem.rest)}</pre>")
    elif problem.rest:
        parts.append(f"<p>{_prose(problem.rest)}</p>")
    if problem.ways_out:
        parts.append("<ul>" + "".join(f"<li>{_way(way)}</li>" for way in problem.ways_out) + "</ul>")
    return f'<section class="problem {problem.severity}">{"".join(parts)}</section>'


def _way(text: str) -> str:
    return f"<pre>{_block(text)}</pre>" if "\n" in text.strip() else _prose(text)


def _block(text: str) -> str:
    return "\n".join(" " * (len(line) - len(line.lstrip(" "))) + attribute(line) for line in text.splitlines())


def _prose(text: str) -> str:
    """Return a sentence, its names in backticks as code."""
    shown = [(markup(visible(part.replace("\n", " "))), is_name) for part, is_name in spans(text)]
    return "".join(f"<code>{part}</code>" if is_name else part for part, is_name in shown)


def _layer(detail: LayerDetails, *, most_files: int) -> str:
    scope = f" {attribute(detail.scope)}" if detail.scope else ""
    parts = [f"<h2>{attribute(detail.layer)}{scope}</h2>", f"<p>{attribute(detail.title)}</p>"]
    if detail.remark:
        parts.append(f"<p>{_prose(detail.remark)}</p>")
    parts.append(maps(detail, most_files=min(most_files, _FILES_A_MAP)))
    if detail.rows:
        parts.append(_table(sections.PACKAGE_COLUMNS, [_package_cells(row) for row in detail.rows]))
    parts.append(_contents(detail.operations[0].size))
    return f"<section>{''.join(parts)}</section>"


def _package_cells(row: PackageRow) -> tuple[str, ...]:
    address = web_address(row.changelog)
    link = f' <a rel="noreferrer noopener" href="{attribute(address)}">changes</a>' if address else ""
    unzipped = words.UNKNOWN if row.unzipped is None else words.growth(row.unzipped)
    return attribute(row.name) + link, *_cells(row.before, row.after, unzipped, row.license, row.why)


def _contents(size: LayerSize | Unknown) -> str:
    if isinstance(size, Unknown) or not size.distributions:
        return ""
    total = max(size.unzipped, 1)
    rows = [
        _cells(part.name, part.version, words.size(part.unzipped), f"{100 * part.unzipped / total:.1f} %", part.license)
        for part in size.distributions
    ]
    count = words.counted(len(rows), "package")
    return f"<details><summary>The whole layer: {count}, heaviest first</summary>{_table(_CONTENTS, rows)}</details>"


def _functions(plan: Plan, *, when: str) -> str:
    if not plan.functions:
        return ""
    rows = [_cells(row.function, row.region, row.steps, row.total) for row in moves.move_rows(plan.repoints)]
    parts = [f"<h2>{when}{moves.moving(plan.repoints) if rows else 'No function moves'}</h2>"]
    if rows:
        parts += [
            f"<p>{attribute(moves.destinations(plan.repoints))}</p>",
            _table(functions.FUNCTION_COLUMNS, rows[:_ROWS]),
        ]
        parts += [f"<p>{len(rows) - _ROWS} more</p>"] if len(rows) > _ROWS else []
    for title, stays in (("Held", moves.held(plan)), ("Skipped", moves.skipped(plan))):
        if stays:
            parts.append(f"<h3>{title}</h3><ul>{''.join(_stay(stay) for stay in stays)}</ul>")
    return f"<section>{''.join(parts)}</section>"


def _stay(stay: moves.Stay) -> str:
    ways_out = "".join(f"<li>{_prose(way)}</li>" for way in stay.ways_out)
    names, layers = attribute(", ".join(stay.functions)), attribute(", ".join(stay.layers))
    return f"<li><b>{names}</b> ({layers}): {_prose(stay.reason)}" + (
        f"<ul>{ways_out}</ul></li>" if ways_out else "</li>"
    )


def _outcome(outcome: Outcome) -> list[str]:
    parts = [_problem(problem) for problem in (from_error(outcome.error) if outcome.error else ())]
    rows = [_cells(row.layer, row.target, row.version, row.arn) for row in achieved.published_rows(outcome)]
    if rows:
        parts.append(f"<h2>Published</h2>{_table(_PUBLISHED, rows)}")
    for failure in achieved.failures(outcome):
        parts.append(f"<p><b>❌ {attribute(failure.function)} was not moved.</b> {failure.state}</p>")
        parts += [_problem(problem) for problem in failure.problems]
    told = (
        ("Moved", moves.named(outcome.plan, [operation.function.arn for operation in achieved.moved(outcome)])),
        ("Put back", achieved.rolled_back(outcome)),
        ("Not moved", achieved.not_moved(outcome)),
        ("SSM parameters written", moves.parameter_rows(outcome.plan, outcome.parameters)),
    )
    parts += [f"<p><b>{label}</b>: {attribute(', '.join(names))}</p>" for label, names in told if names]
    if left := achieved.left(outcome):
        parts.append(f"<p><b>Left alone</b></p><ul>{''.join(map(_stay, left))}</ul>")
    return [*parts, "<h2>The plan</h2>"]


def _hash(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
