"""Pages of an index: what is learnt of them, and what they may cost."""

import json
import tracemalloc

import pytest

from layer_action.build.resolving.releases import read_releases
from layer_action.http import Http
from layer_action.model.target import Architecture, Target
from tests.standins.files import Files, serve

TARGET = Target(runtime="python3.11", architecture=Architecture.X86_64)
RELEASES = [f"1.{minor}.{patch}" for minor in range(15) for patch in range(8)]
TAGS = [
    f"cp3{python}-cp3{python}-{platform}"
    for python in range(9, 15)
    for platform in ("manylinux_2_17_x86_64.manylinux2014_x86_64", "musllinux_1_2_x86_64", "macosx_11_0_arm64", "win32")
]


def file(version: str, tags: str) -> dict[str, object]:
    name = f"big-{version}-{tags}.whl"
    return {
        "filename": name,
        "url": f"https://files.example/packages/{version}/{name}",
        "hashes": {"sha256": "0" * 64},
        "requires-python": ">=3.9",
        "size": 17_000_000,
        "upload-time": "2026-11-24T12:00:00.000000Z",
        "yanked": "broken" if version == "1.14.7" else False,
        "core-metadata": {"sha256": "0" * 64},
    }


def test_a_page_of_thousands_of_files_takes_little_more_memory_than_its_text() -> None:
    page = json.dumps({"name": "big", "files": [file(version, tags) for version in RELEASES for tags in TAGS]}).encode()
    with serve(Files(content={"/simple/big/": page})) as files:
        http = Http({}, attempts=1)
        read_releases(http, f"{files.url}/simple", "none")  # what is imported on the way does not count
        tracemalloc.start()
        try:
            found = read_releases(http, f"{files.url}/simple", "big")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert found is not None
    assert len(found.files) == len(RELEASES)
    assert [str(version) for version in found.fitting(TARGET)] == RELEASES[:-1]
    assert most < 3 * len(page)


def test_a_file_of_another_name_is_no_release() -> None:
    names = ["big-0.9.tar.gz", "big-0.9.1-2.tar.gz", "bigger-3.0-py3-none-any.whl", "Big-1.0-py3-none-any.whl"]
    page = json.dumps({"files": [{"filename": name} for name in names]}).encode()
    with serve(Files(content={"/simple/big/": page})) as files:
        found = read_releases(Http({}, attempts=1), f"{files.url}/simple", "big")
    assert found is not None
    assert [str(file.version) for file in found.files] == ["0.9", "1.0"]


NO_PAGES = {
    "cut off": b'{"files": ' + b"[" * 100_000,
    "nested beyond reason": b'{"files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no list": b'{"files": 3}',
    "no names": b'{"files": [{"filename": 3}, {"filename": []}]}',
    "one file": b'{"files": {"filename": "x"}}',
    "a list": b'["files"]',
    "no text": b"\xff",
    "no address": b"<a href='http://[bad/big-1-py3-none-any.whl'>big</a>",
}


@pytest.mark.parametrize("page", NO_PAGES.values(), ids=NO_PAGES)
def test_a_page_that_is_none_tells_nothing(page: bytes) -> None:
    with serve(Files(content={"/simple/big/": page})) as files:
        found = read_releases(Http({}, attempts=1), f"{files.url}/simple", "big")
    assert not found or not found.files


@pytest.mark.parametrize(
    "attributes",
    [
        'href="files/big-1.0-py3-none-any.whl" data-requires-python="&lt;3" data-yanked=""',
        "data-requires-python='&lt;3' HREF = 'files/big-1.0-py3-none-any.whl' data-yanked",
        "href=files/big-1.0-py3-none-any.whl#sha256=00 data-requires-python=&lt;3 data-yanked",
        "data-yanked data-requires-python=&lt;3 href=../big-1.0-py3-none-any.whl",
    ],
)
def test_attributes_of_a_link_are_read_in_all_their_forms(attributes: str) -> None:
    page = f"<!doctype html><a {attributes}>big</a>".encode()
    with serve(Files(content={"/simple/big/": page})) as files:
        found = read_releases(Http({}, attempts=1), f"{files.url}/simple", "big")
    assert found is not None
    (release,) = found.files
    assert (str(release.version), release.requires_python, release.yanked) == ("1.0", "<3", True)
