"""Logins that requirement files state, in index options and URLs: `Http` is told them, and layers never hold them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.indexes import named_indexes
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.requirements import read_requirements
from layer_action.credentials import login_of_index, with_login
from layer_action.errors import LayerActionError
from layer_action.http import Http
from layer_action.model.layer import LayerSpec

_WITH_LOGIN: Final = re.compile(r"""https?://[^/@\s'"]+@[^\s'"]+""")


def learn_logins(asking: Asking, root: Path, env: Mapping[str, str], http: Http) -> None:
    """Let `http` know every login in what is asked; variables must be filled in already. `root` must be resolved."""
    for option in asking.index_options:
        http.credentials.learn(option.value)
    for asked in asking.all_lines():
        http.credentials.learn(asked.requirement.url or "")
    for url in _of_locks(asking, root, env):
        http.credentials.learn(url)


def learn_logins_of(spec: LayerSpec, root: Path, env: Mapping[str, str], http: Http) -> None:
    """Do so for a layer that was resolved elsewhere: a plan file holds no login."""
    try:
        asking = read_requirements(spec, root)
    except LayerActionError:
        return  # whoever planned it was told
    learn_logins(asking.expanded(env, root), root.resolve(), env, http)


def _of_locks(asking: Asking, root: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Yield addresses in locks that hold a login, and the indexes of their projects with the logins of their names."""
    for lock in asking.locks:
        yield from _WITH_LOGIN.findall(text_of(root / lock.path, root))
        for name, url in named_indexes((root / lock.path).parent, root):
            if login := login_of_index(name, env):
                yield with_login(url, login)
