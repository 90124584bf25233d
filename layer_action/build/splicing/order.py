"""The order of installing: it decides who wins where two wheels ship one path."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

_MOST_VISITS: Final = 5  # pip's own bound: walks through cycles are exponential


def install_order(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return the names in the order in which pip (26.3) installs all of them with all their extras; the last one wins.

    Dependencies come first, ties in reverse alphabetical order. It follows from the wheels alone, not from who asks for
    them on which target: layers of the same wheels are the same, as their digest says.
    """
    present = {name: {needed for needed in needs[name] if needed in needs and needed != name} for name in needs}
    weights = dict(_pruned(present))
    tangled = {name: sorted(present[name]) for name in present.keys() - weights.keys()}
    weights |= _longest_paths(tangled)
    return tuple(sorted(needs, key=lambda name: (weights.get(name, 0), name), reverse=True))


def _pruned(needs: Mapping[str, set[str]]) -> Iterator[tuple[str, int]]:
    """Weigh what needs nothing (any more), layer by layer: the heaviest first. Cycles remain without a weight."""
    left = {name: set(needed) for name, needed in needs.items()}
    while leaves := {name for name, needed in left.items() if not needed}:
        yield from ((leaf, len(left)) for leaf in leaves)
        left = {name: needed - leaves for name, needed in left.items() if name not in leaves}


def _longest_paths(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Weigh the members of cycles by their longest path from any of them (which has the weight 1 itself)."""
    weights: dict[str, list[int]] = {}
    path: set[str] = set()

    def visit(name: str) -> None:
        if name in path or name not in needs:  # what is not in a cycle has a weight already
            return
        seen = weights.setdefault(name, [])
        if len(seen) >= _MOST_VISITS:
            return
        path.add(name)
        for child in needs[name]:
            visit(child)
        path.remove(name)
        seen.append(len(path) + 1)

    needed = {child for children in needs.values() for child in children}
    for root in (*sorted(needs.keys() - needed), *sorted(needed)):
        visit(root)
    return {name: max(found, default=0) for name, found in weights.items()}
