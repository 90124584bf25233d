"""The files of a commit, as a checkout of it would have them.

`git archive` and the archives of GitHub are something else: they leave out what `export-ignore` names, and write into
what `export-subst` names.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from layer_action.formats.made import is_cache, made_in
from layer_action.model.function import Unknown
from layer_action.model.leftovers import is_source
from layer_action.ports.repository import CommittedFile
from layer_action.repository.git import Git

_SUBMODULE: Final = re.compile(r"160000 ([0-9a-f]{40,64}) 0\t(.+)", re.DOTALL)
# A sparse checkout, a file monitor or an index in parts are the head's; a big tree is written by all processors.
_SETTINGS: Final = ("core.sparseCheckout=false", "index.sparse=false", "core.splitIndex=false", "checkout.workers=0")
_BLOB: Final = re.compile(r"(100644|100755) blob ([0-9a-f]{40,64})\t(.+)", re.DOTALL)
_PROGRAM: Final = "100755"
_RAW: Final = ("-c", "core.autocrlf=false", "-c", "core.eol=lf")
# whatever the repository's settings would rather not see
_EXACT: Final = ("-c", "core.fileMode=true", "-c", "core.ignoreStat=false")
_EVERYTHING: Final = ("--porcelain", "-z", "--ignored", "--untracked-files=normal", "--ignore-submodules=none")
# "H": neither left out of a sparse checkout nor taken to be unchanged
_TRUE_FILE: Final = re.compile(r"H (?:100644|100755|120000) ")
_WHOLE: Final = tuple(word for setting in _SETTINGS for word in ("-c", setting))
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n.*?^oid sha256:([0-9a-f]{64})$", re.DOTALL | re.MULTILINE
)
_POINTER_LIMIT: Final = 1024


def write_files(git: Git, commit: str, folder: Path) -> dict[str, str] | None:
    """Write the files of a commit into an empty folder; return the commits of its submodules, by path.

    None where the commit, or a part of it, is not here; the folder may then hold some of its files.
    """
    index = folder.with_name(f"{folder.name}.index")
    # the commit's own attributes decide on line ends and encodings, as they did for the head; filters are programs
    place = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)} | git.without_filters()
    try:
        for command in (("read-tree", commit), ("checkout-index", "--all", "--force", "--quiet")):
            if git.run(*_WHOLE, *command, **place).code != 0:
                return None
        listed = git.listed("ls-files", "--stage", "-z", **place) or ()
    finally:
        index.unlink(missing_ok=True)
    return {match[2]: match[1] for entry in listed if (match := _SUBMODULE.fullmatch(entry))}


def is_checked_out(git: Git) -> bool:
    """Tell whether the checkout's files are those of its head, but for what tools leave behind.

    Where that is not plain, as with submodules and in a sparse checkout, the answer is no.
    """
    quiet = git.without_filters() | {"GIT_OPTIONAL_LOCKS": "0"}
    seen = git.listed(*_EXACT, "status", *_EVERYTHING, **quiet)
    if seen is None or not all(_is_leftover(git.folder, entry) for entry in seen):
        return False
    listed = git.listed("ls-files", "-v", "--stage", "-z", **quiet)
    return listed is not None and all(map(_TRUE_FILE.match, listed))


def _is_leftover(top: Path, entry: str) -> bool:
    """Tell whether git does not track a file, or all of a folder, and it is no source either."""
    state, path = entry[:3], entry[3:]
    if state not in ("?? ", "!! "):
        return False
    found, (*folders, _) = top / path, (PurePosixPath(path), *PurePosixPath(path).parents)
    if not all(map(is_source, path.split("/"))) or any(is_cache(top / folder) for folder in folders):
        return True
    if not path.endswith("/"):
        return made_in(found.parent)(found.name)
    made = made_in(found)
    return all(not each.is_dir() and made(each.name) for each in found.iterdir())


def read_files(git: Git, paths: Iterable[str]) -> dict[str, CommittedFile]:
    """Return those of the paths that are files of the head's commit, byte for byte; {} without git."""
    asked = dict.fromkeys(paths)
    listed = (_BLOB.fullmatch(entry) for entry in git.listed("ls-tree", "-r", "-z", "HEAD") or ())
    blobs = {match[3]: (match[1], match[2]) for match in listed if match and match[3] in asked}
    wanted = [path for path in asked if path in blobs]
    with TemporaryDirectory(prefix="lambda-layer-action-files-") as name:
        folder = Path(name, "files")
        folder.mkdir()
        place = {"GIT_INDEX_FILE": str(Path(name, "index")), "GIT_WORK_TREE": str(folder)}
        # no attribute fits a number, so nothing is converted
        entries = "".join(f"{' '.join(blobs[path])}\t{number}\0" for number, path in enumerate(wanted))
        if git.run("update-index", "-z", "--index-info", stdin=entries, **place).code != 0:
            return {}
        if git.run(*_RAW, "checkout-index", "--all", "--force", "--quiet", **place).code != 0:
            return {}
        return {
            path: CommittedFile(content=(folder / str(number)).read_bytes(), executable=blobs[path][0] == _PROGRAM)
            for number, path in enumerate(wanted)
        }


