"""The install order, held against pip's own code."""

from hypothesis import given
from hypothesis import strategies as st
from pip._internal.resolution.resolvelib.resolver import get_topological_weights
from pip._vendor.resolvelib.structs import DirectedGraph

from layer_action.build.splicing.order import install_order

NAMES = list("abcdefg")
EDGES = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)), max_size=7)


def pips_order(needs: dict[str, set[str]]) -> tuple[str, ...]:
    """Return what pip does where each of them is asked for by name."""
    graph: DirectedGraph[str | None] = DirectedGraph()
    graph.add(None)
    for name in needs:
        graph.add(name)
        graph.connect(None, name)
    for name, needed in needs.items():
        for other in needed - {name}:
            graph.connect(name, other)
    weights = get_topological_weights(graph, set(needs))
    return tuple(sorted(needs, key=lambda name: (weights[name], name), reverse=True))


@given(EDGES)
def test_without_cycles_it_is_pips(edges: dict[str, set[str]]) -> None:
    needs = {name: {other for other in edges.get(name, ()) if other > name} for name in NAMES}
    assert install_order(needs) == pips_order(needs)


@given(st.sets(st.tuples(st.sampled_from(NAMES[:4]), st.sampled_from(NAMES[:5])), max_size=4))
def test_with_few_cycles_it_is_pips(edges: set[tuple[str, str]]) -> None:
    """With many, pip's own order changes from run to run: it gives up after five walks, in the order of a set."""
    needs = {name: {child for parent, child in edges if parent == name} for name in NAMES}
    assert install_order(needs) == pips_order(needs)


@given(EDGES)
def test_with_cycles_every_distribution_is_in_it_once(edges: dict[str, set[str]]) -> None:
    needs = {name: edges.get(name, set()) for name in NAMES}
    assert sorted(install_order(needs)) == NAMES
    assert install_order(needs) == install_order(dict(reversed(needs.items())))


def test_what_is_not_in_the_layer_has_no_place_in_it() -> None:
    assert install_order({"app": ["base", "provided"], "base": []}) == ("base", "app")
