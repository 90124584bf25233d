"""A project of the repository becomes the same wheel wherever, whenever and by whichever release of its backend."""

import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from layer_action.build.asking.projects import local_identity
from layer_action.build.sources.normal_form import normalised
from layer_action.build.sources.source import SourceBuilder
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import BuildError, UnsafeWheelError
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.model.target import Architecture, Target
from tests.standins.wheels import make_wheel

BACKENDS = {
    "setuptools": ("setuptools", "setuptools.build_meta"),
    "hatchling": ("hatchling", "hatchling.build"),
    "flit": ("flit_core", "flit_core.buildapi"),
    "poetry": ("poetry-core", "poetry.core.masonry.api"),
    "pdm": ("pdm-backend", "pdm.backend"),
    "uv": ("uv_build", "uv_build"),
}
C_CODE = """\
#include <Python.h>
#include <assert.h>
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", __FILE__, -1, NULL};
PyMODINIT_FUNC PyInit_fast(void) { assert(sizeof(int) > 2); return PyModule_Create(&module); }
"""
PYPROJECT = """\
[build-system]
requires = ["{}"]
build-backend = "{}"

[project]
name = "shop-tax"
version = "1.0"
description = "Taxes of a shop"
dependencies = ["till>=2"]
"""
MACHINE = Architecture.ARM64 if os.uname().machine == "aarch64" else Architecture.X86_64
TARGET = Target(runtime=f"python3.{sys.version_info.minor}", architecture=MACHINE)


def project(folder: Path, backend: str, *, compiled: bool, backwards: bool) -> None:
    files = {f"src/shop_tax/{name}.py": f"rate = {number}\n" for number, name in enumerate("cab", start=1)}
    files |= {
        "src/shop_tax/__init__.py": "",
        "src/shop_tax/table.csv": "a,b\n" * 99,
        "pyproject.toml": PYPROJECT.format(*BACKENDS[backend]),
        "LICENSE": "Free\n",
    }
    if compiled:
        files["src/shop_tax/fast.c"] = C_CODE
        files["pyproject.toml"] += (
            '\n[[tool.setuptools.ext-modules]]\nname = "shop_tax.fast"\nsources = ["src/shop_tax/fast.c"]\n'
        )
    for path, text in sorted(files.items(), reverse=backwards):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        os.utime(place, (1e9, 1e9) if backwards else None)


def built(root: Path, backend: str, umask: int, *, compiled: bool, backwards: bool, home: Path) -> tuple[str, str]:
    """Build a project; return the wheel's name and sha256."""
    old = os.umask(umask)
    try:
        project(root / "libs/tax", backend, compiled=compiled, backwards=backwards)
        identity = local_identity(root / "libs/tax", root=root)
        source = Source(kind=SourceKind.DIRECTORY, location="libs/tax", identity=identity)
        env = {**os.environ, "HOME": str(home), "TZ": "Asia/Kathmandu" if backwards else "UTC"}
        wanted = Wanted(name="shop-tax", version="1.0", target=TARGET)
        builder = SourceBuilder(env, Http(env), home / "cache")
        wheel = builder.build(source, wanted, root=root, into=root / "wheels").path
    finally:
        os.umask(old)
    return wheel.name, sha256(wheel.read_bytes()).hexdigest()


@pytest.mark.index
@pytest.mark.parametrize("backend", BACKENDS)
def test_real_backends_give_the_same_bytes_elsewhere(tmp_path: Path, backend: str) -> None:
    one = built(tmp_path / "one", backend, 0o022, compiled=False, backwards=False, home=tmp_path)
    other = built(tmp_path / "some/where/else", backend, 0o077, compiled=False, backwards=True, home=tmp_path / "other")
    assert one == other


