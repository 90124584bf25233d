"""The cache of wheels: verified on the way in, shared by runs, and never wrong."""

import hashlib
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layer_action.build.wheels.fetch import WheelCache
from layer_action.build.wheels.wheel import reading
from layer_action.errors import BuildError, DownloadError, Problems
from layer_action.http import Http
from layer_action.model.lock import Wheel
from layer_action.record import replace
from tests.fakes import RecordingConsole
from tests.standins.files import Files, serve
from tests.standins.wheels import make_wheel

NAMES = [f"pkg{number}-1.0-py3-none-any.whl" for number in range(6)]
WHEELS = {f"/{name}": make_wheel(name.split("-")[0], "1.0", {f"{name[:4]}.py": "x = 1\n"}) for name in NAMES}


@pytest.fixture
def index() -> Iterator[Files]:
    with serve(Files(content=dict(WHEELS))) as files:
        yield files


def wheels(index: Files) -> list[Wheel]:
    return [
        Wheel(
            filename=name,
            sha256=hashlib.sha256(WHEELS[f"/{name}"]).hexdigest(),
            size=len(WHEELS[f"/{name}"]),
            url=f"{index.url}/{name}",
        )
        for name in NAMES
    ]


def cache(folder: Path, console: RecordingConsole | None = None) -> WheelCache:
    return WheelCache(folder, http=Http({}, attempts=2, backoff=0), console=console or RecordingConsole())


def test_each_wheel_is_downloaded_once(index: Files, tmp_path: Path) -> None:
    first = cache(tmp_path).fetch(wheels(index))
    assert [found.path.read_bytes() for found in first] == list(WHEELS.values())
    assert [found.path.name for found in first] == NAMES
    assert cache(tmp_path).fetch(wheels(index)) == first
    assert sorted(index.paths) == sorted(WHEELS)


def test_a_cached_wheel_needs_no_address(index: Files, tmp_path: Path) -> None:
    cache(tmp_path).fetch(wheels(index))
    assert cache(tmp_path).fetch([replace(wheel, url=None) for wheel in wheels(index)])


def test_a_wheel_without_an_address_is_an_error(index: Files, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"pkg0-1\.0-py3-none-any\.whl is not in the cache"):
        cache(tmp_path).fetch([replace(wheels(index)[0], url=None)])


def test_a_file_with_another_hash_is_refused_and_leaves_nothing(index: Files, tmp_path: Path) -> None:
    wheel = replace(wheels(index)[0], sha256="0" * 64)
    with pytest.raises(BuildError, match=r"pkg0-1\.0-py3-none-any\.whl is not the file that was locked"):
        cache(tmp_path).fetch([wheel])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_page_that_comes_instead_of_a_wheel_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "page.whl").write_text("<html>Log in first</html>")
    wheel = Wheel(filename="pkg-1.0-py3-none-any.whl", sha256="0" * 64, url=(tmp_path / "page.whl").as_uri())
    with pytest.raises(BuildError, match="is a page, not a wheel: is a login missing") as caught:
        cache(tmp_path).fetch([wheel])
    assert caught.value.hint == "Check the address, its login and the proxy; then run again."


def test_a_file_larger_than_locked_is_not_read_to_its_end(index: Files, tmp_path: Path) -> None:
    wheel = replace(wheels(index)[0], size=10)
    with pytest.raises(DownloadError, match="larger than expected"):
        cache(tmp_path).fetch([wheel])


def test_all_problems_are_told_at_once(index: Files, tmp_path: Path) -> None:
    first, second, *rest = wheels(index)
    with pytest.raises(Problems) as caught:
        cache(tmp_path).fetch([replace(first, sha256="0" * 64), replace(second, url=f"{index.url}/none.whl"), *rest])
    assert len(caught.value.problems) == 2


def test_a_damaged_file_is_removed_named_and_fetched_again(index: Files, tmp_path: Path) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    found.path.write_bytes(found.path.read_bytes()[:-1] + b"?")
    console = RecordingConsole()
    (again, *_) = cache(tmp_path, console).fetch(wheels(index))
    assert again.path.read_bytes() == WHEELS[f"/{NAMES[0]}"]
    assert console.texts("warning") == [f"The cached {NAMES[0]} was damaged: it is removed and fetched again."]


def test_damage_that_keeps_size_and_date_is_noticed(index: Files, tmp_path: Path) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    before = found.path.stat()
    with found.path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    os.utime(found.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (again, *_) = cache(tmp_path).fetch(wheels(index))
    assert again.path.read_bytes() == WHEELS[f"/{NAMES[0]}"]


def test_a_damaged_note_beside_a_wheel_is_made_again(index: Files, tmp_path: Path) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    (found.path.parent / "verified").write_text('[["a"]]')
    assert cache(tmp_path).fetch(wheels(index))[0] == found


def test_only_a_file_of_a_notes_size_is_read_as_one(index: Files, tmp_path: Path) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    note = found.path.parent / "verified"
    for put in (_device, _pipe, _hole):
        note.unlink()
        put(note)
        assert cache(tmp_path).fetch(wheels(index))[0] == found
        assert note.is_file()
        assert note.stat().st_size < 1 << 20


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def test_a_wheel_that_vanishes_while_the_layer_is_built_is_named(index: Files, tmp_path: Path) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    found.path.unlink()
    with pytest.raises(BuildError, match=r"^pkg0-1\.0-py3-none-any\.whl cannot be read: No such"), reading(found.path):
        pass


@pytest.mark.parametrize("filename", ["../evil.whl", "a/b.whl", "wheel.zip", ".whl", "a\\b.whl"])
def test_a_name_that_is_no_wheels_is_refused(index: Files, tmp_path: Path, filename: str) -> None:
    with pytest.raises(BuildError, match="cannot be one"):
        cache(tmp_path).fetch([replace(wheels(index)[0], filename=filename)])


@pytest.mark.parametrize("missing", [NAMES[0], "verified"])
def test_what_killed_runs_left_is_swept_when_it_is_a_day_old(index: Files, tmp_path: Path, missing: str) -> None:
    (found, *_) = cache(tmp_path).fetch(wheels(index))
    (found.path.parent / missing).unlink()
    old, young = found.path.parent / ".a.part", found.path.parent / ".b.part"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    cache(tmp_path).fetch(wheels(index))
    assert (old.exists(), young.exists()) == (False, True)


def test_two_runs_share_a_cache(index: Files, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: cache(tmp_path).fetch(wheels(index)), range(4)))
    assert all(result == results[0] for result in results)
    assert not list(tmp_path.rglob("*.part"))


KILLED = """
import pickle, sys
from pathlib import Path
from tests.build.test_fetch import cache
print("ready", flush=True)
cache(Path(sys.argv[1])).fetch(pickle.loads(bytes.fromhex(sys.argv[2])))
"""


def test_a_killed_run_leaves_no_wrong_wheel_and_the_next_goes_on(index: Files, tmp_path: Path) -> None:
    wanted = wheels(index)
    for delay in (0.0, 0.01, 0.03):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path), pickle.dumps(wanted).hex()],
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
        )
        assert child.stdout
        child.stdout.readline()
        time.sleep(delay)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for path in tmp_path.rglob("*.whl"):
            assert path.read_bytes() == WHEELS[f"/{path.name}"]
    found = cache(tmp_path).fetch(wanted)
    assert [each.path.read_bytes() for each in found] == list(WHEELS.values())
