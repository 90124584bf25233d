"""From a commit's archive to what the commit holds.

An archive lacks what the attribute `export-ignore` names, and differs in what `export-subst` names: a checkout knows
neither. The rest of the attributes (line ends, encodings) are the same to both.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layer_action.formats.digest import sha256_of
from layer_action.github.archive import place_of

if TYPE_CHECKING:
    from github.GitTreeElement import GitTreeElement

SUBMODULE: Final = "160000"
_LINK, _PROGRAM, _FILE = "120000", "100755", "100644"
_BLOCK: Final = 1 << 20
_LARGE: Final = 1 << 24  # bytes; no text that somebody wrote is larger


class Restoring:
    """One unpacked archive below `folder`, and the listing of its commit.

    `links` are the archive's own; `read` returns the content of blobs, by name. Raises ValueError for a path that
    leaves the folder.
    """

    def __init__(
        self,
        folder: Path,
        entries: "Sequence[GitTreeElement]",
        links: Collection[Path],
        read: Callable[[Collection[str]], Mapping[str, bytes]],
    ) -> None:
        """Look at nothing yet."""
        kept = [entry for entry in entries if entry.mode in (_FILE, _PROGRAM, _LINK)]
        self._entries = {place_of(folder, entry.path, name=entry.path): entry for entry in kept}
        self._links = links
        self._read = read

    def add_missing(self) -> dict[Path, str]:
        """Write the files that the archive lacks; return the links that it lacks."""
        missing = {p: e for p, e in self._entries.items() if p not in self._links and not p.is_file()}
        contents = self._read({entry.sha for entry in missing.values()})
        for path, entry in missing.items():
            if entry.mode != _LINK:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(contents[entry.sha])
                path.chmod(0o755 if entry.mode == _PROGRAM else 0o644)
        return {p: contents[e.sha].decode("utf-8") for p, e in missing.items() if e.mode == _LINK}

    def undo_expansions(self) -> None:
        """Write the files that differ from what the commit holds anew, where only an archive's would differ."""
        files = {path: entry.sha for path, entry in self._entries.items() if entry.mode != _LINK}
        expands = any(b"export-subst" in path.read_bytes() for path in files if path.name == ".gitattributes")
        doubted: dict[Path, str] = {}
        for path, sha in files.items():
            if blob_name(path) == sha:
                continue
            if _name_of(pointer := _pointer(path)) == sha:
                path.write_bytes(pointer)
            elif expands and not _differs_in_line_ends(path, sha):
                doubted[path] = sha
        contents = self._read(set(doubted.values()))
        for path, sha in doubted.items():
            if b"$Format:" in contents[sha]:
                path.write_bytes(contents[sha])


def blob_name(path: Path) -> str:
    """Return what git calls the content of a file."""
    state = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def _name_of(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _pointer(path: Path) -> bytes:
    """Return what stands for a large file in its commit: an archive may hold the file itself (Git LFS)."""
    size = path.stat().st_size
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256_of(path)}\nsize {size}\n".encode("ascii")


def _differs_in_line_ends(path: Path, sha: str) -> bool:
    return path.stat().st_size <= _LARGE and _name_of(path.read_bytes().replace(b"\r\n", b"\n")) == sha
