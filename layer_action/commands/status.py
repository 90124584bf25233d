"""`status`: where every function of every layer stands, and its aliases."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from layer_action.commands.parallel import each
from layer_action.commands.reading import pinned_functions
from layer_action.decide.artifacts import layer_names, targets_named
from layer_action.decide.entries import Destination
from layer_action.decide.functions import function_operations
from layer_action.decide.pins import failed_version
from layer_action.errors import AccessDeniedError, MissingResourceError
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import FunctionOperation, HeldFunction, SkippedFunction
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.ports.aws import Functions, LayerStore
from layer_action.ports.services import Services, aws_of
from layer_action.record import record


class Standing(StrEnum):
    """How a function stands to a layer's newest version."""

    CURRENT = "current"
    BEHIND = "behind"
    HELD = "held"
    SKIPPED = "skipped"
    FAILED = "failed"


@record
class LayerRow:
    """One layer name in one region, with its newest version of ours (None when there is none)."""

    layer: str
    layer_name: str
    region: str
    number: int | None
    version: str | None
    functions: Mapping[Standing, int]


@record
class FunctionRow:
    """One function and one of its layers. `version` is None for a number that we did not write or that is gone.

    `lagging_aliases` serve another version than `$LATEST` does; Unknown where nobody lets us see it.
    """

    layer: str
    layer_name: str
    region: str
    function: str
    number: int
    version: str | None
    standing: Standing
    reason: str = ""
    lagging_aliases: tuple[str, ...] | Unknown = ()


@record
class Status:
    """All rows: layers as the config has them, functions by region and name."""

    layers: tuple[LayerRow, ...]
    functions: tuple[FunctionRow, ...]

    def json(self) -> dict[str, list[dict[str, object]]]:
        """Return plain values, without account ids."""
        return {
            "layers": [
                {
                    "layer": row.layer,
                    "layer-name": row.layer_name,
                    "region": row.region,
                    "number": row.number,
                    "version": row.version,
                    "functions": {str(standing): row.functions.get(standing, 0) for standing in Standing},
                }
                for row in self.layers
            ],
            "functions": [
                {
                    "layer": row.layer,
                    "layer-name": row.layer_name,
                    "region": row.region,
                    "function": row.function,
                    "number": row.number,
                    "version": row.version,
                    "standing": str(row.standing),
                    "reason": row.reason,
                    "lagging-aliases": None if isinstance(row.lagging_aliases, Unknown) else list(row.lagging_aliases),
                }
                for row in self.functions
            ],
        }


def status(services: Services, specs: Sequence[LayerSpec], regions: Mapping[str, Sequence[str]]) -> Status:
    """Look at every layer (its regions by spec name) and every function pinned to it. Nothing is written.

    Raises InputError without AWS, AwsError.
    """
    store, functions = aws_of(services)
    shelves = _shelves(store, specs, regions)
    everywhere = tuple(dict.fromkeys(shelf.layer.region for shelf in shelves))
    by_layer = {shelf.layer: shelf for shelf in shelves}
    pinned = pinned_functions(functions, everywhere, lambda split: split[0] in by_layer)
    destinations = [destination for shelf in shelves if (destination := shelf.destination())]
    unasked = Unknown(reason="not asked")
    today = services.clock.today()
    operations, _ = function_operations(pinned, destinations, unzipped=lambda _f, _r: unasked, today=today)
    decided = {(op.function.arn, name): op for op in operations for name in _layers_of(op)}
    lagging = dict(each(lambda function: (function.arn, _lagging(functions, function)), pinned))
    rows = tuple(
        _row(function, number, by_layer[layer], decided, lagging[function.arn])
        for function in pinned
        for layer, number in _entries(function)
        if layer in by_layer
    )
    return Status(layers=tuple(_layer_row(shelf, rows) for shelf in shelves), functions=rows)


