"""Source code that tests build, without an index."""

from pathlib import Path
from typing import Any

from layer_action.build.asking.projects import local_identity
from layer_action.build.sources.source import SourceBuilder
from layer_action.build.sources.wanted import Wanted
from layer_action.http import Http
from layer_action.model.layer import LayerContent
from layer_action.model.lock import Lock, LockedDistribution, Source, SourceKind
from layer_action.model.target import Target
from tests.build.shelf import spec
from tests.build.workshop import ARM_312, Site

BACKEND = """\
import os, zipfile
NAME, VERSION, TAG = "common", "0.1", "py3-none-any"

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    filename = f"{NAME}-{VERSION}-{TAG}.whl"
    info = f"{NAME}-{VERSION}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        archive.writestr("common.py", report())
        headers = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {VERSION}", "Requires-Dist: cart", ""]
        archive.writestr(f"{info}/METADATA", "\\n".join(headers))
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {TAG}\\n")
        archive.writestr(f"{info}/RECORD", "")
    return filename

def report():
    return "pass"
"""
BUILT_BY_IT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
STATIC = '[project]\nname = "common"\nversion = "0.1"\n'


def project(site: Site, backend: str = BACKEND, pyproject: str = BUILT_BY_IT) -> Source:
    site.write("libs/common/pyproject.toml", pyproject)
    site.write("libs/common/backend.py", backend)
    path = site.root / "libs/common"
    return Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=local_identity(path, root=site.root))


def build(site: Site, source: Source, *, into: Path | None = None, **wanted: Any) -> Path:
    values: dict[str, Any] = {"name": "common", "version": "0.1", "target": ARM_312}
    builder = SourceBuilder(site.env, Http(site.env, attempts=1), site.cache)
    return builder.build(source, Wanted(**(values | wanted)), root=site.root, into=into or site.cache / "wheels").path


def layer_of(source: Source, name: str, version: str, *targets: Target, **changes: Any) -> LayerContent:
    """Return a layer of that source alone."""
    found = LockedDistribution(name=name, version=version, origin=source, direct=True)
    return LayerContent(
        spec=spec(targets=targets, **changes),
        layer_name="shelf",
        targets=targets,
        lock=Lock(target=targets[0], distributions=(found,)),
        digest="d1:" + "0" * 32,
        inputs_hash="i:" + "0" * 12,
    )
