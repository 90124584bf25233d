"""What is part of a target's Python already."""

import sys
from collections.abc import Mapping
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


@lru_cache(maxsize=32)
def standard_library(target: Target) -> frozenset[str]:
    """Return the names of the modules of a target's standard library."""
    names = frozenset(sys.stdlib_module_names) - {"__future__"}
    for version, removed in _REMOVED.items():
        names = names - removed if target.python_version >= version else names | removed
    return names
