"""What is part of a target's Python already, and what of a layer's files it would take."""

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from layer_action.model.target import Target

# What left the standard library, by the first version without it: there, a backport shadows nothing.
_REMOVED: Final[Mapping[tuple[int, int], frozenset[str]]] = {
    (3, 12): frozenset({"asynchat", "asyncore", "distutils", "imp", "smtpd"}),
    (3, 13): frozenset(
        {"aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"}
        | {"nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"}
    ),
}
# Built in, or frozen: nothing on the path comes before them.
_FIRST: Final = frozenset(
    {"__future__", "atexit", "builtins", "errno", "faulthandler", "gc", "itertools", "marshal", "posix", "pwd", "sys"}
    | {"time", "zipimport"}
)
_MODULE: Final = (".py", ".pyc", ".so")
_HIDDEN_PASSED_OVER: Final = (3, 13)  # Python's `site` since then


@lru_cache(maxsize=32)
def standard_library(target: Target) -> frozenset[str]:
    """Return the names of the modules of a target's standard library."""
    names = frozenset(sys.stdlib_module_names) - _FIRST
    for version, removed in _REMOVED.items():
        names = names - removed if target.python_version >= version else names | removed
    return names


def is_module(name: str) -> bool:
    """Tell whether a file of that name at the top can be imported; a folder can, with an `__init__.py`."""
    return name.endswith(_MODULE)


def is_read_at_start(name: str, targets: Iterable[Target]) -> bool:
    """Tell whether Python reads a file of that name at the top when it starts, on any of the targets."""
    if not name.endswith(".pth"):
        return False
    return not name.startswith(".") or any(target.python_version < _HIDDEN_PASSED_OVER for target in targets)
