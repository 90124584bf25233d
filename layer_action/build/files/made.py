"""What builds wrote into a folder of the repository: no source, wherever `--dir` and `cache-dir` put it."""

import stat
from collections.abc import Iterable
from pathlib import Path

from layer_action.formats.manifest import MANIFEST, PARTIAL, names_in
from layer_action.model.leftovers import CACHE_SIGNATURE, CACHE_TAG


def is_cache(folder: Path) -> bool:
    """Tell whether all that is in a folder can be made again: ours says so, and those of other tools."""
    tag = folder / CACHE_TAG
    try:
        if not _is_itself(tag):
            return False
        with tag.open("rb") as file:
            return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE.encode()
    except OSError:
        return False


def made_in(folder: Path, names: Iterable[str]) -> set[str]:
    """Return those of the names in a folder that a build gave: zips and locks that its manifest names, and that."""
    manifest = folder / MANIFEST
    try:
        made = names_in(manifest.read_bytes()) if _is_itself(manifest) else None
    except (OSError, ValueError):  # there is none, or somebody else's
        made = None
    return set() if made is None else {MANIFEST, *made, *filter(PARTIAL.fullmatch, names)}


def _is_itself(path: Path) -> bool:
    """Tell whether a file is no link: one may lead out of the repository, to what never ends. Raises OSError."""
    return stat.S_ISREG(path.lstat().st_mode)
