"""The closure check: a walk over what distributions need."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.resolving.closure import Graph, Root, annotated, walk, without_provided
from layer_action.build.resolving.locked import roots_by_graph
from layer_action.build.resolving.uv_graph import read_uv_graph
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.errors import Location
from layer_action.model.lock import LockedDistribution
from layer_action.model.target import Target
from tests.build.workshop import ARM_312, X86_311
from tests.factories import make_distribution


def graph_of(needs: Mapping[str, Sequence[str]], target: Target = ARM_312) -> Graph:
    metadata = {name: Metadata(name=name, version="1.0", requires=tuple(texts)) for name, texts in needs.items()}
    return Graph(target=target, metadata=metadata)


def locked(*names: str) -> dict[str, LockedDistribution]:
    return {name: make_distribution(name, "1.0") for name in names}


def problems(roots: Sequence[Root], needs: Mapping[str, Sequence[str]], *names: str) -> list[str]:
    closure = walk(roots, graph_of(needs), locked(*names))
    return [problem.message for problem in (closure.missing | closure.contradictions).values()]


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ("cart", "shop 1.0 needs cart, which is not in the lock."),
        ("cart>=2", "shop 1.0 needs cart>=2, which is not in the lock."),
        ("till<1", "shop 1.0 needs till<1, but the lock holds till 1.0."),
        ("Till.X", "shop 1.0 needs Till.X, which is not in the lock."),
    ],
)
def test_a_miss_names_both_sides(needs: str, message: str) -> None:
    assert problems([Root(name="shop")], {"shop": [needs]}, "shop", "till") == [message]


@pytest.mark.parametrize(
    "needs",
    [
        "till>=1",
        'cart ; sys_platform == "win32"',
        'cart ; python_version < "3.12"',
        'cart ; extra == "more"',
        'cart ; platform_machine == "x86_64"',
        "cart >>> broken",
        "shop",
    ],
)
def test_what_is_there_or_not_needed_on_the_target_is_no_miss(needs: str) -> None:
    assert problems([Root(name="shop")], {"shop": [needs]}, "shop", "till") == []


def test_extras_are_followed_where_they_are_asked_for() -> None:
    needs = {"shop": ['cart[fast] ; extra == "more"'], "cart": ['c-ext ; extra == "fast"']}
    asked = [Root(name="shop", extras=frozenset({"more"}))]
    assert problems(asked, needs, "shop", "cart") == ["cart 1.0 needs c-ext, which is not in the lock."]
    assert problems([Root(name="shop")], needs, "shop") == []


def test_what_only_the_first_patch_levels_need_is_no_miss_for_a_lock_may_be_made_on_a_later_one() -> None:
    needs = {"shop": ['cart ; python_full_version < "3.12.3"', 'till[x] ; extra == "more"'], "till": ["gone"]}
    asked = [Root(name="shop", extras=frozenset({"more"}))]
    assert problems(asked, needs, "shop", "till") == ["till 1.0 needs gone, which is not in the lock."]


def test_a_root_that_is_missing_is_a_miss() -> None:
    assert problems([Root(name="shop")], {}) == ["shop is asked for, but is not in the lock."]


def test_a_miss_deep_inside_points_at_the_line_that_brings_it() -> None:
    lines = {"shop": Location("requirements.txt", 3)}
    needs = {"shop": ["cart"], "cart": ["till"], "till": ["gone"]}
    closure = walk([Root(name="shop")], graph_of(needs), locked("shop", "cart", "till"), lines=lines)
    (problem,) = closure.missing.values()
    assert problem.location == Location("requirements.txt", 3)
    assert "provided: [gone]" in problem.hint


def test_what_is_provided_goes_with_what_only_it_needs() -> None:
    graph = graph_of({"shop": ["boto", "urls"], "boto": ["core"], "core": ["urls", "jmes"]})
    everything = locked("shop", "boto", "core", "urls", "jmes", "unreached")
    kept = without_provided([Root(name="shop")], graph, everything, {"boto"})
    assert set(kept) == {"shop", "urls", "unreached"}


def test_each_distribution_tells_who_asks_for_it() -> None:
    graph = graph_of({"shop": ["cart"], "till": ["cart"]})
    everything = locked("shop", "till", "cart")
    roots = [Root(name="shop"), Root(name="till")]
    found = annotated(everything, walk(roots, graph, everything), {"shop", "till"})
    assert [(d.name, d.direct, d.required_by) for d in found] == [
        ("cart", False, ("shop", "till")),
        ("shop", True, ()),
        ("till", True, ()),
    ]


def test_roots_of_a_lock_are_those_whom_nobody_needs() -> None:
    needs = {"shop": ["cart"], "egg": ["hen"], "hen": ["egg"]}
    roots = roots_by_graph(graph_of(needs).metadata, locked("cart", "egg", "hen", "shop"), ARM_312)
    assert [root.name for root in roots] == ["shop", "egg"]


class Counted(Mapping[str, Metadata]):
    """Metadata of which it is counted how often somebody asks."""

    def __init__(self, found: Mapping[str, Metadata]) -> None:
        self.found = found
        self.times = 0

    def __getitem__(self, name: str) -> Metadata:
        self.times += 1
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def test_roots_of_a_large_lock_are_found_in_few_walks() -> None:
    names = [f"d{number}" for number in range(100)]
    metadata = Counted(
        graph_of({name: [other] for name, other in zip(names, names[1:] + names[:1], strict=True)}).metadata
    )
    assert roots_by_graph(metadata, locked(*names), ARM_312) == (Root(name="d0"),)
    assert metadata.times <= 3 * len(names)


NAMES = st.sampled_from("abcdef")
NEEDS = st.dictionaries(NAMES, st.lists(NAMES, max_size=3))


@given(NEEDS, st.sets(NAMES), st.sets(NAMES, max_size=2))
def test_a_walk_ends_and_what_is_kept_is_complete(
    needs: dict[str, list[str]], roots: set[str], provided: set[str]
) -> None:
    everything = locked(*"abcdef")
    graph = graph_of(needs)
    asked = [Root(name=name) for name in sorted(roots)]
    kept = without_provided(asked, graph, everything, provided)
    assert not set(kept) & provided
    assert walk(asked, graph, kept, provided=provided).missing == {}
    assert roots_by_graph(graph.metadata, everything, X86_311)


UV_LOCK = """\
version = 1
[manifest]
overrides = [{ name = "Cart", specifier = "<9" }]
excludes = ["Till"]
[[manifest.dependency-metadata]]
name = "Shop"
[[package]]
name = "data"
version = "0"
source = { virtual = "." }
dependencies = [
  { name = "shop", extra = ["fast"] },
  { name = "backport", marker = "python_full_version < '3.12'" },
]
[package.optional-dependencies]
more = [{ name = "six" }]
[package.dev-dependencies]
lambda = [{ name = "attrs" }]
[[package]]
name = "shop"
version = "1.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "tomli", marker = "python_full_version < '3.12'" }]
[package.optional-dependencies]
fast = [{ name = "c-ext" }]
"""


def test_a_uv_lock_tells_roots_needs_and_overrides() -> None:
    graph = read_uv_graph(UV_LOCK, target=ARM_312, extras=("more",), groups=("lambda",))
    assert [(root.name, set(root.extras)) for root in graph.roots] == [
        ("shop", {"fast"}),
        ("six", set()),
        ("attrs", set()),
    ]
    assert graph.metadata["shop", "1.0"].requires == (
        "tomli ; (python_full_version < '3.12')",
        'c-ext ; (extra == "fast")',
    )
    assert graph.overridden == {"cart", "till", "data"}
    assert graph.restated == {"shop"}


def test_a_root_of_a_uv_lock_counts_only_where_its_marker_holds() -> None:
    for target, expected in ((X86_311, True), (ARM_312, False)):
        graph = read_uv_graph(UV_LOCK, target=target, extras=(), groups=())
        assert ("backport" in {root.name for root in graph.roots}) is expected
