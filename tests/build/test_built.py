"""Wheels built from source: kept for the next run, handed over between machines, and never taken on trust."""

import ctypes
import json
import os
import platform
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from layer_action.build.asking.projects import local_identity
from layer_action.build.builder import WheelBuilder
from layer_action.build.sources.built import BuiltWheels
from layer_action.build.sources.wanted import BuiltWheel, Wanted
from layer_action.errors import BuildError, UnsafeWheelError
from layer_action.http import Http
from layer_action.model.layer import Artifact, LayerContent, LayerSize, Severity
from layer_action.model.lock import Source, SourceKind
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Architecture, Target
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.build.shelf import ARM, X86, own_file
from tests.build.sources import layer_of
from tests.build.workshop import Site
from tests.fakes import RecordingConsole
from tests.standins.elf import AARCH64, make_elf
from tests.standins.wheels import make_wheel, wheel_filename

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# what a machine of the other architecture would make: the backend here can make no other
BACKEND = """\
import os, zipfile
TAG = "{tag}"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    filename = f"native-1.0-{{TAG}}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        {compiled}
        archive.writestr("native-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: native\\nVersion: 1.0\\n")
        archive.writestr("native-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {{TAG}}\\n")
        archive.writestr("native-1.0.dist-info/RECORD", "")
    return filename
"""
MADE_HERE = "cp312-cp312-linux_x86_64"
MADE_THERE = "cp312-cp312-linux_aarch64"
HERE = Target(
    runtime=f"python3.{sys.version_info.minor}",
    architecture=Architecture.ARM64 if platform.machine() == "aarch64" else Architecture.X86_64,
)


def project(site: Site, tag: str = MADE_HERE, compiled: str = 'archive.writestr("native.py", "made = 1")') -> Source:
    """Write a project whose build gives a wheel with that tag."""
    site.write("libs/native/pyproject.toml", PYPROJECT)
    site.write("libs/native/backend.py", BACKEND.format(tag=tag, compiled=compiled))
    return Source(
        kind=SourceKind.DIRECTORY,
        location="libs/native",
        identity=local_identity(site.root / "libs/native", root=site.root),
    )


def layer(source: Source, *targets: Target, **changes: Any) -> LayerContent:
    return layer_of(source, "native", "1.0", *targets, **changes)


def builder(site: Site, cache: str) -> WheelBuilder:
    http = Http(site.env, attempts=1)
    return WheelBuilder(env=site.env, cache=site.cache / cache, http=http, console=RecordingConsole())


def build(site: Site, content: LayerContent, cache: str = "mine") -> Artifact:
    return builder(site, cache).build(content, site.root, site.cache / "out")


def made(path: Path) -> BuiltWheel:
    return BuiltWheel(path=path, python="3.12")


def built_there(site: Site, source: Source, cache: str = "theirs") -> Path:
    """Do what the leg on the other architecture does; return the folder that it hands over."""
    filename = wheel_filename("native", "1.0", MADE_THERE)
    wheel = site.cache / filename
    wheel.parent.mkdir(parents=True, exist_ok=True)
    wheel.write_bytes(make_wheel("native", "1.0", {"native.so": make_elf(AARCH64)}, tags=MADE_THERE))
    BuiltWheels(site.cache / cache).keep(source, Wanted(name="native", version="1.0", target=ARM), made(wheel))
    return site.cache / cache / "built"


def hand_over(site: Site, folder: Path, cache: str = "mine") -> Path:
    into = site.cache / cache / "built"
    shutil.copytree(folder, into, dirs_exist_ok=True)
    return into


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.rglob(pattern)
    return path


