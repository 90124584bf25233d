"""Hand-written fakes of every port, in memory; those of AWS are in modules of their own and come from here too."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from layer_action.errors import LayerActionError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import Artifact, LayerContent, LayerSize, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.plan import Outcome, Plan
from layer_action.model.target import Target
from layer_action.ports.aws import Functions, LayerStore, Parameters
from layer_action.ports.building import LayerInputs, Preferences, Resolution
from layer_action.ports.repository import Release, Releases, Reviews, Tree
from layer_action.ports.services import Services, Unavailable
from tests.factories import COMMIT, hex_digest, make_artifact, make_lock, make_size
from tests.fake_calls import Call, Calls, Killed, ManualClock
from tests.fake_functions import FakeFunctions
from tests.fake_parameters import FakeParameters
from tests.fake_store import FakeStore

__all__ = [
    "Call",
    "Calls",
    "FakeBuilder",
    "FakeFunctions",
    "FakeParameters",
    "FakeReleases",
    "FakeReporter",
    "FakeRepository",
    "FakeResolver",
    "FakeReviews",
    "FakeRunner",
    "FakeStore",
    "Killed",
    "ManualClock",
    "RecordingConsole",
    "Stage",
    "make_services",
]


@dataclass
class FakeResolver:
    """Implements Resolver: locks by spec name, or by (spec name, folder of the checkout)."""

    locks: dict[str | tuple[str, Path], Lock] = field(default_factory=dict)
    failures: dict[str, LayerActionError] = field(default_factory=dict)
    input_hashes: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict[str, Location]] = field(default_factory=dict)
    resolved: list[tuple[str, Target, Path, Preferences]] = field(default_factory=list)
    projects: tuple[str, ...] = ()

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        seed = repr(self.locks.get((spec.name, root)) or self.locks.get(spec.name))
        inputs_hash = self.input_hashes.get(spec.name, f"i:{hex_digest(seed, 12)}")
        lines = self.lines.get(spec.name, {})
        return LayerInputs(inputs_hash=inputs_hash, lines=lines, own_files=(), projects=self.projects)

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        self.resolved.append((spec.name, target, root, preferences))
        if spec.name in self.failures:
            raise self.failures[spec.name]
        lock = self.locks.get((spec.name, root)) or self.locks.get(spec.name) or make_lock()
        return Resolution(lock=Lock(target=target, distributions=lock.distributions))


@dataclass
class FakeBuilder:
    """Implements Builder: sizes by layer name, zips that hold nothing but the digest."""

    sizes: dict[str, LayerSize] = field(default_factory=dict)
    failures: dict[str, LayerActionError] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)

    def measure(self, content: LayerContent) -> LayerSize | Unknown:
        return self.sizes.get(content.layer_name, make_size())

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        del root
        if content.layer_name in self.failures:
            raise self.failures[content.layer_name]
        self.built.append(content.layer_name)
        path = directory / f"{content.layer_name}.zip"
        path.write_text(content.digest, encoding="ascii")
        return make_artifact(content, path=path, size=self.sizes.get(content.layer_name, make_size()))


@dataclass
class FakeRepository:
    """Implements Repository. `ancestors` are the commits that the head contains; None means nobody knows."""

    root: Path = field(default_factory=Path)
    commit: str = COMMIT
    base: str | Unknown = field(default_factory=lambda: Unknown(reason="there is no git"))
    trees: dict[str, Tree] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    shallow: bool = False

    def head(self) -> str:
        return self.commit

    def default_base(self) -> str | Unknown:
        return self.base

    def tree(self, revision: str) -> Tree | Unknown:
        return self.trees.get(revision) or Unknown(reason=f"{revision} is not in this checkout")

    def contains(self, commit: str) -> bool | Unknown:
        """Everything is an ancestor except `strangers` (compared by their first 12 digits)."""
        if self.shallow:
            return Unknown(reason="the checkout is shallow")
        return commit[:12] not in {stranger[:12] for stranger in self.strangers}


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
class FakeReviews:
    """Implements Reviews: one comment a (pull request, marker)."""

    comments: dict[tuple[int, str], str] = field(default_factory=dict)
    denied: str = ""

    def upsert(self, pull_request: int, *, marker: str, body: str, create: bool) -> str | Unknown:
        if self.denied:
            return Unknown(reason=self.denied)
        if (pull_request, marker) not in self.comments and not create:
            return Unknown(reason="there is no comment yet, and nothing to say")
        self.comments[pull_request, marker] = body
        return f"https://github.example/pull/{pull_request}#comment"


@dataclass
class FakeReleases:
    """Implements Releases."""

    releases: dict[str, Release] = field(default_factory=dict)
    failure: LayerActionError | None = None

    def tags(self) -> tuple[str, ...]:
        return tuple(reversed(self.releases))

    def publish(self, release: Release) -> str:
        if self.failure:
            raise self.failure
        self.releases[release.tag] = release
        return f"https://github.example/releases/{release.tag}"


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

    def summary(self, plan: Plan, outcome: Outcome | None) -> str:
        return f"summary of {len(plan.layers)} layers{' and an outcome' if outcome else ''}"

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


@dataclass
class Stage:
    """All fakes of a run, each by its own type, and the Services made of them."""

    resolver: FakeResolver = field(default_factory=FakeResolver)
    builder: FakeBuilder = field(default_factory=FakeBuilder)
    store: FakeStore = field(default_factory=FakeStore)
    functions: FakeFunctions = field(init=False)
    parameters: FakeParameters = field(init=False)
    repository: FakeRepository = field(default_factory=FakeRepository)
    reviews: FakeReviews = field(default_factory=FakeReviews)
    releases: FakeReleases = field(default_factory=FakeReleases)
    reporter: FakeReporter = field(default_factory=FakeReporter)
    console: RecordingConsole = field(default_factory=RecordingConsole)
    runner: FakeRunner = field(default_factory=FakeRunner)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.functions = FakeFunctions(self.store)
        self.parameters = FakeParameters(self.store.calls)

    @property
    def calls(self) -> Calls:
        """The record of all AWS calls."""
        return self.store.calls

    def services(self) -> Services:
        """Return the ports of a run."""
        return make_services(self)


def make_services(
    stage: Stage | None = None,
    *,
    store: LayerStore | Unavailable | None = None,
    functions: Functions | Unavailable | None = None,
    parameters: Parameters | Unavailable | None = None,
    reviews: Reviews | Unavailable | None = None,
    releases: Releases | Unavailable | None = None,
) -> Services:
    """Return Services over a stage's fakes, with those ports replaced that are named (`Unavailable` among them)."""
    stage = stage or Stage()
    return Services(
        resolver=stage.resolver,
        builder=stage.builder,
        store=store or stage.store,
        functions=functions or stage.functions,
        parameters=parameters or stage.parameters,
        repository=stage.repository,
        reviews=reviews or stage.reviews,
        releases=releases or stage.releases,
        reporter=stage.reporter,
        console=stage.console,
        runner=stage.runner,
        clock=stage.clock,
    )
