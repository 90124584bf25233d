"""One row a layer: the operations of a plan, folded where regions agree. Unescaped; each format escapes for itself."""

from typing import Final

from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSize, Severity
from layer_action.model.plan import (
    FailedLayer,
    LayerOperation,
    NoLongerDeclared,
    Plan,
    PublishLayer,
    Superseded,
    Unchanged,
)
from layer_action.model.published import LayerVersion
from layer_action.record import record, replace
from layer_action.report import words
from layer_action.report.tables import cut

SHORT_COMMIT: Final = 12


@record
class LayerRow:
    """What a table says of one layer.

    `before`, `version` and `bump` tell of a publication; `note` replaces them for everything else. `where` names the
    regions, if the report speaks of several. `failing`: a failure, or a finding of severity error, is about this layer.
    """

    layer: str
    target: str
    where: str = ""
    before: str = ""
    version: str = ""
    bump: str = ""
    note: str = ""
    zipped: str = ""
    unzipped: str = ""
    share: str = ""
    failing: bool = False


def layer_rows(plan: Plan) -> tuple[LayerRow, ...]:
    """Return a row for every layer to be published, and for every one that cannot be planned, in the plan's order."""
    failing = {finding.layer for finding in plan.findings if finding.severity is Severity.ERROR and finding.layer}
    folded: dict[tuple[str, LayerRow], list[str]] = {}
    for operation in plan.layers:
        if isinstance(operation, PublishLayer | FailedLayer):
            row = _publication(operation) if isinstance(operation, PublishLayer) else _failure(operation)
            key = (aws_name(operation), replace(row, failing=row.failing or row.layer in failing))
            folded.setdefault(key, []).append(region_of(operation))
    everywhere = regions_of(plan)
    return tuple(replace(row, where=words.region_phrase(regions, everywhere)) for (_, row), regions in folded.items())


def regions_of(plan: Plan) -> frozenset[str]:
    """Return the regions that the plan speaks of; "" (no AWS) is none."""
    return frozenset(region for operation in plan.layers if (region := region_of(operation)))


def region_of(operation: LayerOperation) -> str:
    """Return the region of an operation; a failure has none."""
    return "" if isinstance(operation, FailedLayer) else operation.region


def aws_name(operation: LayerOperation) -> str:
    """Return AWS's name of the layer, as far as it is known."""
    match operation:
        case PublishLayer():
            return operation.content.layer_name
        case FailedLayer():
            return operation.spec.layer_name
        case _:
            return operation.layer_name


def spec_name(operation: LayerOperation) -> str:
    """Return the layer's name in the config."""
    return operation.name if isinstance(operation, NoLongerDeclared) else operation.spec.name


def version_of(version: LayerVersion | None) -> str:
    """Return our version of a layer version, else its number; "" for none."""
    if version is None:
        return ""
    return str(version.published.version) if version.published else str(version.number)


def is_adoption(operation: PublishLayer) -> bool:
    """Tell whether the first version of ours follows one that somebody else published."""
    known = isinstance(operation.before, LayerSize) and operation.before.unzipped > 0
    return operation.previous is None and (known or any(change.before for change in operation.known_changes))


def _failure(operation: FailedLayer) -> LayerRow:
    target = words.targets(operation.spec.targets)
    return LayerRow(layer=operation.spec.name, target=target, note="cannot be planned", failing=True)


def _publication(operation: PublishLayer) -> LayerRow:
    row = LayerRow(
        layer=operation.spec.name,
        target=words.targets(operation.content.targets),
        zipped=words.step(operation.size, operation.before, of=lambda size: size.zipped),
        unzipped=words.step(operation.size, operation.before, of=lambda size: size.unzipped),
        share=words.share(operation.size),
    )
    if not operation.region:
        # Without AWS nobody knows the version before: only how far it would move.
        unclear = "may change" if isinstance(operation.changes, Unknown) else "changes"
        return replace(row, note=f"next: {operation.bump}" if operation.bump else unclear)
    if operation.previous is None:
        first = "adopted" if is_adoption(operation) else "first"
        # of a renamed layer it is known how far it moves
        bump = str(operation.bump) if operation.bump else first
        return replace(row, before=words.DASH, version=str(operation.version), bump=bump)
    bump = str(operation.bump) if operation.bump else "unchanged"
    return replace(row, before=version_of(operation.previous), version=str(operation.version), bump=bump)


def notes(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return (layer, what is to say of it) of the layers that are left as they are though they differ."""
    found = []
    for operation in plan.layers:
        match operation:
            case Superseded():
                found.append((operation.spec.name, f"left as it is, because {operation.reason.text}"))
            case NoLongerDeclared():
                found.append((operation.name, operation.reason.text))
            case _:
                pass
    return tuple(dict.fromkeys(found))


def unchanged_names(plan: Plan) -> tuple[str, ...]:
    """Return the layers, by their name in the config, that are unchanged in every region and for every target."""
    busy = {spec_name(operation) for operation in plan.layers if not isinstance(operation, Unchanged)}
    names = dict.fromkeys(spec_name(operation) for operation in plan.layers if isinstance(operation, Unchanged))
    return tuple(name for name in names if name not in busy)


def background(plan: Plan) -> list[str]:
    """Return, in sentences, what the plan was held against and what nobody looked at."""
    said = [f"Compared with {cut(plan.compared_with, 300)}."] if plan.compared_with else []
    if plan.commit:
        said.append(f"Commit {plan.commit[:SHORT_COMMIT]}.")
    if plan.layers and not plan.account and not regions_of(plan):
        said.append("Published versions and functions were not looked at.")
    return said


def declared_names(plan: Plan) -> tuple[str, ...]:
    """Return the layers that the config declares and the plan looked at."""
    return tuple(dict.fromkeys(spec_name(op) for op in plan.layers if not isinstance(op, NoLongerDeclared)))


def changed_names(plan: Plan) -> tuple[str, ...]:
    """Return the layers that an apply would publish."""
    return tuple(dict.fromkeys(operation.spec.name for operation in plan.publications))
