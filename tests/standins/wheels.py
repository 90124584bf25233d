"""Tiny wheels made by hand: what an index would hold, and what no index should."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_FILE = 0o100644
_DATE = (2024, 5, 6, 7, 8, 10)

Content = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What few wheels need: rarely given, never in the way.

    `metadata` are further header lines of METADATA. `dist_info` are files below the `.dist-info` folder (such as
    `entry_points.txt`). `modes` are Unix modes by path. `stored` are paths that are not deflated.
    """

    requires_python: str = ""
    metadata: Sequence[str] = ()
    dist_info: Mapping[str, Content] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    stored: Sequence[str] = ()
    root_is_purelib: bool = True


def wheel_filename(name: str, version: str, tags: str = "py3-none-any") -> str:
    """Return the file name of a wheel, its name part escaped as the specification says."""
    return f"{_escaped(name)}-{version}-{tags}.whl"


def make_wheel(
    name: str,
    version: str,
    files: Mapping[str, Content],
    *,
    tags: str = "py3-none-any",
    requires: Sequence[str] = (),
    data: Mapping[str, Content] | None = None,
    extra: Extra | None = None,
) -> bytes:
    """Return the bytes of a wheel; the same arguments give the same bytes.

    `files` are paths below the root, `data` below `<name>-<version>.data/` (such as `scripts/tool`), `requires` are
    Requires-Dist values. A path that ends in "/" is a directory entry.
    """
    more = extra or Extra()
    stem = f"{_escaped(name)}-{version}"
    info = f"{stem}.dist-info"
    members: dict[str, bytes] = {path: _bytes(content) for path, content in files.items()}
    members |= {f"{stem}.data/{path}": _bytes(content) for path, content in (data or {}).items()}
    members[f"{info}/METADATA"] = metadata(name, version, requires=requires, extra=more)
    members[f"{info}/WHEEL"] = _wheel_text(tags, purelib=more.root_is_purelib)
    members |= {f"{info}/{path}": _bytes(content) for path, content in more.dist_info.items()}
    members[f"{info}/RECORD"] = record_text(members, f"{info}/RECORD")
    return zip_bytes(members, modes=more.modes, stored=more.stored)


def metadata(name: str, version: str, *, requires: Sequence[str] = (), extra: Extra | None = None) -> bytes:
    """Return METADATA: what a wheel holds, and what an index serves beside it (PEP 658)."""
    more = extra or Extra()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {more.requires_python}"] if more.requires_python else []
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += more.metadata
    return ("\n".join(lines) + "\n").encode()


def record_text(members: Mapping[str, bytes], record: str) -> bytes:
    """Return RECORD for members, in their order, itself last."""
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    for path, content in members.items():
        if not path.endswith("/"):
            writer.writerow([path, f"sha256={_urlsafe(content)}", len(content)])
    writer.writerow([record, "", ""])
    return into.getvalue().encode()


def zip_bytes(
    members: Mapping[str, bytes], *, modes: Mapping[str, int] | None = None, stored: Sequence[str] = ()
) -> bytes:
    """Return an ordinary zip of members, deflated but for `stored` and directories."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for path, content in members.items():
            info = zipfile.ZipInfo(path, _DATE)
            info.create_system = 3
            info.external_attr = (modes or {}).get(path, _FILE) << 16
            plain = path in stored or path.endswith("/")
            archive.writestr(info, content, zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED)
    return into.getvalue()


def _escaped(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _wheel_text(tags: str, *, purelib: bool) -> bytes:
    python, abi, platform = tags.split("-")
    expanded = [f"Tag: {p}-{a}-{f}" for p in python.split(".") for a in abi.split(".") for f in platform.split(".")]
    head = ["Wheel-Version: 1.0", "Generator: by-hand", f"Root-Is-Purelib: {str(purelib).lower()}"]
    return ("\n".join([*head, *expanded]) + "\n").encode()


def _urlsafe(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
