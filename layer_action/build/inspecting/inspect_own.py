"""What would go wrong with the repository's own files in a layer."""

from collections.abc import Iterator
from typing import Final

from layer_action.build.inspecting.standard_library import is_module, is_read_at_start, standard_library
from layer_action.build.wheels.elf import MAGIC, CompiledFile, read_elf
from layer_action.build.wheels.placement import ROOT
from layer_action.exhausted import exhausted
from layer_action.model.layer import Finding, LayerContent, Severity
from layer_action.model.own_files import OwnFile
from layer_action.model.target import Target
from layer_action.record import replace

_PACKAGE: Final = "__init__.py"
_LIBRARY: Final = ".so"


def inspect_own(content: LayerContent) -> Iterator[Finding]:
    """Yield the findings of own files, at the line that includes them."""
    location = content.spec.location("include")
    for finding in (*_shadowing(content), *_start_up_code(content), *_compiled(content)):
        yield replace(finding, location=location, layer=content.spec.name)


def _paths(content: LayerContent) -> Iterator[str]:
    return (path.decode().removeprefix(ROOT) for path in content.own_files.paths())


def _shadowing(content: LayerContent) -> Iterator[Finding]:
    """Find modules and packages at the top; a folder without an `__init__.py` comes after Python's own."""
    tops: dict[str, str] = {}
    taken = frozenset.intersection(*map(standard_library, content.targets))
    for path in _paths(content):
        folder, slash, rest = path.partition("/")
        name = folder.partition(".")[0]
        if name in taken and (rest == _PACKAGE or (not slash and is_module(folder))):
            tops.setdefault(name, path)
    if tops:
        named = ", ".join(ROOT + tops[name] for name in sorted(tops))
        yield Finding(
            severity=Severity.WARNING,
            check="shadows-standard-library",
            message=f"Your own {named}: a layer comes before Python's own module of that name.",
            ways_out=("Rename it, or put it into a package of yours.",),
        )


def _start_up_code(content: LayerContent) -> Iterator[Finding]:
    for path in _paths(content):
        if "/" not in path and is_read_at_start(path, content.targets):
            yield Finding(
                severity=Severity.NOTICE,
                check="start-up-code",
                message=f"Your own {ROOT}{path} is read at each cold start.",
            )


def _compiled(content: LayerContent) -> Iterator[Finding]:
    """Check what may be loaded, by its mode or its name: data are not looked into."""
    own = content.own_files
    loadable = (at for at, (path, _, executable) in enumerate(own.contents()) if executable or _is_library(path))
    files = [found for at in loadable if (found := _read(own[at]))]
    for target in content.targets:
        right = {_name(file) for file in files if file.machine == target.machine}
        for file in files:
            if file.machine != target.machine and _name(file) not in right:
                yield _wrong_machine(file, target)
            elif file.machine == target.machine and file.glibc > target.glibc:
                yield _new_glibc(file, target)


def _read(own: OwnFile) -> CompiledFile | None:
    """Return what a file that Python or a shell would load asks for."""
    try:
        with own.source.open("rb") as file:
            return read_elf(own.path, file) if file.read(len(MAGIC)) == MAGIC else None
    except OSError as error:
        if exhausted(error):
            raise
        return None  # the build tells that it cannot be read, or changed


def _is_library(path: str) -> bool:
    return _LIBRARY in path.rpartition("/")[2]


def _name(file: CompiledFile) -> str:
    """Return what twins for other machines have in common, each in a folder of its machine."""
    return file.path.rpartition("/")[2].partition(".")[0]


def _severity(file: CompiledFile) -> Severity:
    return Severity.ERROR if _LIBRARY in file.path else Severity.WARNING


def _wrong_machine(file: CompiledFile, target: Target) -> Finding:
    return Finding(
        severity=_severity(file),
        check="wrong-machine",
        message=f"Your own {file.path} was compiled for {file.machine}; {target} runs {target.machine}.",
        ways_out=(f"Include one that was compiled for {target.machine}.", "Give each architecture a layer of its own."),
    )


def _new_glibc(file: CompiledFile, target: Target) -> Finding:
    has, wants = (".".join(map(str, version)) for version in (target.glibc, file.glibc))
    return Finding(
        severity=_severity(file),
        check="glibc-too-new",
        message=f"Your own {file.path} needs glibc {wants}; {target.runtime} has {has}.",
        ways_out=(f"Compile it where glibc is {has} or older, as in a manylinux container.",),
    )
