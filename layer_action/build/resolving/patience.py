"""How long is looked for what is wrong beside the first problem: each round may be a long search of uv's own."""

import time
from typing import Final

from layer_action.model.layer import LayerSpec
from layer_action.model.target import Target
from layer_action.ports.speaking import Console

_LONGEST: Final = 10.0  # seconds after the first problem
_UNTOLD: Final = 3.0  # seconds that nobody wonders about


class Patience:
    """Begins with a resolve; somebody who waits is told what for."""

    def __init__(self, spec: LayerSpec, target: Target, console: Console) -> None:
        """Remember what is resolved, and when that began."""
        self._what = f"{spec.name} for {target}"
        self._console = console
        self._began = time.monotonic()
        self._until = 0.0
        self._is_told = False

    def until(self, *, is_wrong: bool) -> float:
        """Return the monotonic time at which nobody waits for another round any more; 0 while nothing is wrong."""
        if is_wrong and not self._is_told and time.monotonic() - self._began > _UNTOLD:
            self._is_told = True
            self._console.info(f"Looking for what else is wrong with {self._what} …")
        if is_wrong and not self._until:
            self._until = time.monotonic() + _LONGEST
        return self._until

    def is_over(self) -> None:
        """Say that there may be more."""
        self._console.info(f"What else may be wrong with {self._what} would take longer to find.")
