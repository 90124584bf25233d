"""The functions that a plan is about, read, and how large they would become."""

from collections.abc import Iterable, Mapping, Sequence

from layer_action.commands.lagging import Aliases
from layer_action.commands.parallel import each
from layer_action.commands.reading import read_function
from layer_action.decide.diff import listed
from layer_action.decide.functions import Destination, function_operations
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, LayerArn, Severity
from layer_action.model.plan import FunctionOperation, LayerOperation, PublishLayer, RepointFunction
from layer_action.ports.aws import Functions, LayerStore
from layer_action.ports.services import Services, Unavailable


def planned_functions(
    services: Services, destinations: Sequence[Destination], operations: Sequence[LayerOperation]
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    """Find the functions pinned to the destinations' layers, in all regions, and decide what happens to each.

    Raises AwsError, AccessDeniedError when functions cannot even be listed.
    """
    store, functions = services.store, services.functions
    if isinstance(store, Unavailable) or not destinations:
        return (), ()
    if isinstance(functions, Unavailable):
        return (), (_not_looked_at(functions),)
    regions = tuple(dict.fromkeys(destination.layer_arn.region for destination in destinations))
    everything = [function for found in each(functions.listed, regions) for function in found]
    aliases = Aliases(functions, everything, destinations)
    behind = [function for function in everything if _may_move(function, destinations) or aliases.concern(function)]
    read = [found for found in each(lambda function: read_function(functions, function), behind) if found]
    unsized, _ = function_operations(read, destinations, unzipped=_unmeasured, alias_of=aliases.state)
    sizing = Sizing(store, functions, operations)
    sizing.look_at([operation.function for operation in unsized if isinstance(operation, RepointFunction)])
    decided, findings = function_operations(read, destinations, unzipped=sizing.unzipped, alias_of=aliases.state)
    return decided, (*findings, *_unreadable(read))


class Sizing:
    """Unzipped sizes of whole functions after a plan; each layer version and each code is looked at once."""

    def __init__(self, store: LayerStore, functions: Functions, operations: Iterable[LayerOperation]) -> None:
        """Take the sizes of what is to be published from the plan's own operations."""
        self._store = store
        self._functions = functions
        self._layers: dict[tuple[str, str], int | Unknown] = {
            (op.region, op.content.layer_name): op.size if isinstance(op.size, Unknown) else op.size.unzipped
            for op in operations
            if isinstance(op, PublishLayer)
        }
        self._code: dict[str, int | Unknown] = {}

    def look_at(self, functions: Sequence[PinnedFunction]) -> None:
        """Learn the code sizes of functions that will be asked for, several at a time."""
        sizes = each(self._functions.code_unzipped, functions)
        self._code |= {function.arn: size for function, size in zip(functions, sizes, strict=True)}

    def unzipped(self, function: PinnedFunction, replacements: Mapping[str, str]) -> int | Unknown:
        """Return code and layers in bytes, `replacements` made (version ARN to version ARN or layer name).

        Where a part is unknown the sum of the others is returned only if it is large enough to matter by itself.
        """
        parts = [
            self._code.get(function.arn, Unknown(reason="its code was not looked at")),
            *(self._layer(function.region, replacements.get(arn, arn)) for arn in function.layer_arns),
        ]
        unknown = [part for part in parts if isinstance(part, Unknown)]
        known = sum(part for part in parts if isinstance(part, int))
        return unknown[0] if unknown and known <= UNZIPPED_LIMIT else known

    def _layer(self, region: str, layer: str) -> int | Unknown:
        if (region, layer) not in self._layers:
            self._layers[region, layer] = self._store.unzipped(layer)
        return self._layers[region, layer]


def _unmeasured(_function: PinnedFunction, _replacements: Mapping[str, str]) -> Unknown:
    return Unknown(reason="it was not measured yet")


def _not_looked_at(functions: Unavailable) -> Finding:
    return Finding(
        severity=Severity.NOTICE,
        check="functions-not-looked-at",
        message=f"No function was looked at: {functions.reason}",
    )


def _may_move(function: PinnedFunction, destinations: Sequence[Destination]) -> bool:
    """Tell whether it lists a layer of ours at any version but the one where it should be: only then it is read."""
    for arn in function.layer_arns:
        split = LayerArn.of_version(arn)
        for destination in destinations:
            if split and split[0] in (destination.layer_arn, destination.replaces) and arn != destination.version_arn:
                return True
    return False


def _unreadable(functions: Sequence[PinnedFunction]) -> tuple[Finding, ...]:
    names = sorted(function.name for function in functions if isinstance(function.tags, Unknown))
    if not names:
        return ()
    reason = next(function.tags.reason for function in functions if isinstance(function.tags, Unknown))
    message = f"The tags of {listed(names)} are unknown, and with them what holds these functions: {reason}"
    return (
        Finding(
            severity=Severity.WARNING,
            check="tags-unknown",
            message=message,
            ways_out=("Grant lambda:GetFunction and lambda:ListTags on the functions.",),
        ),
    )
