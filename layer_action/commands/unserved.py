"""What `status` says of aliases that serve older layers than `$LATEST`, where the config names none to be moved."""

from collections.abc import Iterator, Sequence

from layer_action.commands.status import Standing, Status
from layer_action.model.function import Unknown
from layer_action.model.layer import Finding, LayerSpec, Severity
from layer_action.model.listing import listed


def lagging_findings(found: Status, specs: Sequence[LayerSpec]) -> Iterator[Finding]:
    """Return one finding a layer whose functions have moved, while what their aliases serve has not."""
    for spec in specs:
        lagging: dict[str, list[str]] = {}
        there = (row for row in found.functions if row.layer == spec.name and row.standing is Standing.CURRENT)
        for row in there:
            for alias in () if isinstance(row.lagging_aliases, Unknown) else row.lagging_aliases:
                lagging.setdefault(alias, []).append(row.function)
        lagging.pop(spec.rollout.alias, None)  # the next `publish` moves it, or says why not
        if lagging:
            yield _finding(spec, lagging)


def _finding(spec: LayerSpec, lagging: dict[str, list[str]]) -> Finding:
    functions = sorted({name for names in lagging.values() for name in names})
    aliases = sorted(lagging, key=lambda alias: (-len(lagging[alias]), alias))
    verb, whose = ("serves", "its") if len(functions) == 1 else ("serve", "their")
    return Finding(
        severity=Severity.NOTICE,
        check="alias-lags",
        message=(
            f"{listed(functions)} {verb} older layers than the newest {spec.name} through "
            f"{'the alias' if len(aliases) == 1 else 'the aliases'} {listed(aliases)}: only {whose} $LATEST has moved."
        ),
        ways_out=(
            f"Set `alias: {aliases[0]}` for {spec.name}: `publish` then moves it where the code is the same.",
            "Or deploy: publish a function version and point the alias at it.",
        ),
        location=spec.location("alias"),
        layer=spec.name,
    )
