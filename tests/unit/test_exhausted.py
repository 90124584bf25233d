"""What the machine has no more of, told as that."""

import errno
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from layer_action.build.asking.ignored import ignored
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.tree import files_below
from layer_action.build.files.wildcards import matches
from layer_action.build.inspecting.inspect_own import inspect_own
from layer_action.build.pythons import known_to_uv, version_of
from layer_action.build.sources.built import BuiltWheels
from layer_action.build.sources.wanted import BuiltWheel, Wanted
from layer_action.build.splicing.laying import lay_out
from layer_action.build.wheels.packing import Packer
from layer_action.errors import ExhaustedError
from layer_action.exhausted import exhausted
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.model.own_files import OwnFile, OwnFiles
from tests.build.shelf import X86, own_file
from tests.factories import make_content
from tests.standins.small_disk import full_disk, needs_mounts


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EMFILE, "ulimit -n 1024"),
        (errno.ENFILE, "ulimit -n"),
        (errno.EAGAIN, "--pids-limit"),
        (errno.ENOSPC, "or what is temporary (TMPDIR)"),
    ],
)
def test_what_a_machine_has_no_more_of_is_told_with_the_way_out(number: int, said: str) -> None:
    error = exhausted(OSError(number, ""))
    assert isinstance(error, ExhaustedError)
    assert said in error.hint


def test_any_other_failure_is_not_the_machines() -> None:
    assert exhausted(OSError(errno.EACCES, "")) is exhausted(ValueError()) is None


def test_no_folder_for_temporary_files_is_told_as_such() -> None:
    error = exhausted(FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/work']"))
    assert isinstance(error, ExhaustedError)
    assert "TMPDIR" in error.hint


def told(attempt: Callable[[], object]) -> str:
    """Return what is said of a machine that has no more, by whoever met it or at the last border."""
    try:
        attempt()
    except ExhaustedError as error:
        return error.message
    except OSError as error:
        known = exhausted(error)
        return known.message if known else ""
    return ""


@contextmanager
def no_more_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def including(path: Path) -> OwnFiles:
    return OwnFiles([OwnFile(path=f"python/{path.name}", source=path, sha256="0" * 64, size=0, executable=True)])


READERS: dict[str, Callable[[Path], object]] = {
    "requirements": lambda path: text_of(path, path.parent),
    "a project": lambda path: list(files_below(path.parent, root=path.parent)),
    "a pattern": lambda path: list(matches(str(path.parent), ["*"])),
    "a pyproject": lambda path: read_pyproject_of(path.parent),
    "what git ignores": lambda path: ignored(path.parent),
    "a compiled own file": lambda path: list(inspect_own(make_content(own_files=including(path)))),
    "a Python": lambda _: version_of(sys.executable, {}, unprivileged=False),
    "a Python of uv's": lambda _: known_to_uv(X86, {}),
    "a wheel by its path": lambda path: Http({}).get(path.as_uri()),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_what_cannot_be_opened_for_want_of_open_files_is_told_as_that(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "six.py"
    path.touch()
    (tmp_path / "pyproject.toml").touch()
    read(path)
    with no_more_files():
        said = told(lambda: read(path))
    assert "no more files" in said


def test_an_own_file_that_cannot_be_opened_for_want_of_open_files_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "six.py"
    own = OwnFiles([own_file("python/six.py", path, b"")])
    with ExitStack() as stack:
        lay_out([], own, ("lock", b""), Packer(stack))
        with no_more_files():
            said = told(lambda: lay_out([], own, ("lock", b""), Packer(stack)))
    assert "no more files" in said


def test_a_kept_wheel_that_cannot_be_opened_for_want_of_open_files_is_told_as_that(tmp_path: Path) -> None:
    wheel = tmp_path / "six-1.0-py3-none-any.whl"
    wheel.touch()
    kept, source = BuiltWheels(tmp_path), Source(kind=SourceKind.SDIST, location="six", identity=f"sha256:{'a' * 64}")
    wanted = Wanted(name="six", version="1.0", target=X86)
    kept.keep(source, wanted, BuiltWheel(path=wheel, python=""))
    assert kept.find(source, wanted)
    with no_more_files():
        said = told(lambda: kept.find(source, wanted))
    assert "no more files" in said


@needs_mounts
def test_a_wheel_by_its_path_that_finds_no_room_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(bytes(1 << 17))
    with full_disk(tmp_path / "cache"), (tmp_path / "cache" / "a.whl").open("wb", buffering=0) as file:
        said = told(lambda: Http({}).download((tmp_path / "a.whl").as_uri(), file))
    assert "cannot write any more" in said


@needs_mounts
def test_a_folder_whose_names_find_no_room_to_be_sorted_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "many").mkdir()
    for number in range(400):
        (tmp_path / "many" / f"{number:0200}").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with full_disk(tmp_path / "temporary"):
        said = told(lambda: list(matches(str(tmp_path), ["many", "*"])))
    assert "cannot write any more" in said
