"""Where people and the runner read along; and time."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from layer_action.errors import Location
from layer_action.model.function import Unknown
from layer_action.model.layer import (
    LayerContent,
    LayerSize,
)
from layer_action.model.plan import Outcome, Plan

if TYPE_CHECKING:
    from datetime import date


class Progress(Protocol):
    """A long piece of work with a known number of steps."""

    def advance(self, steps: int = 1) -> None:
        """Tell that some steps are done."""


class Console(Protocol):
    """Where a person, or the runner, reads along."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """Fold what is printed inside; the end shows the duration."""

    def info(self, text: str) -> None:
        """Print a line."""

    def debug(self, text: str) -> None:
        """Print a line where somebody asked for detail."""

    def notice(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: worth knowing."""

    def warning(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something may be wrong."""

    def error(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something is wrong."""

    def foreign(self, text: str) -> None:
        """Print text that is not ours: it cannot give the runner orders."""

    def mask(self, secret: str) -> None:
        """Never show this again."""

    def progress(self, title: str, total: int) -> AbstractContextManager[Progress]:
        """Show work under way."""


class Runner(Protocol):
    """What the workflow runner collects from a step. Outside of a runner, nothing."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write step outputs."""

    def summary(self, markdown: str) -> None:
        """Append to the step summary, cut at its limit."""


class Reporter(Protocol):
    """Plans and outcomes as text. Every text renders the same Plan."""

    def comment(self, plan: Plan, *, environment: str = "", limit: int = 65_536) -> str:
        """Return Markdown for a pull request, below `limit` characters, the marker of `environment` inside."""

    def summary(self, plan: Plan, outcome: Outcome | None, *, on_merge: bool = False) -> str:
        """Return Markdown for the step summary; `on_merge` says that merging a pull request would apply the plan."""

    def terminal(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return plain text for a log or a terminal."""

    def release_notes(self, plan: Plan, outcome: Outcome, *, layer: str, limit: int = 125_000) -> str:
        """Return Markdown for the release of one layer (spec name)."""

    def html(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return one self-contained HTML page."""

    def sbom(self, content: LayerContent, size: LayerSize | Unknown, version: str) -> str:
        """Return the CycloneDX JSON of one artifact, the same text for the same content."""

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
        """Return rows of plain text as a table, for a log or as Markdown."""


class Clock(Protocol):
    """Time that tests can hold still."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def today(self) -> "date":
        """Return the date, in UTC."""