def fill_submodules(git: Git, submodules: Mapping[str, str], folder: Path) -> dict[str, Unknown]:
    """Write the files of submodules below `folder`, as far as the checkout has their commits.

    Return why the content of the others is unknown, by path; they are left out. What the checkout does not hold either
    is an empty folder in both.
    """
    unknown: dict[str, Unknown] = {}
    for path, commit in submodules.items():
        shutil.rmtree(folder / path, ignore_errors=True)
        (folder / path).mkdir(parents=True)
        unknown |= _fill_submodule(git, path, commit, folder / path)
        if path in unknown:
            shutil.rmtree(folder / path)
    return unknown


def _fill_submodule(git: Git, path: str, commit: str, place: Path) -> dict[str, Unknown]:
    inside = git.below(path)
    if not _is_repository(inside.folder, git.folder):
        if inside.folder.is_dir() and any(inside.folder.iterdir()):
            return {path: Unknown(reason=f"{path} was a submodule then, and is none in this checkout")}
        return {}
    nested = write_files(inside, commit, place)
    if nested is None:
        lacks = f"the submodule {path} is checked out without its commit {commit[:12]}: check out with more depth"
        return {path: Unknown(reason=lacks)}
    found = fill_submodules(inside, nested, place)
    return {f"{path}/{name}": reason for name, reason in found.items()}


def settle(git: Git, folder: Path) -> None:
    """Remove links that lead out of a folder, and put large files in the place of their pointers.

    What such a link leads to belongs to no commit. Where the checkout has the content of large files (Git LFS), it has
    it in a store of its own, from which those that did not change can be had again.
    """
    store = _large_files(git)
    root = folder.resolve()
    for path in _below(folder):
        if path.is_symlink():
            if not _leads_inside(path, root):
                path.unlink()
        elif store and path.stat().st_size <= _POINTER_LIMIT and (pointer := _POINTER.match(path.read_bytes())):
            oid = pointer[1].decode("ascii")
            content = store / oid[:2] / oid[2:4] / oid
            if content.is_file():
                shutil.copyfile(content, path)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = Path(parent, name)
            if path.is_symlink() or name in names:
                yield path


def _leads_inside(link: Path, root: Path) -> bool:
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            link.stat()  # from Python 3.13 on only this tells of a loop
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a loop
        return False


def _is_repository(folder: Path, within: Path) -> bool:
    """Tell whether a submodule is checked out in a folder; what a link leads to is another repository's."""
    return (folder / ".git").exists() and folder.resolve().is_relative_to(within.resolve())


def _large_files(git: Git) -> Path | None:
    common = git.says("rev-parse", "--git-common-dir")
    store = git.folder / common / "lfs" / "objects" if common else None
    return store if store and store.is_dir() else None