def members(artifact: Artifact) -> list[str]:
    with zipfile.ZipFile(artifact.path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_a_layer_is_refused_whose_only_project_packs_nothing(site: Site) -> None:
    with pytest.raises(RefusedLayerError, match="native, built from libs/native, brings no file"):
        build(site, layer(project(site, compiled="pass"), X86))


def test_a_project_that_packs_nothing_is_found_and_told_the_way_out(site: Site) -> None:
    own = own_file("python/shop.py", site.write("shop.py", ""), b"x = 1\n")
    content = replace(layer(project(site, compiled="pass"), X86), own_files=OwnFiles([own]))
    [finding] = [each for each in build(site, content).findings if each.check != "built-by-another-python"]
    assert (finding.severity, finding.check, finding.distribution) == (Severity.WARNING, "nothing-packed", "native")
    assert finding.message == "native, built from libs/native, brings no file but its metadata."
    assert "libs/native/pyproject.toml" in finding.ways_out[0]


def test_a_source_is_built_once_and_the_zip_stays_the_same(site: Site) -> None:
    content = layer(project(site), X86)
    first = build(site, content).code_sha256
    shutil.rmtree(site.root / "libs")
    assert build(site, content).code_sha256 == first


def test_a_wheel_that_was_handed_over_is_spliced_on_the_other_architecture(site: Site) -> None:
    source = project(site)
    hand_over(site, built_there(site, source))
    artifact = build(site, layer(source, ARM))
    assert "python/native.so" in members(artifact)
    assert artifact.findings == ()


def test_without_it_the_run_says_what_to_do(site: Site) -> None:
    with pytest.raises(BuildError, match=r"does not run on 3\.12 arm64") as caught:
        build(site, layer(project(site), ARM))
    assert "build it on Python 3.12 and arm64: run `build` there with a `cache-dir`" in caught.value.hint
    assert caught.value.distribution == "native"


def test_a_wheel_of_other_sources_is_not_used_and_the_run_says_what_there_is(site: Site) -> None:
    hand_over(site, built_there(site, project(site)))
    site.write("libs/native/new.c", "int changed;\n")
    now = project(site)
    with pytest.raises(BuildError, match=r"does not run on 3\.12 arm64") as caught:
        build(site, layer(now, ARM))
    assert "Of native there is only: python3.12-arm64 from tree-" in caught.value.hint
    assert now.identity.replace(":", "-")[:17] not in caught.value.hint


def test_a_wheel_that_changed_on_the_way_is_refused(site: Site) -> None:
    source = project(site)
    wheel = only(hand_over(site, built_there(site, source)), "*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(UnsafeWheelError, match=r"handed over for native 1\.0 is not the one that was built"):
        build(site, layer(source, ARM))


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"filename": 3}', '{"filename": "../../x.whl", "sha256": "0"}'])
def test_a_note_that_says_nothing_is_refused(site: Site, note: str) -> None:
    source = project(site)
    only(hand_over(site, built_there(site, source)), "wheel.json").write_text(note)
    with pytest.raises(UnsafeWheelError):
        build(site, layer(source, ARM))


def test_a_link_in_place_of_a_wheel_is_refused(site: Site) -> None:
    source = project(site)
    wheel = only(hand_over(site, built_there(site, source)), "*.whl")
    elsewhere = wheel.rename(site.cache / "elsewhere.whl")
    wheel.symlink_to(elsewhere)
    with pytest.raises(UnsafeWheelError):
        build(site, layer(source, ARM))


def test_a_wheel_in_the_place_of_another_target_is_refused(site: Site) -> None:
    source = project(site)
    folder = only(hand_over(site, built_there(site, source)), "*-arm64")
    folder.rename(folder.with_name("python3.12-x86_64"))
    with pytest.raises(BuildError, match=r"does not run on 3\.12 x86_64"):
        build(site, layer(source, X86))


@pytest.mark.parametrize("filename", ["other-1.0-py3-none-any.whl", "native-1.1-py3-none-any.whl"])
def test_another_distribution_under_a_wheel_s_name_is_refused(site: Site, filename: str) -> None:
    source = project(site)
    folder = only(hand_over(site, built_there(site, source)), "*-arm64")
    only(folder, "*.whl").rename(folder / filename)
    note = json.loads((folder / "wheel.json").read_bytes())
    (folder / "wheel.json").write_text(json.dumps({**note, "filename": filename}))
    with pytest.raises(BuildError, match="another distribution or version"):
        build(site, layer(source, ARM))


def test_a_wheel_whose_name_lies_about_its_machine_is_found_out(site: Site) -> None:
    source = project(site, tag=MADE_HERE, compiled=f"archive.writestr('native.so', {make_elf(AARCH64)!r})")
    with pytest.raises(RefusedLayerError) as caught:
        build(site, layer(source, X86))
    assert "wrong-machine" in [finding.check for finding in caught.value.findings]


def test_what_is_handed_over_has_names_that_any_file_system_takes(site: Site) -> None:
    folder = built_there(site, project(site))
    paths = list(folder.rglob("*"))
    assert len(paths) == 5  # the folders of a name, an identity and a target, and the wheel and its note in them
    for path in paths:
        assert not set(path.relative_to(folder).as_posix()) & set(':"<>|*?\r\n')
        assert not path.name.startswith((".", "part-"))


def test_a_wheel_that_cannot_be_kept_is_told(site: Site, tmp_path: Path) -> None:
    source, wanted = project(site), Wanted(name="native", version="1.0", target=HERE)
    wheel = tmp_path / wheel_filename("native", "1.0")
    wheel.write_bytes(make_wheel("native", "1.0", {"native.py": "made = 1"}))
    (tmp_path / "built").write_text("somebody's file")
    with pytest.raises(BuildError, match=r"native 1\.0 cannot be kept in the cache: Not a directory\."):
        BuiltWheels(tmp_path).keep(source, wanted, made(wheel))


def test_a_lock_cannot_lead_out_of_the_cache(site: Site) -> None:
    source = replace(project(site), identity="sha256:../../../../somewhere")
    wanted = Wanted(name="native", version="1.0", target=X86)
    kept = BuiltWheels(site.cache)
    kept.keep(source, wanted, made(site.root / "libs/native/backend.py"))
    kept.keep(project(site), replace(wanted, name="../native"), made(site.root / "libs/native/backend.py"))
    assert kept.find(source, wanted) is None
    assert not site.cache.exists()


def test_a_layer_that_shares_one_zip_is_told_to_part_by_architecture(site: Site) -> None:
    with pytest.raises(BuildError) as caught:
        build(site, layer(project(site), X86, ARM))
    assert "name: shelf-{architecture}" in caught.value.hint
    with pytest.raises(BuildError) as caught:
        build(site, layer(project(site, tag=MADE_HERE), X86, replace(X86, runtime="python3.13")))
    assert "name: shelf-{runtime}" in caught.value.hint


def test_a_kept_wheel_is_measured_too(site: Site) -> None:
    source = project(site)
    assert builder(site, "mine").measure(layer(source, ARM)).exact is False  # type: ignore[union-attr]
    hand_over(site, built_there(site, source))
    size = builder(site, "mine").measure(layer(source, ARM))
    assert isinstance(size, LayerSize)
    assert (size.exact, [one.name for one in size.distributions]) == (True, ["native"])


def test_a_project_for_another_machine_can_be_planned_here(site: Site) -> None:
    project(site, tag=MADE_THERE)
    assert site.versions("./libs/native\n", X86) == {"native": "1.0"}


def test_a_project_that_changed_since_the_plan_is_not_built(site: Site) -> None:
    source = project(site)
    site.write("libs/native/new.c", "int changed;\n")
    with pytest.raises(BuildError, match="has changed since it was planned"):
        build(site, layer(source, X86))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_a_real_compiled_module_goes_the_whole_way(site: Site) -> None:
    compile_it = (
        "import subprocess; open('n.c', 'w').write('int answer(void) { return 42; }')\n"
        "        subprocess.run(['gcc', '-shared', '-fPIC', '-o', 'n.so', 'n.c'], check=True)\n"
        "        archive.write('n.so', 'native.so')"
    )
    minor = sys.version_info.minor
    source = project(site, f"cp3{minor}-cp3{minor}-linux_{platform.machine()}", compile_it)
    content = layer(source, HERE)
    build(site, content, cache="theirs")
    shutil.rmtree(site.root / "libs")
    hand_over(site, site.cache / "theirs" / "built")
    artifact = build(site, content)
    assert artifact.findings == ()
    with zipfile.ZipFile(artifact.path) as archive:
        path = archive.extract("python/native.so", site.cache)
    assert ctypes.CDLL(os.fspath(path)).answer() == 42
