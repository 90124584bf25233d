"""What changes inside a layer: its distributions before and after, with sizes, licences and who asked for them."""

from collections.abc import Mapping

from layer_action.model.function import Unknown
from layer_action.model.layer import DistributionSize, LayerSize
from layer_action.model.lock import DistributionChange, LockedDistribution
from layer_action.model.plan import Plan, PublishLayer, Reason
from layer_action.model.published import LayerVersion
from layer_action.record import record
from layer_action.report import words
from layer_action.report.rows import regions_of, version_of


@record
class PackageRow:
    """One distribution that comes, goes or moves. `unzipped` is the difference in bytes; None where it is not known."""

    name: str
    before: str
    after: str
    unzipped: int | None
    license: str
    changelog: str
    why: str


@record
class LayerDetails:
    """The publications of one layer (its targets and regions) that have the very same package table. Unescaped.

    `scope` names the targets and regions, "" when they are all of the layer's. `reason` ends with its location.
    """

    operations: tuple[PublishLayer, ...]
    scope: str
    rows: tuple[PackageRow, ...]

    @property
    def layer(self) -> str:
        """The layer's name in the config."""
        return self.operations[0].spec.name

    @property
    def title(self) -> str:
        """What changes since which version and why: `2 changed since http:14 (1.4.2), because requests …`."""
        count, reason, first = _counts(self.rows), _reason(self.operations[0].reason), self.operations[0]
        if isinstance(first.changes, Unknown):
            return reason
        if not self.rows and self._references():
            return f"the same packages as {words.listed(self._references())}" + (f"; {reason}" if reason else "")
        if first.region and first.previous is None:
            return f"{count}; {reason}" if reason else f"{count}; first version"
        return f"{count}{self._since()}" + (f", because {reason}" if reason else "")

    @property
    def remark(self) -> str:
        """What a reader of the table should know beside it."""
        return "The sizes are not known." if any(isinstance(op.size, Unknown) for op in self.operations) else ""

    def _since(self) -> str:
        found = self._references()
        return f" since {words.listed(found)}" if found else ""

    def _references(self) -> list[str]:
        found = list(dict.fromkeys(_reference(op.previous) for op in self.operations if op.previous))
        if len(found) > 1:
            found = sorted({version_of(op.previous) for op in self.operations if op.previous})
        return found


def layer_details(plan: Plan) -> tuple[LayerDetails, ...]:
    """Return the fold-outs of a plan, targets and regions folded where the same changes."""
    folded: dict[tuple[str, Reason, tuple[PackageRow, ...]], list[PublishLayer]] = {}
    for operation in plan.publications:
        folded.setdefault((operation.spec.name, operation.reason, package_rows(operation)), []).append(operation)
    return tuple(
        LayerDetails(operations=tuple(operations), scope=_scope(operations, plan), rows=rows)
        for (_, _, rows), operations in folded.items()
    )


def package_rows(operation: PublishLayer) -> tuple[PackageRow, ...]:
    """Return the changed distributions of a publication: the direct ones first, then by name."""
    after, before = by_name(operation.size), by_name(operation.before)
    ordered = sorted(operation.known_changes, key=lambda change: (not change.direct, change.name))
    return tuple(_row(change, after, before) for change in ordered)


def by_name(size: LayerSize | Unknown) -> Mapping[str, DistributionSize]:
    """Return the distributions of a size, as far as they are known."""
    return {} if isinstance(size, Unknown) else {found.name: found for found in size.distributions}


def why(distribution: DistributionChange | LockedDistribution) -> str:
    """Return who asks for a distribution."""
    if distribution.direct:
        return "direct"
    return words.listed(distribution.required_by, limit=3)


def _row(
    change: DistributionChange, after: Mapping[str, DistributionSize], before: Mapping[str, DistributionSize]
) -> PackageRow:
    now = after.get(change.name)
    then = before.get(change.name)
    described = now or then
    return PackageRow(
        name=change.name,
        before=change.before or "",
        after=change.after or "",
        unzipped=_difference(change, now, then),
        license=described.license if described else "",
        changelog=described.changelog if described else "",
        why=why(change) if change.after else "removed",
    )


def _difference(change: DistributionChange, now: DistributionSize | None, then: DistributionSize | None) -> int | None:
    """Count an absent side as nothing only where the change itself says that it is absent."""
    if (change.after and now is None) or (change.before and then is None):
        return None
    return (now.unzipped if change.after and now else 0) - (then.unzipped if change.before and then else 0)


def _counts(rows: tuple[PackageRow, ...]) -> str:
    added = sum(1 for row in rows if not row.before)
    removed = sum(1 for row in rows if not row.after)
    changed = len(rows) - added - removed
    parts = [(changed, "changed"), (added, "added"), (removed, "removed")]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "no package changes"


def _scope(operations: list[PublishLayer], plan: Plan) -> str:
    targets = tuple(dict.fromkeys(target for operation in operations for target in operation.content.targets))
    regions = {operation.region for operation in operations}
    named = [words.targets(targets)] if set(targets) != set(operations[0].spec.targets) else []
    everywhere = regions_of(plan)
    if regions != everywhere and (where := words.region_phrase(regions, everywhere)):
        named.append(where)
    return " ".join(named)


def _reason(reason: Reason) -> str:
    if reason.location is None or str(reason.location) in reason.text:
        return reason.text
    return f"{reason.text}, {reason.location}"


def _reference(version: LayerVersion | None) -> str:
    """Return `http:14 (1.4.2)`."""
    if version is None:
        return ""
    text = f"{version.arn.name}:{version.number}"
    return f"{text} ({version.published.version})" if version.published else text
