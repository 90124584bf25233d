"""The install order, held against pip's own code."""

from hypothesis import given
from hypothesis import strategies as st
from pip._internal.resolution.resolvelib.resolver import get_topological_weights
from pip._vendor.resolvelib.structs import DirectedGraph

from layer_action.build.splicing.order import install_order
from layer_action.model.lock import LockedDistribution, Wheel
from layer_action.record import replace

NAMES = list("abcdefg")
WHEEL = Wheel(filename="x-1-py3-none-any.whl", sha256="0" * 64)
EDGES = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)), max_size=7)


def locked(edges: dict[str, set[str]]) -> list[LockedDistribution]:
    parents = {name: tuple(sorted(p for p in edges if name in edges[p] and p != name)) for name in NAMES}
    return [
        LockedDistribution(name=name, version="1", origin=WHEEL, direct=not parents[name], required_by=parents[name])
        for name in NAMES
    ]


def pips_order(distributions: list[LockedDistribution]) -> tuple[str, ...]:
    graph: DirectedGraph[str | None] = DirectedGraph()
    graph.add(None)
    for found in distributions:
        graph.add(found.name)
    for found in distributions:
        if found.direct:
            graph.connect(None, found.name)
        for parent in found.required_by:
            graph.connect(parent, found.name)
    weights = get_topological_weights(graph, {found.name for found in distributions})
    names = [found.name for found in distributions]
    return tuple(sorted(names, key=lambda name: (weights[name], name), reverse=True))


@given(EDGES)
def test_without_cycles_it_is_pips(edges: dict[str, set[str]]) -> None:
    forward = {name: {child for child in children if child > name} for name, children in edges.items()}
    distributions = locked(forward)
    assert install_order(distributions) == pips_order(distributions)


@given(st.sets(st.tuples(st.sampled_from(NAMES[:4]), st.sampled_from(NAMES[:5])), max_size=4))
def test_with_few_cycles_it_is_pips(edges: set[tuple[str, str]]) -> None:
    """With many, pip's own order changes from run to run: it gives up after five walks, in the order of a set."""
    forward = {name: {child for parent, child in edges if parent == name} for name in NAMES}
    distributions = [replace(found, direct=True) for found in locked(forward)]
    assert install_order(distributions) == pips_order(distributions)


@given(EDGES)
def test_with_cycles_every_distribution_is_in_it_once(edges: dict[str, set[str]]) -> None:
    distributions = locked(edges)
    assert sorted(install_order(distributions)) == NAMES
    assert install_order(distributions) == install_order(list(reversed(distributions)))
