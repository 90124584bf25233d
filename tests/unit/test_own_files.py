"""Own files, as they are kept."""

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.record import replace
from tests.factories import hex_digest

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: name != "."
)
FOLDERS = st.sampled_from([Path("src"), Path("/checkout/src/a"), Path(os.fsdecode(b"b\xff"))])


@st.composite
def own_file(draw: st.DrawFn) -> OwnFile:
    name = draw(NAMES)
    return OwnFile(
        path=f"python/{draw(st.sampled_from(['', 'a/', 'a-b/']))}{name}",
        source=draw(FOLDERS) / name,
        sha256=hex_digest(name),
        size=draw(st.integers(0, 1 << 40)),
        executable=draw(st.booleans()),
        is_pointer=draw(st.booleans()),
    )


@given(st.lists(own_file()))
def test_they_are_what_they_were_in_the_order_of_their_paths(files: list[OwnFile]) -> None:
    kept = OwnFiles(files)
    assert sorted(kept, key=repr) == sorted(files, key=repr)
    paths = [own.path for own in kept]
    assert paths == sorted(paths)
    assert kept[: len(kept)] == tuple(kept)


@given(st.lists(own_file(), unique_by=lambda own: own.path))
def test_the_same_files_in_any_order_are_equal(files: list[OwnFile]) -> None:
    assert OwnFiles(files) == OwnFiles(files[::-1])
    assert hash(OwnFiles(files)) == hash(OwnFiles(files[::-1]))


def test_thousands_wait_on_disk() -> None:
    folder, sha256 = Path("/checkout/src/a"), hex_digest("a")
    names = [f"{'a_long_name_' * 17}{number}.py" for number in range(2_000)]

    def made() -> OwnFiles:
        return OwnFiles(OwnFile(path=f"python/{name}", source=folder / name, sha256=sha256, size=1) for name in names)

    made()  # modules that it loads are not counted
    tracemalloc.start()
    kept = made()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 100 << 10
    assert [kept[number].source.name for number in (0, 1_999)] == [min(names), max(names)]


PLAIN = OwnFile(path="python/a.py", source=Path("src/a.py"), sha256=hex_digest("a"), size=1)


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, path="python/b/a.py"),
        replace(PLAIN, source=Path("lib/a.py")),
        replace(PLAIN, sha256=hex_digest("b")),
        replace(PLAIN, size=2),
        replace(PLAIN, executable=True),
        replace(PLAIN, is_pointer=True),
    ],
)
def test_other_files_are_not_equal(changed: OwnFile) -> None:
    assert OwnFiles([PLAIN]) != OwnFiles([changed])


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PLAIN, path="python/\0/a.py"),
        replace(PLAIN, path="python/b.py"),
        replace(PLAIN, sha256="00"),
        replace(PLAIN, sha256="no digits"),
        replace(PLAIN, size=-1),
        replace(PLAIN, path="python/\ud800", source=Path("\ud800")),
    ],
)
def test_what_is_no_own_file_is_refused(wrong: OwnFile) -> None:
    with pytest.raises(ValueError, match=r"own file|surrogates|hexadecimal"):
        OwnFiles([wrong])
