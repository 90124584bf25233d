"""Step: what `zip -r9 layer.zip python` does, for machines without it."""

import sys
import zipfile
from pathlib import Path

folder = Path(sys.argv[1])
with zipfile.ZipFile(folder / "layer.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in sorted((folder / "python").rglob("*")):
        archive.write(path, path.relative_to(folder))
