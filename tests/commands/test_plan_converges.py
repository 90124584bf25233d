"""Plans, published as far as a failing run gets, in any order: they always come to the same end."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from semver import Version

from layer_action.commands.plan import Planned, PlanRequest, plan_layers
from layer_action.decide.numbering import ReleaseRequest
from layer_action.decide.verdict import newest_of_ours
from layer_action.errors import InputError
from layer_action.model.layer import Publication
from layer_action.model.plan import PublishLayer, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import PublishRequest
from layer_action.record import replace
from tests.factories import make_artifact, make_layer_version, make_lock, make_spec
from tests.fakes import Stage

REGIONS = ("eu-central-1", "us-east-1", "ap-south-1")
PACKAGES = st.dictionaries(
    st.sampled_from(["pandas", "requests", "tzdata"]),
    st.sampled_from(["1.0", "1.0.1", "1.1", "2.0", "2025.1", "2026.1"]),
    min_size=1,
)
PARTS = st.sampled_from(["major", "minor", "patch", "prerelease"])


class Convergence(RuleBasedStateMachine):
    """One layer in three regions. Runs publish to some of them and die; others publish behind our back."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.spec = make_spec(publication=Publication(regions=REGIONS))
        self.stage.resolver.locks["http"] = make_lock({"pandas": "1.0"})

    def plan(self, **request: Any) -> Planned:
        return plan_layers(self.stage.services(), [self.spec], PlanRequest(**request))

    def publish(self, op: PublishLayer) -> LayerVersion:
        artifact = make_artifact(op.content)
        known = op.previous.number if op.previous else 0
        request = PublishRequest(artifact=artifact, region=op.region, description=op.description, known=known)
        return self.stage.store.publish(request)

    def ours(self, region: str) -> list[Version]:
        """Return our stable versions in a region, the oldest first."""
        found = [version.published for version in self.stage.store.versions("http", region)]
        return [ours.version for ours in reversed(found) if ours and not ours.version.prerelease]

    @rule(versions=PACKAGES)
    def edit(self, versions: dict[str, str]) -> None:
        self.stage.resolver.locks["http"] = make_lock(versions)

    @rule(reached=st.sets(st.sampled_from(REGIONS)))
    def die_in_between(self, reached: set[str]) -> None:
        for op in self.plan().plan.publications:
            if op.region in reached:
                self.publish(op)

    @rule(region=st.sampled_from(REGIONS))
    def somebody_else_publishes(self, region: str) -> None:
        numbers = [version.number for version in self.stage.store.versions("http", region)]
        self.stage.store.add(make_layer_version("http", max(numbers, default=0) + 1, None, region=region))

    @rule(
        named=st.booleans(), part=st.sampled_from(["major", "minor", "patch", "prerelease"]), reached=st.integers(0, 3)
    )
    def tag(self, named: bool, part: str, reached: int) -> None:
        current = max((version for region in REGIONS for version in self.ours(region)), default=Version(0, 9, 0))
        release = ReleaseRequest(layer="http" if named else None, version=current.next_version(part))
        try:
            planned = self.plan(release=release)
        except InputError:
            return  # a pre-release of that name holds other content
        for op in planned.plan.publications[:reached]:
            assert op.version == release.version
            self.publish(op)

    @rule()
    def finish(self) -> None:
        for op in self.plan().plan.publications:
            self.publish(op)
        again = self.plan().plan
        assert all(isinstance(op, Unchanged) for op in again.layers), again.layers
        newest = [newest_of_ours(self.stage.store.versions("http", region)) for region in REGIONS]
        assert len({version.published.digest for version in newest if version and version.published}) == 1

    @precondition(lambda self: any(self.ours(region) for region in REGIONS))
    @rule()
    def plan_an_old_commit(self) -> None:
        """Nothing that an unrelated commit published is undone."""
        newer = {version.published.commit for version in self.stage.store.all_versions() if version.published}
        repository = self.stage.repository
        self.stage.repository = replace(repository, strangers=newer)
        kept, self.stage.resolver.locks["http"] = self.stage.resolver.locks["http"], make_lock({"ancient": "0.1"})
        for op in self.plan().plan.publications:
            assert not any(self.ours(region) for region in REGIONS), op
        self.stage.repository = repository
        self.stage.resolver.locks["http"] = kept

    @invariant()
    def no_region_goes_backwards(self) -> None:
        for region in REGIONS:
            versions = self.ours(region)
            assert versions == sorted(set(versions)), region


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
