"""Files that hold no requirements, though their names may look so, and what to name instead of them."""

from pathlib import Path
from typing import Final

from layer_action.errors import ConfigError, Location
from layer_action.model.layer import LOCK

_PIPENV: Final = "Write it as requirements: `pipenv requirements --exclude-index > requirements.txt`."
_CONDA: Final = "Conda's packages do not fit into Lambda layers; list those of the package index instead."
_MOVE: Final = "Move the dependencies to pyproject.toml or requirements.txt."
_FOREIGN: Final = {
    "poetry.lock": "Write it as requirements: `poetry export -f requirements.txt -o requirements.txt`, which "
    "poetry-plugin-export brings.",
    "pdm.lock": "Write it as a PEP 751 lock: `pdm export -f pylock -o pylock.toml`.",
    "Pipfile": _PIPENV,
    "Pipfile.lock": _PIPENV,
    ".yml": _CONDA,
    ".yaml": _CONDA,
    ".py": _MOVE,
    ".cfg": _MOVE,
    ".ini": _MOVE,
    ".json": _MOVE,
}


def check_kind(path: Path, asked_at: Location | None, *, constrains: bool) -> None:
    """Hold a file to be of a kind that can be read, and behind `-c` to be one of lines. Raises ConfigError."""
    if hint := _FOREIGN.get(path.name) or _FOREIGN.get(path.suffix):
        raise ConfigError(f"{path.name} is not a requirements file.", location=asked_at, hint=hint)
    if constrains and (LOCK.fullmatch(path.name) or path.suffix == ".toml"):
        raise ConfigError(
            f"{path.name} holds no lines that could be constraints.",
            location=asked_at,
            hint="Write them as `name==1.2` into a text file, or name this one as the layer's requirements.",
        )
    if path.name.startswith("pylock.") and path.suffix == ".toml" and not LOCK.fullmatch(path.name):
        raise ConfigError(
            f"{path.name} is no name of a lock: PEP 751 wants `pylock.toml` or `pylock.NAME.toml`.",
            location=asked_at,
            hint="Rename it, with no dot in NAME.",
        )
