"""Errors, told at their places."""

from typing import TYPE_CHECKING

from layer_action.errors import LayerActionError, Problems

if TYPE_CHECKING:
    from layer_action.ports.speaking import Console


def tell(console: "Console", error: LayerActionError) -> None:
    """Annotate each problem at its place, its hint below it."""
    for problem in error.problems if isinstance(error, Problems) else (error,):
        text = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
        console.error(text, location=problem.location)
