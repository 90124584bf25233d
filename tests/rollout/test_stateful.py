"""Random functions, tags, foreign hands and faults between any two calls: what must never happen, never does."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from semver import Version

from layer_action.decide.pins import allows, failed_version, pin_of
from layer_action.errors import (
    AmbiguousError,
    LayerActionError,
)
from layer_action.model.function import AttachedLayer, FunctionAlias, Unknown
from layer_action.model.layer import Rollout
from layer_action.model.plan import Outcome, Unchanged
from layer_action.model.published import LayerArn
from layer_action.record import replace
from tests.factories import make_function
from tests.fakes import Call, Killed
from tests.rollout.chances import FOREIGN, HANDS, NAMES, OURS, REGION, SHAPES, TROUBLE, Shape
from tests.rollout.shop import Shop


class ShopMachine(RuleBasedStateMachine):
    """A shop whose requirements, functions and neighbours change at random."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(layers=OURS, regions=(REGION,), functions=0, rollout=Rollout(alias="live"))
        self.stage = self.shop.stage
        # every layer has a name's twin that must never be touched
        for name in OURS:
            self.stage.store.seed(f"{name}-extra", 1, None)
        self.stage.functions.verdict = self.watch
        self.bad: set[str] = set()
        self.required = {name: [1, 0, 0] for name in OURS}
        self.moved: dict[str, dict[str, str]] = {}
        self.wrong: list[str] = []
        self.given_up: set[tuple[str, str]] = set()
        self.condemned: dict[str, Version] = {}
        self.fixed_aliases: dict[str, FunctionAlias] = {}

    # -- what must hold at each single update ---------------------------------

    def watch(self, name: str, asked: Sequence[str]) -> str:
        """Look at an update as it is made; return why Lambda gives up on it, or ""."""
        function = self.stage.functions.now(name)
        now = function.layer_arns
        if len(now) != len(asked):
            self.wrong.append(f"{name}: {now} became {asked}")
            return ""
        mine = self.moved.setdefault(name, {})
        changes = [(old, new) for old, new in zip(now, asked, strict=True) if old != new]
        if not changes:
            self.wrong.append(f"{name}: an update that changes nothing")
        for old, new in changes:
            before, after = LayerArn.of_version(old), LayerArn.of_version(new)
            if before is None or after is None or before[0] != after[0] or before[0].name not in OURS:
                self.wrong.append(f"{name}: {old} became {new}")
            elif before[1] < after[1]:
                mine[new] = old
                self.check_tag(name, after)
                self.check_not_condemned(name, after)
            elif mine.get(old) != new:
                self.wrong.append(f"{name}: went backwards from {old} to {new}")
        if name in self.bad and any(arn in mine for arn in asked):
            self.given_up |= {(name, new) for _, new in changes if new in mine}
            return "broken"
        return ""

    def check_not_condemned(self, name: str, to: tuple[LayerArn, int]) -> None:
        failed, published = self.condemned.get(to[0].name), self.published(to)
        if failed and published and published <= failed:
            self.wrong.append(f"{name} was moved to {published}, and {failed} had failed before this run")

    def published(self, version: tuple[LayerArn, int]) -> Version | None:
        found = {v.version_arn: v.published for v in self.stage.store.all_versions()}
        description = found[version[0].version(version[1])]
        return description.version if description else None

    def check_tag(self, name: str, to: tuple[LayerArn, int]) -> None:
        tags = self.stage.functions.now(name).tags
        assert not isinstance(tags, Unknown)
        pin = pin_of(tags, to[0].name)
        published = self.published(to)
        if pin is not None and published is not None and not allows(pin, published):
            self.wrong.append(f"{name} was moved to {published} against its tag {pin}")

    # -- what happens ----------------------------------------------------------

    @initialize(shapes=st.lists(SHAPES, min_size=len(NAMES), max_size=len(NAMES)))
    def deploy_all(self, shapes: list[Shape]) -> None:
        for name, shape in zip(NAMES, shapes, strict=True):
            self.deploy(name, shape)

    @rule(name=st.sampled_from(NAMES), shape=SHAPES)
    def deploy(self, name: str, shape: Shape) -> None:
        layers, tag, kind = shape
        known = [arn for arn in layers if not self.is_ours(arn) or self.stage.store.exists(arn)]
        function = make_function(name, known, tags={"layer:http": tag} if tag else {})
        alias = FunctionAlias(name="live", function_version="1", routes=kind == "splits traffic")
        code = "older" if kind == "has other code" else function.code_sha256
        version = replace(function, arn=f"{function.arn}:1", code_sha256=code)
        self.stage.functions.add(function, aliases=[alias] if kind else [], versions=[version] if kind else [])
        self.fixed_aliases.pop(name, None)
        if kind not in {"", "follows"}:
            self.fixed_aliases[name] = self.stage.functions.alias(name, "live")

    def is_ours(self, arn: str) -> bool:
        split = LayerArn.of_version(arn)
        return split is not None and split[0].account == self.stage.store.account_id

    def require(self, layer: str, bump: int) -> None:
        """Raise what a layer requires by a major, minor or patch step."""
        numbers = self.required[layer]
        self.required[layer] = [*numbers[:bump], numbers[bump] + 1, *([0] * (2 - bump))]
        self.shop.require(layer, ".".join(str(number) for number in self.required[layer]))

    @rule(names=st.sets(st.sampled_from(NAMES), max_size=1))
    def break_functions(self, names: set[str]) -> None:
        self.bad = names

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from(["reverse", "add", "drop", "tag", "delete"]))
    def touch(self, name: str, kind: str) -> None:
        """Do what somebody else does to a function."""
        functions = self.stage.functions
        if not any(function.name == name for function in functions.all_functions()):
            return
        now = functions.now(name)
        match kind:
            case "reverse":
                functions.edit(name, layers=now.layers[::-1])
            case "add" if FOREIGN[0] not in now.layer_arns and len(now.layers) < 5:
                functions.edit(name, layers=(*now.layers, AttachedLayer(arn=FOREIGN[0])))
            case "drop":
                functions.edit(name, layers=now.layers[1:])
            case "tag":
                functions.edit(name, tags={"layer:http": "hold"})
            case "delete":
                functions.remove(name)
            case _:
                pass

    @rule(
        raised=st.dictionaries(st.sampled_from(OURS), st.integers(0, 2)),
        trouble=TROUBLE,
        kill=st.none() | st.tuples(st.integers(1, 40), st.booleans()),
        hands=HANDS,
    )
    def publish(self, raised, trouble, kill, hands) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        self.require_all(raised)
        calls = self.stage.calls
        calls.restart()
        for number, (fault, lost) in trouble.items():
            (calls.lost if lost and isinstance(fault, AmbiguousError) else calls.faults)[number] = fault
        if kill:
            calls.kill_before, calls.kill_after = (0, kill[0]) if kill[1] else (kill[0], 0)
        for hand in hands:
            calls.between.append(self.hand(*hand))
        outcome = self.run()
        if outcome and not trouble and not self.bad:
            assert outcome.error is None, "somebody else's hand is no failure"

    def hand(self, operation: str, occurrence: int, name: str, kind: str) -> Callable[[Call], None]:
        left = [occurrence]

        def act(call: Call) -> None:
            left[0] -= call.operation == operation
            if call.operation == operation and left[0] == 0:
                self.touch(name, kind)

        return act

    def require_all(self, raised: dict[str, int]) -> None:
        for layer, bump in raised.items():
            self.require(layer, bump)

    @rule(raised=st.dictionaries(st.sampled_from(OURS), st.integers(0, 2)))
    def publish_undisturbed(self, raised: dict[str, int]) -> None:
        self.require_all(raised)
        self.stage.calls.restart()
        before = self.served()
        outcome = self.run()
        assert outcome
        assert bool(outcome.error) == bool(self.given_up)
        if outcome.error:
            assert self.served() == before, "a rollout that failed left something moved"
            for name, arn in self.given_up:
                tags = self.stage.functions.now(name).tags
                assert not isinstance(tags, Unknown)
                assert f"layer-failed:{arn.split(':')[6]}" in tags
        self.stage.calls.restart()
        plan = self.shop.plan()
        assert {type(operation) for operation in plan.layers} == {Unchanged}
        assert outcome.error or not plan.repoints

    @precondition(lambda self: not self.bad)
    @rule()
    def a_second_run_writes_nothing(self) -> None:
        self.stage.calls.restart()
        self.run()
        self.stage.calls.restart()
        self.run()
        assert self.stage.calls.writes == []

    def run(self) -> Outcome | None:
        """Run; return None for a run that was killed, or refused before it began."""
        self.moved, self.given_up = {}, set()
        self.condemned = self.remembered()
        with suppress(LayerActionError, Killed):
            outcome = self.shop.run()
            event(type(outcome.error).__name__)
            event(f"published {len(outcome.published)} moved {len(outcome.moved)} back {len(outcome.rolled_back)}")
            return outcome
        return None

    def remembered(self) -> dict[str, Version]:
        """Return the newest version of each layer that the tag of a function which lists it says has failed."""
        found: dict[str, Version] = {}
        for function in self.stage.functions.all_functions():
            assert not isinstance(function.tags, Unknown)
            for arn in function.layer_arns:
                name = arn.split(":")[6] if self.is_ours(arn) else ""
                failed = failed_version(function.tags, name)
                if failed and failed > found.get(name, Version(0)):
                    found[name] = failed
        return found

    def served(self) -> dict[str, tuple[str, ...]]:
        """Return the layers of each function and of what its alias serves."""
        functions = self.stage.functions
        found = {function.arn: function.layer_arns for function in functions.all_functions()}
        for arn in list(found):
            for alias in functions.aliases_of(arn):
                found[f"{arn}:{alias.name}"] = functions.served(arn, alias.name).layer_arns
        return found

    # -- what must hold in between ----------------------------------------------

    @invariant()
    def nothing_went_wrong(self) -> None:
        assert self.wrong == []

    @invariant()
    def no_version_is_published_twice(self) -> None:
        ours = [(v.arn, v.published.version) for v in self.stage.store.all_versions() if v.published]
        assert [key for key, count in Counter(ours).items() if count > 1] == []

    @invariant()
    def aliases_that_must_stay_do(self) -> None:
        here = {function.name for function in self.stage.functions.all_functions()}
        for name, alias in self.fixed_aliases.items():
            assert name not in here or self.stage.functions.alias(name, "live") == alias


TestShop = ShopMachine.TestCase
TestShop.settings = settings(
    max_examples=120, stateful_step_count=16, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
