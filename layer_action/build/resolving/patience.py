"""How long is looked for what is wrong beside the first problem: each round may be a long search of uv's own."""

import threading
import time
from types import TracebackType
from typing import Final, Self

from layer_action.model.layer import LayerSpec
from layer_action.model.target import Target
from layer_action.ports.speaking import Console

_LONGEST: Final = 10.0  # seconds after the first problem
_UNTOLD: Final = 3.0  # of these, in which nobody wonders


class Patience:
    """Lasts as long as a resolve; somebody who waits is told what for."""

    def __init__(self, spec: LayerSpec, target: Target, console: Console) -> None:
        """Remember what is resolved."""
        self._what = f"{spec.name} for {target}"
        self._console = console
        self._until = 0.0
        self._telling = threading.Timer(_UNTOLD, self._tell)
        self._telling.daemon = True

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Tell nobody any more."""
        self._telling.cancel()

    def until(self, *, is_wrong: bool) -> float:
        """Return the monotonic time at which nobody waits for another round any more; 0 while nothing is wrong."""
        if is_wrong and not self._until:
            self._until = time.monotonic() + _LONGEST
            self._telling.start()
        return self._until

    def is_over(self) -> None:
        """Say that there may be more."""
        self._telling.cancel()
        self._console.info(f"What else may be wrong with {self._what} would take longer to find.")

    def _tell(self) -> None:
        self._console.info(f"Looking for what else is wrong with {self._what} …")
