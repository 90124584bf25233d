"""Fakes of who speaks to the user: the console, the runner's files, the reports."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from layer_action.errors import Location
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSize
from layer_action.model.plan import Outcome, Plan


@dataclass
class _Steps:
    done: int = 0

    def advance(self, steps: int = 1) -> None:
        self.done += steps


@dataclass
class RecordingConsole:
    """Implements Console: (kind, text) of everything said, in order."""

    said: list[tuple[str, str]] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)

    def texts(self, kind: str) -> list[str]:
        """Return what was said in one way: info, debug, notice, warning, error, foreign, group."""
        return [text for said, text in self.said if said == kind]

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.said.append(("group", title))
        yield

    def info(self, text: str) -> None:
        self.said.append(("info", text))

    def debug(self, text: str) -> None:
        self.said.append(("debug", text))

    def notice(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        self._annotate("notice", text, title, location)

    def warning(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        self._annotate("warning", text, title, location)

    def error(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        self._annotate("error", text, title, location)

    def foreign(self, text: str) -> None:
        self.said.append(("foreign", text))

    def mask(self, secret: str) -> None:
        self.masked.append(secret)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[_Steps]:
        self.said.append(("progress", f"{title} ({total})"))
        yield _Steps()

    def _annotate(self, kind: str, text: str, title: str, location: Location | None) -> None:
        where = f"{location}: " if location else ""
        self.said.append((kind, f"{where}{title + ': ' if title else ''}{text}"))


@dataclass
class FakeRunner:
    """Implements Runner."""

    written: dict[str, str] = field(default_factory=dict)
    summaries: list[str] = field(default_factory=list)

    def outputs(self, values: Mapping[str, str]) -> None:
        self.written.update(values)

    def summary(self, markdown: str) -> None:
        self.summaries.append(markdown)


@dataclass
class FakeReporter:
    """Implements Reporter: texts that name the kind of report and little else."""

    def comment(self, plan: Plan, *, environment: str = "", limit: int = 65_536) -> str:
        return f"<!-- marker {environment} -->\n{len(plan.publications)} layers change"[:limit]

    def summary(self, plan: Plan, outcome: Outcome | None, *, on_merge: bool = False) -> str:
        told = " and an outcome" if outcome else " on merge" if on_merge else ""
        return f"summary of {len(plan.layers)} layers{told}"

    def terminal(self, plan: Plan, outcome: Outcome | None) -> str:
        return f"{len(plan.layers)} layers{', done' if outcome else ''}"

    def release_notes(self, plan: Plan, outcome: Outcome, *, layer: str, limit: int = 125_000) -> str:
        return f"{layer}: {len(outcome.published)} of {len(plan.layers)} published"[:limit]

    def html(self, plan: Plan, outcome: Outcome | None) -> str:
        return f"<!doctype html><p>{self.terminal(plan, outcome)}</p>"

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
        return "\n".join(("| " if markdown else "") + " | ".join(row) for row in [titles, *rows])

    def sbom(self, content: LayerContent, size: LayerSize | Unknown, version: str) -> str:
        del size
        return f'{{"bomFormat": "CycloneDX", "name": "{content.layer_name}", "version": "{version}"}}'
