"""Hand-written fakes of every port, in memory; most are in modules of their own and come from here too."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layer_action.errors import LayerActionError
from layer_action.model.function import Unknown
from layer_action.ports.aws import Functions, LayerStore, Parameters
from layer_action.ports.repository import CommittedFile, Release, Releases, Reviews, Tree
from layer_action.ports.services import Services, Unavailable
from tests.factories import COMMIT
from tests.fake_building import FakeBuilder, FakeResolver
from tests.fake_calls import Call, Calls, Killed, ManualClock
from tests.fake_functions import FakeFunctions
from tests.fake_parameters import FakeParameters
from tests.fake_speaking import FakeReporter, FakeRunner, RecordingConsole
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
class FakeRepository:
    """Implements Repository. `ancestors` are the commits that the head contains; None means nobody knows."""

    root: Path = field(default_factory=Path)
    commit: str = COMMIT
    base: str | Unknown = field(default_factory=lambda: Unknown(reason="there is no git"))
    trees: dict[str, Tree] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    changed: tuple[str, ...] = ()
    shallow: bool = False

    def head(self) -> str:
        return self.commit

    def default_base(self) -> str | Unknown:
        return self.base

    def tree(self, revision: str) -> Tree | Unknown:
        return self.trees.get(revision) or Unknown(reason=f"{revision} is not in this checkout")

    def text(self, revision: str, path: str) -> str | Unknown | None:
        tree = self.tree(revision)
        if isinstance(tree, Unknown):
            return tree
        file = tree.folder / path
        return file.read_text() if file.is_file() else None

    def committed(self, paths: Iterable[str]) -> Mapping[str, CommittedFile]:
        """Everything below the root is committed, but for `ignored`."""
        files = {path: self.root / path for path in paths if path not in self.ignored}
        return {
            path: CommittedFile(content=file.read_bytes(), executable=os.access(file, os.X_OK))
            for path, file in files.items()
            if file.is_file()
        }

    def edited(self) -> tuple[str, ...]:
        return self.changed

    def contains(self, commit: str) -> bool | Unknown:
        """Everything is an ancestor except `strangers` (compared by their first 12 digits)."""
        if self.shallow:
            return Unknown(reason="the checkout is shallow")
        return commit[:12] not in {stranger[:12] for stranger in self.strangers}


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
