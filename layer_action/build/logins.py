"""Logins that requirement files state, in index options and URLs: `Http` is told them, and locks never hold them."""

from collections.abc import Mapping
from pathlib import Path

from layer_action.build.asked import Asking
from layer_action.build.requirements import read_requirements
from layer_action.errors import LayerActionError
from layer_action.http import Http
from layer_action.model.layer import LayerSpec


def learn_logins(asking: Asking, http: Http) -> None:
    """Let `http` know every login in what is asked; variables must be filled in already."""
    for option in asking.index_options:
        http.credentials.learn(option.value)
    for asked in asking.all_lines():
        http.credentials.learn(asked.requirement.url or "")


def learn_logins_of(spec: LayerSpec, root: Path, env: Mapping[str, str], http: Http) -> None:
    """Do so for a layer that was resolved elsewhere: a plan file holds no login."""
    try:
        asking = read_requirements(spec, root)
    except LayerActionError:
        return  # whoever planned it was told
    learn_logins(asking.expanded(env, root), http)
