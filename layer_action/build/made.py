"""What builds wrote into a folder of the repository: no source, wherever `--dir` and `cache-dir` put it."""

from collections.abc import Iterable
from pathlib import Path

from layer_action.formats.manifest import MANIFEST, PARTIAL, names_in
from layer_action.model.leftovers import CACHE_SIGNATURE, CACHE_TAG


def is_cache(folder: Path) -> bool:
    """Tell whether all that is in a folder can be made again: ours says so, and those of other tools."""
    try:
        with (folder / CACHE_TAG).open("rb") as file:
            return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE.encode()
    except OSError:
        return False


def made_in(folder: Path, names: Iterable[str]) -> set[str]:
    """Return those of the names in a folder that a build gave: zips and locks that its manifest names, and that."""
    try:
        made = names_in((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):  # there is none, or somebody else's
        return set()
    return {MANIFEST, *made, *filter(PARTIAL.fullmatch, names)}
