"""The packages of a published version whose zip cannot be read, asked for again at the commit it came from."""

from collections.abc import Mapping

from layer_action.commands.baseline import BaseLayer, Baseline, inputs_at, layer_at
from layer_action.commands.survey import Surveyed
from layer_action.decide.verdict import Published
from layer_action.model.function import Unknown
from layer_action.model.published import Description
from layer_action.ports.services import Services
from layer_action.record import replace


def recalled(services: Services, surveyed: Surveyed) -> Surveyed:
    """Fill in each unread lock, where its commit asks today for the very digest that was published.

    The index may have moved since: then the digest differs, and the lock stays unknown.
    """
    commits = {found.commit for held in surveyed.published.values() if (found := _unread(held)) and found.commit}
    if not commits:
        return surveyed
    again = {commit: _asked_at(services, surveyed, commit) for commit in commits}
    published = {key: _filled_in(key[0], held, again) for key, held in surveyed.published.items()}
    return replace(surveyed, published=published)


def _unread(held: Published) -> Description | None:
    """Return what our newest version says of itself, if its lock could not be read."""
    before = held.reference
    return before.published if before and isinstance(held.lock, Unknown) else None


def _asked_at(services: Services, surveyed: Surveyed, commit: str) -> BaseLayer:
    baseline = Baseline(label=f"commit {commit}", tree=services.repository.tree(commit))
    return layer_at(services, baseline, surveyed.spec, inputs_at(services, baseline, surveyed.spec))


def _filled_in(layer_name: str, held: Published, again: Mapping[str, BaseLayer]) -> Published:
    said = _unread(held)
    if said is None or said.commit not in again:
        return held
    content = again[said.commit].contents.get(layer_name)
    return replace(held, lock=content.lock) if content and content.digest == said.digest else held
