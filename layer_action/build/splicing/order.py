"""The order in which pip installs: it decides who wins where two wheels ship one path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from layer_action.model.lock import LockedDistribution

_MOST_VISITS: Final = 5  # pip's own bound: walks through cycles are exponential


def install_order(distributions: Sequence[LockedDistribution]) -> tuple[str, ...]:
    """Return names in pip's order (26.3): dependencies first, ties in reverse alphabetical order; the last one wins."""
    names = {found.name for found in distributions}
    needs: dict[str, set[str]] = {name: set() for name in names}
    for found in distributions:
        for parent in found.required_by:
            if parent in names and parent != found.name:
                needs[parent].add(found.name)
    weights = dict(_pruned(needs))
    tangled = {name: sorted(needs[name]) for name in names - weights.keys()}
    roots = sorted(found.name for found in distributions if found.direct or not found.required_by)
    weights |= _longest_paths(tangled, [name for name in roots if name in tangled])
    return tuple(sorted(names, key=lambda name: (weights.get(name, 0), name), reverse=True))


def _pruned(needs: Mapping[str, set[str]]) -> Iterator[tuple[str, int]]:
    """Weigh what needs nothing (any more), layer by layer: the heaviest first. Cycles remain without a weight."""
    left = {name: set(needed) for name, needed in needs.items()}
    while leaves := {name for name, needed in left.items() if not needed}:
        yield from ((leaf, len(left)) for leaf in leaves)
        left = {name: needed - leaves for name, needed in left.items() if name not in leaves}


def _longest_paths(needs: Mapping[str, Sequence[str]], roots: Sequence[str]) -> dict[str, int]:
    """Weigh the members of cycles by their longest path from a root (which has the weight 1 itself)."""
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

    for root in roots:
        visit(root)
    return {name: max(found, default=0) for name, found in weights.items()}
