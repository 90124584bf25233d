"""The paths of several wheels in one order, and who wins where two have the same."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.merge import merged, split
from layer_action.build.winners import OwnPaths, winners
from layer_action.errors import BuildError
from layer_action.model.own_files import OwnFile, OwnFiles

PATHS = st.lists(st.sampled_from("ab-/."), min_size=1, max_size=5).map("".join).filter(lambda path: path[0] != "/")


class Listed:
    """Sorted paths in a list."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.sorted = sorted(path.encode() for path in paths)

    def __len__(self) -> int:
        return len(self.sorted)

    def path(self, number: int) -> bytes:
        return self.sorted[number]

    def paths(self, start: int, end: int) -> Iterator[bytes]:
        return iter(self.sorted[start:end])


def own(path: str) -> OwnFile:
    return OwnFile(path=f"python/{path}", source=Path(path), sha256=hashlib.sha256().hexdigest(), size=0)


@given(st.lists(st.lists(PATHS, max_size=8), max_size=4))
def test_paths_come_in_order_and_equal_ones_in_the_order_of_their_sources(lists: list[list[str]]) -> None:
    sources = [Listed(paths) for paths in lists]
    expected = sorted(
        (path, at, number) for at, source in enumerate(sources) for number, path in enumerate(source.sorted)
    )
    assert [(path, *split(key)) for path, key in merged(sources)] == expected


@given(st.sets(PATHS.filter(lambda path: not {"", "."} & set(path.split("/"))), max_size=8))
def test_no_path_is_both_a_file_and_a_folder(paths: set[str]) -> None:
    clash = any(other.startswith(f"{path}/") for path in paths for other in paths)
    try:
        found = [path.decode() for path, _ in winners([], OwnPaths(OwnFiles(own(path) for path in paths)), [])]
    except BuildError:
        assert clash
    else:
        assert not clash
        assert found == sorted(paths)


def test_the_file_that_is_a_folder_too_is_named() -> None:
    files = [own("a"), own("a-b"), own("a.py"), own("a/b")]
    with pytest.raises(BuildError, match=r"^your own files ships python/a both as a file and as a folder"):
        list(winners([], OwnPaths(OwnFiles(files)), []))
