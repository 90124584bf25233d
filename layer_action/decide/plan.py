"""From judgements to a plan: operations, in order, each complete."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from semver import Version

from layer_action.decide.budget import budget_findings, unmeasured_findings, upload_findings
from layer_action.decide.diff import summary
from layer_action.decide.numbering import ReleaseRequest, agreed_version
from layer_action.decide.verdict import Affected, JudgedLayer, Judgement, superseded
from layer_action.decide.version import bump_between
from layer_action.errors import LayerActionError, raise_all
from layer_action.formats import description as codec
from layer_action.model.function import Unknown
from layer_action.model.layer import Finding, LayerContent, LayerSize, LayerSpec
from layer_action.model.lock import LockDiff
from layer_action.model.plan import (
    FailedLayer,
    FunctionOperation,
    LayerOperation,
    NoLongerDeclared,
    Plan,
    PublishLayer,
    Superseded,
    Unchanged,
)
from layer_action.model.published import Description, LayerVersion

Sizes: TypeAlias = Callable[[Affected], tuple[LayerSize | Unknown, LayerSize | Unknown]]
"""The size of an affected layer, and of what it was compared with."""


def settle(layers: Iterable[JudgedLayer]) -> tuple[JudgedLayer, ...]:
    """Let a layer that is superseded in one region be so in every region that it would be published to.

    The newer commit's run is still on its way there.
    """
    return tuple(_settled(layer) for layer in layers)


def publications(
    layers: Sequence[JudgedLayer], *, sizes: Sizes, release: ReleaseRequest | None, commit: str
) -> tuple[LayerOperation, ...]:
    """Return the operation of each layer in each region. Raises InputError (or Problems) for a tag that cannot be."""
    problems: list[LayerActionError] = []
    operations: list[LayerOperation] = []
    for layer in layers:
        try:
            version = agreed_version(layer.judgements, release)
        except LayerActionError as error:
            problems.append(error)
            continue
        for row in layer.judgements:
            verdict = row.verdict
            if not isinstance(verdict, Affected):
                operations.append(verdict)
            elif version:
                operations.append(_publication(verdict, version, sizes(verdict), commit))
    raise_all(problems)
    return tuple(operations)


def make_plan(
    specs: Sequence[LayerSpec],
    *,
    layers: Iterable[LayerOperation],
    functions: Iterable[FunctionOperation],
    findings: Iterable[Finding],
    commit: str,
    compared_with: str,
) -> Plan:
    """Return the plan in its order: layers as the config has them, functions by region and name, each finding once."""
    order = {spec.name: place for place, spec in enumerate(specs)}
    return Plan(
        layers=tuple(sorted(layers, key=lambda op: order.get(_name(op), len(order)))),
        functions=tuple(sorted(functions, key=lambda op: (op.function.region, op.function.name, op.function.arn))),
        findings=tuple(dict.fromkeys(findings)),
        commit=commit,
        compared_with=compared_with,
    )


def size_findings(operations: Iterable[LayerOperation]) -> tuple[tuple[LayerContent, Finding], ...]:
    """Return what the sizes of the publications break or leave open, each with its artifact, once for all regions."""
    found: dict[tuple[str, str], tuple[LayerContent, Finding]] = {}
    for op in operations:
        if isinstance(op, PublishLayer):
            sized = (*budget_findings(op.content, op.size, op.before), *upload_findings(op))
            for finding in sized or unmeasured_findings(op):
                found.setdefault((op.content.layer_name, finding.check), (op.content, finding))
    return tuple(found.values())


def _settled(layer: JudgedLayer) -> JudgedLayer:
    newer = next((row.verdict.current for row in layer.judgements if isinstance(row.verdict, Superseded)), None)
    if newer is None:
        return layer
    rows = tuple(_yielding(row, newer) for row in layer.judgements)
    return JudgedLayer(spec=layer.spec, layer_name=layer.layer_name, judgements=rows)


def _yielding(row: Judgement, newer: LayerVersion) -> Judgement:
    if not isinstance(row.verdict, Affected):
        return row
    verdict = superseded(row.verdict.content, row.verdict.region, newer)
    return Judgement(verdict=verdict, versions=row.versions, findings=row.findings)


def _publication(
    affected: Affected, version: Version, sizes: tuple[LayerSize | Unknown, LayerSize | Unknown], commit: str
) -> PublishLayer:
    previous = affected.previous.published if affected.previous else None
    # with a version before, the bump is what the two versions say, in every region
    bump = bump_between(previous.version, version) if previous else affected.bump
    return PublishLayer(
        content=affected.content,
        region=affected.region,
        version=version,
        bump=bump,
        previous=affected.previous,
        reason=affected.reason,
        description=_description(affected, version, commit) if affected.region else "",
        changes=affected.changes,
        size=sizes[0],
        before=sizes[1],
    )


def _description(affected: Affected, version: Version, commit: str) -> str:
    return codec.encode(
        Description(
            version=version,
            summary=_summarised(affected.changes),
            digest=affected.content.digest,
            inputs_hash=affected.content.inputs_hash,
            commit=commit[:12],
        )
    )


def _summarised(changes: LockDiff | Unknown) -> str:
    return "unknown changes" if isinstance(changes, Unknown) else summary(changes) or "same packages"


def _name(operation: LayerOperation) -> str:
    match operation:
        case NoLongerDeclared(name=name):
            return name
        case FailedLayer(spec=spec) | Unchanged(spec=spec) | Superseded(spec=spec):
            return spec.name
        case PublishLayer():
            return operation.spec.name
