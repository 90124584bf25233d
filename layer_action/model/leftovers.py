"""What editors, version control, earlier builds and we ourselves leave in a checkout: none of it is source."""

from typing import Final

_NAMES: Final = frozenset(
    {
        "__pycache__",
        ".git",
        ".hg",
        ".svn",
        ".venv",
        ".tox",
        ".nox",
        ".eggs",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".coverage",
        "htmlcov",
        ".ipynb_checkpoints",
        "__pypackages__",
        ".pdm-build",
        "pip-wheel-metadata",
        ".aws-sam",
        "cdk.out",
        ".idea",
        ".vscode",
        "node_modules",
        ".DS_Store",
        ".lambda-layer-action",
    }
)
# https://bford.info/cachedir/: what is in a folder with such a file can be made again
CACHE_TAG: Final = "CACHEDIR.TAG"
CACHE_SIGNATURE: Final = "Signature: 8a477f597d28d172789f06886806bc55"
_ENDINGS: Final = (".pyc", ".pyo", ".egg-info")


def is_source(name: str) -> bool:
    """Tell whether a file or folder of that name may count: not what tools leave behind."""
    return name not in _NAMES and not name.endswith(_ENDINGS)
