"""How large functions would become: code and layers, as they would be after a plan."""

import threading
from collections.abc import Iterable, Mapping

from layer_action.model.function import Barred, PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT
from layer_action.model.plan import FunctionOperation, LayerOperation, PublishLayer, RepointFunction
from layer_action.ports.aws import Functions, LayerStore


class Sizing:
    """Unzipped sizes of whole functions after a plan; each layer version and each code is looked at once.

    May be shared by threads.
    """

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
        self._held: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()
        self._turns: dict[tuple[str, str], threading.Lock] = {}

    def look_at(self, function: PinnedFunction, operations: Iterable[FunctionOperation]) -> None:
        """Learn the sizes that will be asked for, if one of a function's operations moves it."""
        for operation in operations:
            if isinstance(operation, RepointFunction):
                self._code[function.arn] = self._functions.code_unzipped(function)
                moved = {move.before: move.to or move.layer_name for move in operation.moves}
                for arn in function.layer_arns:
                    self._layer(function.region, moved.get(arn, arn))

    def holds(self, version_arn: str) -> Mapping[str, str]:
        """Return the distributions of a layer version, name to version."""
        if version_arn not in self._held:
            self._held[version_arn] = self._store.distributions(version_arn)
        return self._held[version_arn]

    def unzipped(self, function: PinnedFunction, replacements: Mapping[str, str]) -> int | Unknown:
        """Return code and layers in bytes, `replacements` made (version ARN to version ARN or layer name).

        Barred when AWS would refuse one of the layers.
        Where a part is unknown the sum of the others is returned only if it is large enough to matter by itself.
        """
        parts = [
            self._code.get(function.arn, Unknown(reason="its code was not looked at")),
            *(self._layer(function.region, replacements.get(arn, arn)) for arn in function.layer_arns),
        ]
        if barred := next((part for part in parts if isinstance(part, Barred)), None):
            return barred
        unknown = [part for part in parts if isinstance(part, Unknown)]
        known = sum(part for part in parts if isinstance(part, int))
        return unknown[0] if unknown and known <= UNZIPPED_LIMIT else known

    def _layer(self, region: str, layer: str) -> int | Unknown:
        with self._lock:
            turn = self._turns.setdefault((region, layer), threading.Lock())
        with turn:
            if (region, layer) not in self._layers:
                self._layers[region, layer] = self._store.unzipped(layer)
            return self._layers[region, layer]
