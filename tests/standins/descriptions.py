"""AWS's descriptions of its services, read once a process: megabytes of JSON that each botocore session parses anew."""

from typing import Any, Final

import botocore.session
from botocore.loaders import Loader, create_loader

_READ: Final[dict[Any, Any]] = {}


def read_once() -> None:
    """Let all sessions of this process share what they have read."""
    botocore.session.create_loader = _sharing


def _sharing(search_path: str | None = None) -> Loader:
    loader = create_loader(search_path)
    loader._cache = _READ  # noqa: SLF001 - it offers no other way
    return loader
