"""The Reporter port: each text renders the same Plan."""

from collections.abc import Sequence
from typing import Final

from layer_action.errors import LayerActionError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSize
from layer_action.model.plan import Outcome, Plan
from layer_action.report.terminal import WIDEST

_WIDE: Final = 160  # characters of a cell in a log; a reason may be a sentence


class MarkdownReporter:
    """Implements ports.Reporter by pure functions; loads each text's when it is to be written."""

    def __init__(self, *, width: int = WIDEST) -> None:
        """Take the columns that the reader of a log or a terminal has."""
        self._width = width

    def comment(self, plan: Plan, *, environment: str = "", limit: int = 65_536) -> str:
        """Return Markdown for a pull request, below `limit` characters, the marker of `environment` inside."""
        from layer_action.report import comment as comments  # noqa: PLC0415

        return comments.comment(plan, environment=environment, limit=limit)

    def stopped(self, error: LayerActionError, *, environment: str = "", commit: str = "", limit: int = 65_536) -> str:
        """Return Markdown for a pull request whose plan could not be made, the marker of `environment` inside."""
        from layer_action.report import comment as comments  # noqa: PLC0415

        return comments.stopped(error, environment=environment, commit=commit, limit=limit)

    def summary(self, plan: Plan, outcome: Outcome | None, *, on_merge: bool = False) -> str:
        """Return Markdown for the step summary; `on_merge` says that merging a pull request would apply the plan."""
        from layer_action.report import summary as summaries  # noqa: PLC0415

        return summaries.summary(plan, outcome, on_merge=on_merge)

    def terminal(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return plain text for a log or a terminal."""
        from layer_action.report import text  # noqa: PLC0415

        return text.terminal(plan, outcome, width=self._width)

    def release_notes(self, plan: Plan, outcome: Outcome, *, layer: str, limit: int = 125_000) -> str:
        """Return Markdown for the release of one layer (spec name)."""
        from layer_action.report import release  # noqa: PLC0415

        return release.release_notes(plan, outcome, layer=layer, limit=limit)

    def html(self, plan: Plan, outcome: Outcome | None) -> str:
        """Return one self-contained HTML page."""
        from layer_action.report import html  # noqa: PLC0415 - its layout library is loaded only when wanted

        return html.page(plan, outcome)

    def sbom(self, content: LayerContent, size: LayerSize | Unknown, version: str) -> str:
        """Return the CycloneDX JSON of one artifact, the same text for the same content."""
        from layer_action.report import sbom  # noqa: PLC0415 - its library is loaded only for a release

        return sbom.sbom(content, size, version)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
        """Return rows of plain text as a table, for a log or as Markdown."""
        from layer_action.report.escape import markdown as escaped  # noqa: PLC0415
        from layer_action.report.tables import Column, markdown_table, text_table  # noqa: PLC0415

        columns = [Column(title=title, width=_WIDE) for title in titles]
        if markdown:
            return markdown_table(columns, [[escaped(cell) for cell in row] for row in rows])
        return text_table(columns, rows, indent="")
