"""Logins that requirement files state, in index options and URLs: `Http` is told them, and locks never hold them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.indexes import named_indexes
from layer_action.build.asking.requirements import read_requirements
from layer_action.credentials import login_of_index, with_login
from layer_action.errors import LayerActionError
from layer_action.http import Http
from layer_action.model.layer import LayerSpec


def learn_logins(asking: Asking, root: Path, env: Mapping[str, str], http: Http) -> None:
    """Let `http` know every login in what is asked; variables must be filled in already. `root` must be resolved."""
    for option in asking.index_options:
        http.credentials.learn(option.value)
    for asked in asking.all_lines():
        http.credentials.learn(asked.requirement.url or "")
    for url in _beside_locks(asking, root, env):
        http.credentials.learn(url)


def learn_logins_of(spec: LayerSpec, root: Path, env: Mapping[str, str], http: Http) -> None:
    """Do so for a layer that was resolved elsewhere: a plan file holds no login."""
    try:
        asking = read_requirements(spec, root)
    except LayerActionError:
        return  # whoever planned it was told
    learn_logins(asking.expanded(env, root), root.resolve(), env, http)


def _beside_locks(asking: Asking, root: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Yield the indexes of the projects that were locked, with the logins of their names."""
    for lock in asking.locks:
        for name, url in named_indexes((root / lock.path).parent, root):
            if login := login_of_index(name, env):
                yield with_login(url, login)
