"""What builds wrote into a folder of the repository: no source, wherever `--dir` and `cache-dir` put it."""

import stat
from collections.abc import Callable
from pathlib import Path

from layer_action.formats.manifest import BEGIN, MANIFEST, PARTIAL, names_in
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


def made_in(folder: Path) -> Callable[[str], bool]:
    """Return whether a build gave a name in a folder: zips and locks that its manifest names, and that."""
    made = _named_by(folder / MANIFEST)
    return lambda name: bool(made) and (name in made or PARTIAL.fullmatch(name) is not None)


def _named_by(manifest: Path) -> frozenset[str]:
    """Return the names that a manifest of ours has, its own among them; none of another file."""
    try:
        if _is_itself(manifest):
            with manifest.open("rb") as file:
                if file.read(len(BEGIN)) == BEGIN:
                    return frozenset((MANIFEST, *names_in(BEGIN + file.read())))
    except (OSError, ValueError):  # there is none, or somebody else's
        pass
    return frozenset()


def _is_itself(path: Path) -> bool:
    """Tell whether a file is no link: one may lead out of the repository, to what never ends. Raises OSError."""
    return stat.S_ISREG(path.lstat().st_mode)
