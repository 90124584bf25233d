"""The step's outputs, made from a plan and what became of it."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from layer_action.decide.artifacts import targets_named
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump
from layer_action.model.lock import Lock, Source
from layer_action.model.plan import (
    FailedLayer,
    FunctionOperation,
    HeldFunction,
    LayerOperation,
    NoLongerDeclared,
    Outcome,
    Plan,
    PublishLayer,
    RepointFunction,
    SkippedFunction,
    Superseded,
    Unchanged,
)
from layer_action.model.published import LayerVersion
from layer_action.model.target import Architecture

OUTPUTS: Final = (
    "changed",
    "layers",
    "arns",
    "functions",
    "matrix",
    "plan-file",
    "artifacts",
    "summary-file",
    "comment-url",
    "release-url",
)
MATRIX_LIMIT: Final = 256  # jobs a workflow run may have: https://docs.github.com/en/actions/reference/limits
_RUNNERS: Final = {Architecture.X86_64: "ubuntu-24.04", Architecture.ARM64: "ubuntu-24.04-arm"}


def outputs_of(plan: Plan | None, outcome: Outcome | None, **paths: str) -> dict[str, str]:
    """Return every output, in order; `paths` gives those that are files or addresses, by snake_case name.

    Without a plan (the run failed before there was one) the values say that nothing changed.
    """
    published = _published(outcome)
    values = {
        "changed": _json(bool(plan and plan.changes_anything)),
        "layers": _json(layer_rows(plan, outcome) if plan else []),
        "arns": _json(_arns(plan, published)),
        "functions": _json(_functions(plan, outcome)),
        "matrix": _json({"include": matrix_legs(plan)[:MATRIX_LIMIT] if plan else []}),
    }
    named = {name.replace("_", "-"): value for name, value in paths.items()}
    return {name: values.get(name, named.get(name, "")) for name in OUTPUTS}


def layer_rows(plan: Plan, outcome: Outcome | None) -> list[dict[str, object]]:
    """Return the `layers` output as values: one row a layer, target and region."""
    published = _published(outcome)
    return [row for operation in plan.layers for row in _rows(operation, published)]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=False)


def _published(outcome: Outcome | None) -> dict[tuple[str, str], LayerVersion]:
    versions = outcome.published if outcome else ()
    return {(version.arn.region, version.arn.name): version for version in versions}


def _rows(operation: LayerOperation, published: dict[tuple[str, str], LayerVersion]) -> Iterator[dict[str, object]]:
    match operation:
        case PublishLayer():
            previous = operation.previous
            done = published.get((operation.region, operation.content.layer_name))
            sizes = operation.size
            for target in operation.content.targets:
                yield {
                    **_row(operation.spec.name, str(target), operation.region, operation.reason.text),
                    "affected": True,
                    "bump": str(operation.bump),
                    "version": str(operation.version) if operation.region else "",  # without AWS nobody knows it
                    "previous": str(previous.published.version) if previous and previous.published else "",
                    "number": done.number if done else None,
                    "zipped": None if isinstance(sizes, Unknown) else sizes.zipped,
                    "unzipped": None if isinstance(sizes, Unknown) else sizes.unzipped,
                    "digest": operation.content.digest,
                }
        case Unchanged() | Superseded():
            current = operation.current
            for target in targets_named(operation.spec, operation.layer_name):
                yield {
                    **_row(operation.spec.name, str(target), operation.region, operation.reason.text),
                    **_current(current),
                }
        case NoLongerDeclared():
            yield {**_row(operation.name, "", operation.region, operation.reason.text), **_current(None)}
        case FailedLayer():
            for target in operation.spec.targets:
                yield {**_row(operation.spec.name, str(target), "", str(operation.error)), **_current(None)}


def _row(name: str, target: str, region: str, reason: str) -> dict[str, object]:
    return {"name": name, "target": target, "region": region, "affected": False, "reason": reason}


def _current(current: LayerVersion | None) -> dict[str, object]:
    ours = current.published if current else None
    return {
        "bump": str(Bump.NONE),
        "version": str(ours.version) if ours else "",
        "previous": str(ours.version) if ours else "",
        "number": current.number if current else None,
        "zipped": current.zipped if current else None,
        "unzipped": None,
        "digest": ours.digest if ours else "",
    }


def _arns(plan: Plan | None, published: dict[tuple[str, str], LayerVersion]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for operation in plan.layers if plan else ():
        match operation:
            case PublishLayer():
                key = (operation.region, operation.content.layer_name)
                version = published.get(key)
            case Unchanged() | Superseded():
                key = (operation.region, operation.layer_name)
                version = operation.current
            case _:
                continue
        if version is not None:
            found.setdefault(key[1], {})[key[0]] = version.version_arn
    return found


def _functions(plan: Plan | None, outcome: Outcome | None) -> dict[str, list[str]]:
    operations: tuple[FunctionOperation, ...] = plan.functions if plan else ()
    names = {operation.function.arn: operation.function.name for operation in operations}
    moves = [op.function.arn for op in operations if isinstance(op, RepointFunction)]
    failed = [failure.function for failure in outcome.failures] if outcome else []

    def named(arns: Iterable[str]) -> list[str]:
        """Return names: an ARN would tell the account."""
        return _distinct(names.get(arn, arn.rpartition(":")[2]) for arn in arns)

    return {
        "moved": named(outcome.moved if outcome else moves),
        "held": _distinct(op.function.name for op in operations if isinstance(op, HeldFunction)),
        "skipped": _distinct(op.function.name for op in operations if isinstance(op, SkippedFunction)),
        "failed": named(failed),
    }


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _sources(lock: Lock) -> Iterator[str]:
    return (found.name for found in lock.distributions if isinstance(found.origin, Source))


def matrix_legs(plan: Plan) -> list[dict[str, str]]:
    """Return the legs of a job matrix, one an affected layer and target; the runner takes MATRIX_LIMIT of them.

    `sources` names what a leg has to build, "" where wheels are all there is.
    """
    legs = {
        (op.spec.name, target): {
            "layer": op.spec.name,
            "runtime": target.runtime,
            "architecture": target.architecture.value,
            "runs-on": _RUNNERS[target.architecture],
            "sources": " ".join(_sources(op.content.lock)),
        }
        for op in plan.publications
        for target in op.content.targets
    }
    return list(legs.values())
