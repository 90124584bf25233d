"""Notes of a GitHub Release: the versions of one layer, what is in them and who uses them."""

from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSize
from layer_action.model.lock import LockedDistribution
from layer_action.model.plan import HeldFunction, Outcome, Plan, PublishLayer, SkippedFunction, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.report import achieved, moves, sections, words
from layer_action.report.allowance import Allowance, characters, fitting
from layer_action.report.escape import clean, code, markdown, prose
from layer_action.report.packages import by_name, layer_details, why
from layer_action.report.rows import version_of
from layer_action.report.tables import Column, cut, markdown_table

_ARN_COLUMNS = (Column(title="region"), Column(title="target"), Column(title="layer version ARN", width=120))
_CONTENT_COLUMNS = (
    Column(title="package"),
    Column(title="version"),
    Column(title="unzipped", right=True),
    Column(title="licence"),
    Column(title="why"),
)
_NAMES = 20  # of functions


def release_notes(plan: Plan, outcome: Outcome, *, layer: str, limit: int) -> str:
    """Return Markdown for the release of one layer (spec name), below `limit` characters."""
    return fitting(lambda allowance: _notes(plan, outcome, layer, allowance), limit, measure=characters)


def _notes(plan: Plan, outcome: Outcome, layer: str, allowance: Allowance) -> str:
    publications = [operation for operation in plan.publications if operation.spec.name == layer]
    parts = [f"### {markdown(cut(layer, 80))}{_version(plan, layer)}", _arns(plan, outcome, layer, allowance.layers)]
    for detail in layer_details(plan):
        if detail.layer == layer:
            scope = f"{markdown(detail.scope)}: " if detail.scope else ""
            parts.append(f"**Packages**: {scope}{markdown(cut(detail.title, 600))}")
            parts += [sections.package_table(detail.rows, allowance.packages), prose(detail.remark)]
    by_name_of_aws = {operation.content.layer_name: operation for operation in publications}
    parts += [_contents(operation, allowance.packages) for operation in by_name_of_aws.values()]
    parts.append(_functions(plan, outcome, layer, min(_NAMES, allowance.functions)))
    if allowance != Allowance():
        parts.append("<sub>Shortened to fit: `pylock` and the SBOM among the assets are complete.</sub>")
    return "\n\n".join(part for part in parts if part) + "\n"


def _version(plan: Plan, layer: str) -> str:
    found = next((str(op.version) for op in plan.publications if op.spec.name == layer), "")
    kept = [version_of(op.current) for op in plan.layers if isinstance(op, Unchanged) and op.spec.name == layer]
    return f" {markdown(found or next(iter(kept), ''))}".rstrip()


def _arns(plan: Plan, outcome: Outcome, layer: str, limit: int) -> str:
    """List what was published now, and what an earlier, interrupted run of the same release had published."""
    published = {(version.arn.region, version.arn.name): version for version in outcome.published}
    rows: list[tuple[str, str, str]] = []
    for operation in plan.layers:
        match operation:
            case PublishLayer(content=content, region=region) if operation.spec.name == layer:
                version = published.get((region, content.layer_name))
                rows.append((markdown(region), markdown(words.targets(content.targets)), _arn(version)))
            case Unchanged(current=LayerVersion() as current) if operation.spec.name == layer:
                found = operation.content.targets if operation.content else operation.spec.targets
                rows.append((markdown(operation.region), markdown(words.targets(found)), _arn(current)))
            case _:
                pass
    table = markdown_table(_ARN_COLUMNS, rows[:limit]) if rows[:limit] else ""
    return table if len(rows) <= limit else f"{table}\n\n{words.counted(len(rows) - limit, 'more version')} not shown."


def _arn(version: LayerVersion | None) -> str:
    return code(version.version_arn) if version else "not published"


def _contents(operation: PublishLayer, limit: int) -> str:
    """Return sizes and digest, and the whole content as a fold-out."""
    content, size = operation.content, operation.size
    facts = [
        f"{code(cut(content.layer_name, 140))} {markdown(str(operation.version))}",
        _sizes(size),
        f"digest {code(content.digest)}",
    ]
    if operation.previous:
        facts.append(f"before: {markdown(version_of(operation.previous))}")
    rows = [_content_cells(distribution, size) for distribution in content.lock.distributions]
    line = " · ".join(facts)
    if not rows or not limit:
        return line
    table = markdown_table(_CONTENT_COLUMNS, rows[:limit])
    more = f"\n\n{words.counted(len(rows) - limit, 'more package')} not shown." if len(rows) > limit else ""
    title = f"The whole layer for {markdown(_target(content))}: {words.counted(len(rows), 'package')}"
    return f"{line}\n<details><summary>{title}</summary>\n\n{table}{more}\n</details>"


def _content_cells(distribution: LockedDistribution, size: LayerSize | Unknown) -> tuple[str, ...]:
    found = by_name(size).get(distribution.name)
    unzipped = words.size(found.unzipped) if found else words.UNKNOWN
    licence = markdown(cut(clean(found.license), 40)) if found else ""
    return markdown(distribution.name), markdown(distribution.version), unzipped, licence, markdown(why(distribution))


def _sizes(size: LayerSize | Unknown) -> str:
    if isinstance(size, Unknown):
        return "sizes unknown"
    least = "" if size.exact else "at least "
    share = words.share(size)
    return f"{least}{words.size(size.zipped)} zipped, {words.size(size.unzipped)} unzipped ({share} of 250 MiB)"


def _target(content: LayerContent) -> str:
    return words.targets(content.targets)


def _functions(plan: Plan, outcome: Outcome, layer: str, limit: int) -> str:
    """Return how many functions moved, with at most `limit` names, and how many did not."""
    done = [op for op in achieved.moved(outcome) if any(move.layer == layer for move in op.moves)]
    names = words.listed([code(row.function) for row in moves.move_rows(done)], limit=limit)
    facts = [f"{len(done)} moved" + (f" ({names})" if limit else "")] if done else []
    kept = [op for op in plan.functions if isinstance(op, HeldFunction) and op.layer == layer]
    passed = [op for op in plan.functions if isinstance(op, SkippedFunction) and op.layer == layer]
    facts += [f"{len(found)} {word}" for found, word in ((kept, "held"), (passed, "skipped")) if found]
    return f"**Functions**: {', '.join(facts)}." if facts else ""