@pytest.mark.index
def test_a_compiled_project_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    if subprocess.run(["cc", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no C compiler")
    one = built(tmp_path / "one", "setuptools", 0o022, compiled=True, backwards=False, home=tmp_path)
    other = built(tmp_path / "else/where", "setuptools", 0o000, compiled=True, backwards=True, home=tmp_path / "other")
    assert one == other
    assert one[0].endswith("linux_x86_64.whl") or "aarch64" in one[0]
    with zipfile.ZipFile(tmp_path / "one/wheels" / one[0]) as archive:
        [library] = [name for name in archive.namelist() if name.endswith(".so")]
        assert str(tmp_path).encode() not in archive.read(library)
        assert b"lambda-layer-" not in archive.read(library), "the folder of the build"


def rewritten(wheel: Path, into: Path, generator: str, *, backwards: bool) -> Path:
    """Write a wheel as another backend would: other order, dates, modes, compression, RECORD, and name of itself."""
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(into / wheel.name, "w") as new:
        for name in sorted(old.namelist(), reverse=backwards):
            content = old.read(name)
            if name.endswith("/WHEEL"):
                content = (
                    f"Wheel-Version: 1.0\nGenerator: {generator}\nRoot-Is-Purelib: true\nTag: py3-none-any\n".encode()
                )
            if name.endswith("/RECORD") and backwards:
                content = b"\r\n".join(reversed(content.splitlines()))
            entry = zipfile.ZipInfo(name, (2026, 11, 24, 1, 2, 4) if backwards else (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100600 if backwards else 0o100644) << 16
            new.writestr(entry, content, zipfile.ZIP_STORED if backwards else zipfile.ZIP_DEFLATED)
    return into / wheel.name


def test_what_only_the_day_and_the_tool_say_is_left_out(tmp_path: Path) -> None:
    wheel = tmp_path / "till-2.0-py3-none-any.whl"
    wheel.write_bytes(make_wheel("till", "2.0", {"till.py": "open = True\n", "till/a.txt": "a" * 999}))
    forms = set()
    for number, generator in enumerate(["setuptools (80.9.0)", "setuptools (81.0.0)", "setuptools 82"]):
        for folder in (tmp_path / f"raw{number}", tmp_path / f"normal{number}"):
            folder.mkdir()
        other = rewritten(wheel, tmp_path / f"raw{number}", generator, backwards=bool(number % 2))
        forms.add(normalised(other, tmp_path / f"normal{number}").read_bytes())
    assert len(forms) == 1


def test_the_normal_form_keeps_contents_and_the_right_to_execute_and_has_a_true_record(tmp_path: Path) -> None:
    wheel = tmp_path / "till-2.0-py3-none-any.whl"
    wheel.write_bytes(make_wheel("till", "2.0", {"till.py": "open = True\n", "till/run.sh": "#!/bin/sh\n"}))
    with zipfile.ZipFile(wheel, "a") as archive:
        entry = zipfile.ZipInfo("till/go.sh")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, "#!/bin/sh\n")
    into = tmp_path / "normal"
    into.mkdir()
    path = normalised(wheel, into)
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(path) as after:
        plain = {name for name in before.namelist() if not name.endswith(("/RECORD", "/WHEEL"))}
        assert {name: before.read(name) for name in plain} == {name: after.read(name) for name in plain}
        assert {name for name in after.namelist() if after.getinfo(name).external_attr >> 16 & 0o111} == {"till/go.sh"}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pip", "install", "--no-deps", "--no-index", "--target", tmp_path / "there", path],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def till(folder: Path, *requires: str) -> Path:
    wheel = folder / "till-2.0-py3-none-any.whl"
    wheel.write_bytes(make_wheel("till", "2.0", {"till.py": ""}, requires=requires))
    (folder / "normal").mkdir()
    return wheel


def test_the_folders_of_a_build_are_in_no_metadata(tmp_path: Path) -> None:
    wheel = till(tmp_path, 'Shop.Tax[eu] @ file:///tmp/4711/tax ; python_version > "3"', "cash@file:///a%20b", "six>1")
    with zipfile.ZipFile(normalised(wheel, tmp_path / "normal", {"shop-tax", "cash"})) as archive:
        headers = archive.read("till-2.0.dist-info/METADATA").decode().splitlines()
    needs = [line.removeprefix("Requires-Dist: ") for line in headers if line.startswith("Requires-Dist")]
    assert needs == ['Shop.Tax[eu] ; python_version > "3"', "cash", "six>1"]


def test_a_project_that_is_needed_by_a_path_which_only_the_build_knows_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="till needs shop-tax by a path that only its build knows") as caught:
        normalised(till(tmp_path, "Shop.Tax @ file:///tmp/4711/tax"), tmp_path / "normal")
    assert '`shop-tax = {path = "../shop-tax"}`' in caught.value.hint


def test_a_built_wheel_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "till-2.0-py3-none-any.whl"
    wheel.write_bytes(b"PK but not really")
    (tmp_path / "normal").mkdir()
    with pytest.raises(UnsafeWheelError):
        normalised(wheel, tmp_path / "normal")
