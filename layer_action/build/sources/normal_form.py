"""A built wheel in one form, whoever built it: what its files say stays, what only the day and the tool say goes.

Members in order, with one date and two modes; RECORD made anew; the version of the build backend, which is whatever the
index had that day, left out of WHEEL; the places of other projects, which are folders of the build, out of METADATA.
"""

import base64
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.wheels.members import not_a_zip
from layer_action.build.wheels.verify import verify
from layer_action.build.wheels.wheel import reading
from layer_action.errors import BadZipError, BuildError

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_RECORD: Final = re.compile(r"[^/]+\.dist-info/RECORD")
_SIGNATURE: Final = re.compile(r"[^/]+\.dist-info/RECORD\.(jws|p7s)")  # of the RECORD that is replaced
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_BY_PATH: Final = re.compile(
    rb"^(?P<line>Requires-Dist:\s*(?P<name>[\w.-]+)[^@;\r\n]*?)\s*@\s*file:[^\s;]*", re.MULTILINE
)
_WHEEL: Final = re.compile(r"[^/]+\.dist-info/WHEEL")
_GENERATOR: Final = re.compile(rb"^(Generator: *[^\s(]+)[^\r\n]*", re.MULTILINE)
_EXECUTABLE: Final = 0o111
_CHUNK: Final = 1 << 18


def normalised(wheel: Path, into: Path, neighbours: Container[str] = ()) -> Path:
    """Write a wheel's normal form into another folder, under the same name; return it.

    Of `neighbours` it is known which projects they are. Raises UnsafeWheelError, and BuildError for another project
    that is needed by its path.
    """
    with reading(wheel) as (read, size):
        verify(read, size, wheel.name)
    path = into / wheel.name
    try:
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
            _copy(old, new, neighbours)
    except zipfile.BadZipFile as error:
        raise not_a_zip(wheel.name, BadZipError(str(error))) from error
    return path


def _copy(old: zipfile.ZipFile, new: zipfile.ZipFile, neighbours: Container[str]) -> None:
    rows = []
    record = ""
    for name in sorted(set(old.namelist())):
        if name.endswith("/") or _SIGNATURE.fullmatch(name):
            continue
        if _RECORD.fullmatch(name):
            record = name
            continue
        rows.append(_copied(old, new, name, neighbours))
    if record:
        into = io.StringIO()
        csv.writer(into, lineterminator="\n").writerows([*rows, (record, "", "")])
        new.writestr(_entry(record, executable=False), into.getvalue())


def _copied(old: zipfile.ZipFile, new: zipfile.ZipFile, name: str, neighbours: Container[str]) -> tuple[str, str, str]:
    """Copy one member, and return its line of RECORD."""
    entry = _entry(name, executable=bool(old.getinfo(name).external_attr >> 16 & _EXECUTABLE))
    state, count = hashlib.sha256(), 0
    with old.open(name) as source, new.open(entry, "w") as target:
        if _WHEEL.fullmatch(name):
            source = io.BytesIO(_GENERATOR.sub(rb"\1", source.read()))  # noqa: PLW2901 - the same, without a version
        elif _METADATA.fullmatch(name):
            source = io.BytesIO(_by_name(name, source.read(), neighbours))  # noqa: PLW2901
        while chunk := source.read(_CHUNK):
            state.update(chunk)
            count += len(chunk)
            target.write(chunk)
    digest = base64.urlsafe_b64encode(state.digest()).rstrip(b"=").decode()
    return name, f"sha256={digest}", str(count)


def _by_name(path: str, metadata: bytes, neighbours: Container[str]) -> bytes:
    head, gap, body = metadata.partition(b"\n\n")
    for found in _BY_PATH.finditer(head):
        name = canonicalize_name(found["name"].decode())
        if name not in neighbours:
            raise BuildError(
                f"{path.partition('-')[0]} needs {name} by a path that only its build knows.",
                hint=f"Need it by its name, and say where it is in pyproject.toml, under [tool.uv.sources]: "
                f'`{name} = {{path = "../{name}"}}`.',
            )
    return _BY_PATH.sub(rb"\g<line>", head) + gap + body


def _entry(name: str, *, executable: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    return entry