@record
class _Shelf:
    """The versions of one layer name in one region."""

    spec: LayerSpec
    layer: LayerArn
    versions: tuple[LayerVersion, ...]

    @property
    def newest(self) -> LayerVersion | None:
        return next((version for version in self.versions if version.published), None)

    def version_of(self, number: int) -> str | None:
        found = next((v.published for v in self.versions if v.number == number), None)
        return str(found.version) if found else None

    def destination(self) -> Destination | None:
        newest = self.newest
        if newest is None or newest.published is None:
            return None
        return Destination(
            spec=self.spec,
            layer_name=self.layer.name,
            layer_arn=self.layer,
            version=newest.published.version,
            version_arn=newest.version_arn,
            targets=targets_named(self.spec, self.layer.name),
            known={version.number: version.published.version for version in self.versions if version.published},
        )


def _shelves(store: LayerStore, specs: Sequence[LayerSpec], regions: Mapping[str, Sequence[str]]) -> tuple[_Shelf, ...]:
    wanted = [(spec, name, region) for spec in specs for name in layer_names(spec) for region in regions[spec.name]]
    listed = each(lambda key: store.versions(key[1], key[2]), wanted)
    return tuple(
        _Shelf(spec=spec, layer=store.layer_arn(name, region), versions=versions)
        for (spec, name, region), versions in zip(wanted, listed, strict=True)
    )


def _entries(function: PinnedFunction) -> list[tuple[LayerArn, int]]:
    return [split for arn in function.layer_arns if (split := LayerArn.of_version(arn))]


def _layers_of(operation: FunctionOperation) -> tuple[str, ...]:
    if isinstance(operation, HeldFunction | SkippedFunction):
        return (operation.layer,)
    return tuple(move.layer for move in operation.moves)


def _row(
    function: PinnedFunction,
    number: int,
    shelf: _Shelf,
    decided: Mapping[tuple[str, str], FunctionOperation],
    served: Mapping[str, tuple[str, ...]] | Unknown,
) -> FunctionRow:
    arn = shelf.layer.version(number)
    standing, reason = _standing(function, shelf, decided.get((function.arn, shelf.spec.name)))
    return FunctionRow(
        layer=shelf.spec.name,
        layer_name=shelf.layer.name,
        region=function.region,
        function=function.name,
        number=number,
        version=shelf.version_of(number),
        standing=standing,
        reason=reason,
        lagging_aliases=(
            served if isinstance(served, Unknown) else tuple(alias for alias, arns in served.items() if arn not in arns)
        ),
    )


def _standing(function: PinnedFunction, shelf: _Shelf, operation: FunctionOperation | None) -> tuple[Standing, str]:
    if function.status == "Failed":
        return Standing.FAILED, f"its last update failed: {function.status_reason or 'Lambda gave no reason'}"
    if shelf.newest is None:
        return Standing.SKIPPED, "no version of the layer is ours"
    tags = {} if isinstance(function.tags, Unknown) else function.tags
    failed = failed_version(tags, shelf.layer.name)
    match operation:
        case HeldFunction(reason=reason):
            return (Standing.FAILED if failed else Standing.HELD), reason
        case SkippedFunction(reason=reason):
            return Standing.SKIPPED, reason
        case None:
            return Standing.CURRENT, ""
        case _:
            return Standing.BEHIND, ""


def _lagging(functions: Functions, function: PinnedFunction) -> dict[str, tuple[str, ...]] | Unknown:
    """Return, by alias, the layers of a function's aliases that serve other ones than `$LATEST`."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        for alias in functions.aliases(function.arn):
            served = functions.read(f"{function.arn}:{alias.name}").layer_arns
            if served != function.layer_arns:
                found[alias.name] = served
    except MissingResourceError:
        return {}  # gone meanwhile
    except AccessDeniedError as error:
        return Unknown(reason=error.message)
    return found


def _layer_row(shelf: _Shelf, rows: Sequence[FunctionRow]) -> LayerRow:
    here = (row for row in rows if (row.layer_name, row.region) == (shelf.layer.name, shelf.layer.region))
    newest = shelf.newest
    return LayerRow(
        layer=shelf.spec.name,
        layer_name=shelf.layer.name,
        region=shelf.layer.region,
        number=newest.number if newest else None,
        version=shelf.version_of(newest.number) if newest else None,
        functions=Counter(row.standing for row in here),
    )
