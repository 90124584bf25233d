"""Compile the files that the file named on standard input lists, relative to the working directory, for /opt/python.

Unchecked hashes: Lambda never looks whether a source is newer, and no date is in the file.
"""

import contextlib
import importlib.util
import pathlib
import py_compile
import sys

with pathlib.Path(sys.stdin.read()).open(encoding="utf-8") as sources:
    for line in sources:
        path = line.rstrip("\n")
        # templates, tests of parsers, sources for another Python: nobody imports what does not compile
        with contextlib.suppress(py_compile.PyCompileError, ValueError, RecursionError, MemoryError):
            py_compile.compile(
                path,
                cfile=importlib.util.cache_from_source(path),
                dfile="/opt/python/" + path,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
