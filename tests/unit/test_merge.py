"""The paths of several wheels in one order, and who wins where two have the same."""

import hashlib
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.splicing.merge import Order, key_of, merged
from layer_action.build.splicing.part import Part
from layer_action.build.splicing.winners import OwnPaths, winners
from layer_action.build.wheels.about import About
from layer_action.build.wheels.placement import Files, Placement
from layer_action.build.wheels.wheel import OpenWheel
from layer_action.errors import BuildError
from layer_action.formats.zipentry import entry
from layer_action.model.own_files import OwnFile, OwnFiles

PATHS = st.lists(st.sampled_from("ab-/."), min_size=1, max_size=5).map("".join).filter(lambda path: path[0] != "/")


class Listed:
    """Sorted paths in a list."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.sorted = sorted(path.encode() for path in paths)
        folders = {f"{path}/".encode() for path in paths}
        clash = any(path.startswith(folder) for path in self.sorted for folder in folders)
        self.apart = not clash and len(folders) == len(paths)

    def __len__(self) -> int:
        return len(self.sorted)

    def path(self, number: int) -> bytes:
        return self.sorted[number]


def own(path: str) -> OwnFile:
    return OwnFile(path=f"python/{path}", source=Path(path), sha256=hashlib.sha256().hexdigest(), size=0)


@given(st.lists(st.lists(PATHS, max_size=8), max_size=4))
def test_paths_come_in_order_and_equal_ones_in_the_order_of_their_sources(lists: list[list[str]]) -> None:
    sources = [Listed(paths) for paths in lists]
    expected = sorted(
        (path, at, number) for at, source in enumerate(sources) for number, path in enumerate(source.sorted)
    )
    found = [
        (sources[at].path(number), at, number) for at, start, end in merged(sources) for number in range(start, end)
    ]
    assert found == expected


def test_a_source_goes_on_until_another_has_something_to_say() -> None:
    sources = [Listed(["a/1", "a/2", "a/3", "c"]), Listed(["b/1", "b/2"])]
    assert [*map(tuple, merged(sources))] == [(0, 0, 3), (1, 0, 2), (0, 3, 4)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 3)), max_size=9))
def test_an_order_gives_back_what_was_put_into_it(added: list[tuple[int, int, int]]) -> None:
    order = Order()
    for source, start, count in added:
        order.add(key_of(source, start), count)
    keys = [key_of(source, start + number) for source, start, count in added for number in range(count)]
    assert list(order) == keys
    assert len(order) == len(keys)
    runs = list(order.runs())
    assert [key_of(source, at) for source, start, end in runs for at in range(start, end)] == keys
    assert all(one.source != behind.source or one.end != behind.start for one, behind in pairwise(runs))


@given(st.sets(PATHS.filter(lambda path: not {"", "."} & set(path.split("/"))), max_size=8))
def test_no_path_is_both_a_file_and_a_folder(paths: set[str]) -> None:
    clash = any(other.startswith(f"{path}/") for path in paths for other in paths)
    try:
        runs = winners([], OwnPaths(OwnFiles(own(path) for path in paths)), [])
        found = [sorted(paths)[at] for _, start, end in runs for at in range(start, end)]
    except BuildError:
        assert clash
    else:
        assert not clash
        assert found == sorted(paths)


def test_the_file_that_is_a_folder_too_is_named() -> None:
    files = [own("a"), own("a-b"), own("a.py"), own("a/b")]
    with pytest.raises(BuildError, match=r"^python/a is both a file and a folder in your own files"):
        list(winners([], OwnPaths(OwnFiles(files)), []))


def part(name: str, paths: Sequence[str]) -> Part:
    entries = [
        entry(f"python/{path}".encode(), method=0, crc=0, compressed=0, uncompressed=0, executable=False)
        for path in sorted(paths, key=str.encode)
    ]
    files = Files.of(entries, array("I", range(len(entries))))
    placement = Placement(dist_info=f"{name}-1.dist-info", files=files, record_changes=False)
    about, read = About("", "", "", ()), lambda _offset, _count: b""
    wheel = OpenWheel(filename=f"{name}-1-py3-none-any.whl", size=1, placement=placement, read=read, about=about)
    return Part(name, wheel)


@given(st.dictionaries(PATHS, st.integers(0, 2), max_size=12))
def test_a_file_of_one_wheel_that_is_a_folder_of_another_is_found_wherever_it_sorts(owners: dict[str, int]) -> None:
    parts = [part(str(n), [path for path, owner in owners.items() if owner == n]) for n in range(3)]
    clash = any(other.startswith(f"{path}/") for path in owners for other in owners)
    try:
        runs = list(winners(parts, OwnPaths(OwnFiles()), []))
    except BuildError:
        assert clash
    else:
        assert not clash
        found = [parts[at].placement.files.path(n).decode() for at, start, end in runs for n in range(start, end)]
        assert found == sorted(owners)
