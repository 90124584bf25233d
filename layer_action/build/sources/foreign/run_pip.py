"""Run the pip that the arguments begin with, `FOLDER` or `-m pip`; its temporary folders are called the same each time.

Compilers write the paths of headers that they find there into what they make.
"""

import itertools
import runpy
import sys
import tempfile

tempfile._name_sequence = map(str, itertools.count())  # type: ignore[attr-defined] # noqa: SLF001 - no word for it is public
del sys.argv[0]
if sys.argv[0] == "-m":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
