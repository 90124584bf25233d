"""Bytecode: of the target's version, always the same, used without a look at the source."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from layer_action.build.builder import WheelBuilder
from layer_action.build.pythons import python_of
from layer_action.errors import BuildError
from layer_action.http import Http
from layer_action.model.layer import Artifact, Bytecode, LayerContent
from layer_action.model.target import Architecture, Target
from tests.build.shelf import Shelf, own_file, spec, tree

ENV = {"PATH": os.environ["PATH"]}
TARGET = Target(runtime=f"python3.{sys.version_info.minor}", architecture=Architecture.X86_64)
TAG = f"cpython-3{sys.version_info.minor}"
FILES = {
    "pkg/__init__.py": "from pkg import used\nprint('hello from an import')\n",
    "pkg/used.py": "value = 'as built'\nnames = {'b', 'a', 'c'}\n",
    "pkg/unused.py": "value = 1\n",
    "pkg/template.py": "this is {{ no }} Python\n",
    "pkg/with.dots.py": "value = 2\n",
    "pkg/.py": "value = 3\n",
    "pkg/text.txt": "",
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(folder=tmp_path)
    shelf.add("pkg", FILES)
    return shelf


def build(shelf: Shelf, content: LayerContent, into: str = "out") -> Artifact:
    http = Http({}, attempts=1)
    builder = WheelBuilder(env=ENV, cache=shelf.folder / "cache", http=http, console=shelf.console)
    return builder.build(content, shelf.folder, shelf.folder / into)


def content(shelf: Shelf, kind: Bytecode, *imports: str, target: Target = TARGET) -> LayerContent:
    return shelf.content(spec=spec(bytecode=kind, imports=imports), targets=[target])


def compiled(artifact: Artifact) -> list[str]:
    return sorted(name for name in tree(artifact.path) if name.endswith(".pyc"))


def test_all_ships_what_compiles(shelf: Shelf) -> None:
    assert compiled(build(shelf, content(shelf, Bytecode.ALL))) == [
        f"pkg/__pycache__/__init__.{TAG}.pyc",
        f"pkg/__pycache__/unused.{TAG}.pyc",
        f"pkg/__pycache__/used.{TAG}.pyc",
        f"pkg/__pycache__/with.dots.{TAG}.pyc",
    ]


def test_none_ships_none(shelf: Shelf) -> None:
    assert compiled(build(shelf, content(shelf, Bytecode.NONE))) == []


@pytest.fixture
def unprivileged_python() -> None:
    try:
        python_of(TARGET, ENV, unprivileged=True)
    except BuildError as error:
        pytest.skip(f"the unprivileged user can run no such Python: {error.message}")


@pytest.mark.usefixtures("unprivileged_python")
def test_imports_ships_what_the_imports_load(shelf: Shelf) -> None:
    assert compiled(build(shelf, content(shelf, Bytecode.IMPORTS, "pkg"))) == [
        f"pkg/__pycache__/__init__.{TAG}.pyc",
        f"pkg/__pycache__/used.{TAG}.pyc",
    ]


@pytest.mark.usefixtures("unprivileged_python")
def test_an_import_that_fails_is_an_error_with_its_reason(shelf: Shelf) -> None:
    with pytest.raises(BuildError, match="No module named 'pgk'"):
        build(shelf, content(shelf, Bytecode.IMPORTS, "pgk"))


@pytest.mark.usefixtures("unprivileged_python")
@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit",
        "import os; os.mkfifo('loaded'); os._exit(0)",
        "import os; os.symlink('/etc/hostname', 'loaded'); os._exit(0)",
    ],
)
def test_an_import_that_ends_the_program_is_an_error_that_says_so(shelf: Shelf, code: str) -> None:
    shelf.add("quits", {"quits.py": f"{code}\n"})
    with pytest.raises(BuildError, match="what quits loads is not known"):
        build(shelf, content(shelf, Bytecode.IMPORTS, "quits"))


SPY = """
import os
for path in ("/proc/1/environ", os.environ.get("HOME", "") + "/../secret"):
    try:
        open(path).read()
        raise SystemExit("read " + path)
    except OSError:
        pass
assert "AWS_SECRET_ACCESS_KEY" not in os.environ
with open("loaded", "w") as file:
    file.write("../../../etc/passwd\\n")
os.remove("python/spy.py")
os.symlink("/etc/shadow", "python/spy.py")
"""


@pytest.mark.usefixtures("unprivileged_python")
def test_what_is_imported_can_neither_read_secrets_nor_change_the_layer(shelf: Shelf) -> None:
    shelf.add("spy", {"spy.py": SPY})
    artifact = build(shelf, content(shelf, Bytecode.IMPORTS, "spy"))
    assert tree(artifact.path)["spy.py"].decode() == SPY
    for name in compiled(artifact):
        assert b"root:" not in tree(artifact.path)[name]


def test_the_same_sources_give_the_same_bytes(shelf: Shelf) -> None:
    first, second = (build(shelf, content(shelf, Bytecode.ALL), into=name).path for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_own_files_are_compiled_too_and_sizes_add_up(shelf: Shelf) -> None:
    own = own_file("python/shop.py", shelf.folder / "shop.py", b"x = 1\n")
    wanted = shelf.content(spec=spec(bytecode=Bytecode.ALL), targets=[TARGET], own_files=[own])
    artifact = build(shelf, wanted)
    assert f"__pycache__/shop.{TAG}.pyc" in compiled(artifact)
    with zipfile.ZipFile(artifact.path) as archive:
        assert artifact.size.unzipped == sum(info.file_size for info in archive.infolist())
        assert artifact.size.zipped == artifact.path.stat().st_size
        names = archive.namelist()
        assert names[:-1] == sorted(names[:-1])
        of_pkg = sum(info.file_size for info in archive.infolist() if info.filename.startswith("python/pkg"))
    assert artifact.size.distributions[0].unzipped == of_pkg
    assert not shelf.measured(wanted).exact


def test_lambda_would_use_it_without_a_look_at_the_source(shelf: Shelf) -> None:
    found = tree(build(shelf, content(shelf, Bytecode.ALL)).path)
    for name, data in found.items():
        path = shelf.folder / "opt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (shelf.folder / "opt/pkg/used.py").write_text("value = 'changed'")
    program = "import pkg.used; print(pkg.used.value); print(pkg.used.names and pkg.used.__cached__)"
    done = subprocess.run(
        [sys.executable, "-s", "-c", program],
        env={"PYTHONPATH": str(shelf.folder / "opt")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "as built" in done.stdout


def test_a_version_that_is_nowhere_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    missing = Target(runtime="python3.9", architecture=Architecture.X86_64)
    if missing.python == TARGET.python:
        pytest.skip("this is the Python that the test calls missing")
    empty = {"PATH": str(tmp_path), "HOME": str(tmp_path), "UV_OFFLINE": "1"}
    with pytest.raises(BuildError, match=r"Bytecode for python3\.9 takes a Python 3\.9, and there is none") as caught:
        python_of(missing, empty, unprivileged=False)
    assert "actions/setup-python" in caught.value.hint
