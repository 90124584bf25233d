"""Shared libraries that a wheel from this machine, or another like it, links and that nobody brings to Lambda.

Wheels for manylinux bring what they need (PEP 600). One for plain `linux` was compiled against what was installed.
"""

from collections.abc import Iterator
from typing import Final

from layer_action.build.splicing.layout import Layout
from layer_action.build.splicing.part import Part
from layer_action.build.wheels.elf import libraries_of
from layer_action.formats.zipdir import Member
from layer_action.model.layer import Finding, LayerContent, Severity

# https://peps.python.org/pep-0599/#the-manylinux2014-policy, and what Python itself links: any Linux has them that runs
# Python. X11 and OpenGL are on that list too, but not in Lambda.
_EVERYWHERE: Final = frozenset(
    {"libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1", "libresolv.so.2"}
    | {"libnsl.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"}
    | {"libglib-2.0.so.0", "libgobject-2.0.so.0", "libgthread-2.0.so.0"}
    | {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
)
_PLAIN: Final = "linux_"


def missing_libraries(part: Part, content: LayerContent, layout: Layout) -> Iterator[Finding]:
    """Find libraries that compiled files of a wheel link, and that neither the layer nor any Linux has."""
    if not for_plain_linux(part.wheel.filename):
        return
    linked = _linked(part)
    own = {f"libpython{target.python}.so.1.0" for target in content.targets}
    missing = linked.keys() - _EVERYWHERE - own
    if missing:
        missing -= {layout.path(key).rpartition("/")[2] for key in layout.order}
    if missing:
        names = sorted(missing)
        yield Finding(
            severity=Severity.WARNING,
            check="library-missing",
            distribution=part.name,
            message=f"{part.name}: {linked[names[0]]} was linked with {', '.join(names)}, which the layer does not "
            "hold, and Lambda's runtime is not known to.",
            ways_out=(
                "Take a wheel for manylinux, which brings what it links: psycopg2, say, has one as psycopg2-binary.",
                "Or link it statically, or let `auditwheel repair` make such a wheel of it.",
            ),
        )


def for_plain_linux(filename: str) -> bool:
    """Tell whether a wheel was compiled for machines like the one that did it, and promises no more."""
    platforms = filename.removesuffix(".whl").rpartition("-")[2].split(".")
    return all(platform.startswith(_PLAIN) for platform in platforms)


def _linked(part: Part) -> dict[str, str]:
    """Map each library to a file that links it, of those that get into the layer."""
    found: dict[str, str] = {}
    compiled = {file.path for file in part.wheel.compiled}
    for path, member in part.placement.files if compiled else ():
        if path in compiled:
            for library in _libraries(part, member):
                found.setdefault(library, path)
    return found


def _libraries(part: Part, member: Member) -> tuple[str, ...]:
    import tempfile  # noqa: PLC0415 - few layers hold what was built for plain Linux

    with tempfile.TemporaryFile() as file:
        file.writelines(part.wheel.content(member))
        return libraries_of(file)
