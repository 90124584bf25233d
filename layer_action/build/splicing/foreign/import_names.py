"""Import the modules named on standard input from ./python, and list the source files that got loaded, in ./loaded."""

import importlib
import os
import site
import sys

root = os.path.join(os.getcwd(), "python")  # noqa: PTH118, PTH109 - start-up of the import counts, and 3.9 runs this
sys.path.insert(0, root)
site.addsitedir(root)  # Lambda reads .pth files too
for name in sys.stdin.read().split():
    importlib.import_module(name)
loaded = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
with open("loaded", "w", encoding="utf-8") as file:  # noqa: PTH123
    file.writelines(os.path.relpath(path, root) + "\n" for path in sorted(loaded) if path.startswith(root))
