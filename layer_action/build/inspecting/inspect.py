"""What would go wrong with a layer once functions use it: each check is a few lines, each finding names a way out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from layer_action.build.inspecting.libraries import for_plain_linux, missing_libraries
from layer_action.build.inspecting.standard_library import is_module, is_read_at_start, standard_library
from layer_action.build.splicing.layout import Layout
from layer_action.build.splicing.part import Part
from layer_action.build.wheels.elf import CompiledFile
from layer_action.build.wheels.fit import clearly_admits, fits
from layer_action.formats.zipdir import Member, read_member
from layer_action.model.layer import NEAR_LIMIT, UNZIPPED_LIMIT, Finding, LayerContent, LayerSize, Severity
from layer_action.model.lock import Source, SourceKind
from layer_action.model.sizes import beside_limit, size_in_words
from layer_action.model.target import RUNTIMES, Target
from layer_action.model.ways_out import bundled, ways_out
from layer_action.record import replace

_HEAVIEST: Final = 10
_LONGEST_PTH: Final = 1 << 16


def inspect(content: LayerContent, parts: Sequence[Part], layout: Layout, size: LayerSize) -> tuple[Finding, ...]:
    """Return the findings of a layer, errors first."""
    found = [
        *(finding for part in parts for finding in _compiled(part, content.targets)),
        *(finding for part in parts for finding in _for_others(part, content.targets)),
        *(finding for part in parts for finding in _shadowed(part, content.targets)),
        *(finding for part in parts for finding in _start_up_code(part, content.targets)),
        *(finding for part in parts for finding in part.wheel.findings),
        *(finding for part in parts for finding in missing_libraries(part, content, layout)),
        *_nothing_packed(parts, content),
        *_bundled(content, size),
        *_size(content, size),
        *layout.findings,
    ]
    found = [_of_layer(finding, content) for finding in found]
    if content.own_files:
        from layer_action.build.inspecting.inspect_own import inspect_own  # noqa: PLC0415 - few layers hold own files

        found += inspect_own(content)
    severities = list(Severity)
    return tuple(sorted(found, key=lambda finding: severities.index(finding.severity)))


def inspect_size(content: LayerContent, size: LayerSize) -> tuple[Finding, ...]:
    """Return what is to be said of a layer's size alone."""
    return tuple(_of_layer(finding, content) for finding in _size(content, size))


def _of_layer(finding: Finding, content: LayerContent) -> Finding:
    key = "budget" if finding.check in ("layer-too-large", "over-budget") else "requirements"
    return replace(finding, location=content.spec.location(key), layer=content.spec.name)


def _compiled(part: Part, targets: Iterable[Target]) -> Iterator[Finding]:
    """Check the wheel's tags and its compiled files, as far as they get into the layer."""
    files = [file for file in part.wheel.compiled if part.placement.files.find(file.path)]
    for target in targets:
        if not fits(part.wheel.filename, target):
            yield Finding(
                severity=Severity.ERROR,
                check="wheel-does-not-fit",
                distribution=part.name,
                message=f"{part.wheel.filename} cannot be loaded on {target}.",
                ways_out=(f"Lock {part.name} for {target} again.", "Give each architecture a layer of its own."),
            )
        elif files:
            yield from _wrong_machine(part, files, target)
            yield from _new_glibc(part, files, target)


def _wrong_machine(part: Part, files: Sequence[CompiledFile], target: Target) -> Iterator[Finding]:
    """Find what was compiled for another machine. Wheels with files for several machines are no mistake."""
    right = {_stem(file) for file in files if file.machine == target.machine}
    wrong = [file for file in files if file.machine != target.machine and _stem(file) not in right]
    needed = [file for file in wrong if _is_module(file, part)]
    if needed or (wrong and not right):
        file = (needed or wrong)[0]
        yield Finding(
            severity=Severity.ERROR if needed else Severity.NOTICE,
            check="wrong-machine",
            distribution=part.name,
            message=f"{part.name}: {file.path} was compiled for {file.machine}; {target} runs {target.machine}.",
            ways_out=(f"Pin a version of {part.name} that has a wheel for {target}.",),
        )


def _new_glibc(part: Part, files: Sequence[CompiledFile], target: Target) -> Iterator[Finding]:
    own = [file for file in files if file.machine == target.machine and file.glibc > target.glibc]
    if not own:
        return
    file = max(own, key=lambda each: (_is_module(each, part), each.glibc))
    newer = [name for name, runtime in RUNTIMES.items() if runtime.glibc >= file.glibc]
    newest = max(runtime.glibc for runtime in RUNTIMES.values())
    has, wants, most = (".".join(map(str, version)) for version in (target.glibc, file.glibc, newest))
    yield Finding(
        severity=Severity.ERROR if _is_module(file, part) or _is_library(file, part) else Severity.WARNING,
        check="glibc-too-new",
        distribution=part.name,
        message=f"{part.name}: {file.path} needs glibc {wants}; {target.runtime} has {has}.",
        ways_out=(
            f"Build it where glibc is {has} or older, as in a manylinux container: run `build` there with a "
            "`cache-dir`, and bring its folder `built`."
            if for_plain_linux(part.wheel.filename)
            else f"Pin an older {part.name}.",
            *(f"Use a runtime with a newer glibc: {name} and later have {most}." for name in newer[:1]),
        ),
    )


def _stem(file: CompiledFile) -> str:
    folder, _, name = file.path.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _is_module(file: CompiledFile, part: Part) -> bool:
    """Tell whether Python would import the file; in a wheel for all platforms, only names that say so count."""
    if ".cpython-" in file.path or file.path.endswith(".abi3.so"):
        return True
    return file.path.endswith(".so") and _is_library(file, part)


def _is_library(file: CompiledFile, part: Part) -> bool:
    """Tell whether a module may need the file; one in a wheel for all platforms is an aside, such as a debugger's."""
    return ".so" in file.path and not part.wheel.filename.endswith("-any.whl")


def _for_others(part: Part, targets: Iterable[Target]) -> Iterator[Finding]:
    """Find a wheel that is not for a Python of the layer: a lock may hold it, since uv passes over upper bounds."""
    pythons = part.wheel.about.pythons
    doubtful = [target for target in targets if not clearly_admits(pythons, target)]
    if not doubtful:
        return
    from layer_action.build.wheels.select import admits  # noqa: PLC0415 - `packaging` costs 50 ms

    for target in doubtful:
        if not admits(pythons, target):
            yield Finding(
                severity=Severity.WARNING,
                check="other-python",
                distribution=part.name,
                message=f"{part.wheel.filename} is for Python {pythons}: its authors do not vouch for {target.python}.",
                ways_out=(f"Lock a version of {part.name} that is for it, or take the runtime out of the layer.",),
            )


def _shadowed(part: Part, targets: Sequence[Target]) -> Iterator[Finding]:
    files = part.placement.files
    taken = frozenset.intersection(*map(standard_library, targets))
    found = [name for name in files.top() if name.partition(".")[0] in taken]
    modules = [name for name in found if is_module(name) or files.find(f"{name}/__init__.py")]
    hit = sorted({name.partition(".")[0] for name in modules})
    if hit:
        yield Finding(
            severity=Severity.WARNING,
            check="shadows-standard-library",
            distribution=part.name,
            message=f"{part.name} ships {', '.join(hit)}: a layer comes before Python's own module of that name.",
            ways_out=(f"Remove {part.name}: what it backports is part of the runtime.",),
        )


def _start_up_code(part: Part, targets: Sequence[Target]) -> Iterator[Finding]:
    """Find `.pth` files: Lambda's runtime reads those of `/opt/python`, at each cold start."""
    for name in part.placement.files.top():
        pth = part.placement.files.find(name) if is_read_at_start(name, targets) else None
        if pth and (does := _what_it_does(part, pth)):
            yield Finding(
                severity=Severity.NOTICE,
                check="start-up-code",
                distribution=part.name,
                message=f"{part.name} ships {name}, which {does} at each cold start.",
            )


def _what_it_does(part: Part, pth: Member) -> str:
    """Say what Python does with a `.pth` file; "" for one of comments alone."""
    if pth.uncompressed > _LONGEST_PTH:
        return "is too long to be looked into, and is read"
    lines = read_member(part.wheel.read, pth).decode("utf-8-sig", "replace").splitlines()
    runs = any(line.startswith(("import ", "import\t")) for line in lines)
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return ""
    return "runs code" if runs else "adds folders to the path"


def _nothing_packed(parts: Sequence[Part], content: LayerContent) -> Iterator[Finding]:
    """Find projects of the repository whose build packs none of their files, as one does whose packages moved.

    Where nobody else brings any, functions that follow would lose all that the layer had.
    """
    without = [part for part in parts if set(part.placement.files.top()) <= {part.placement.dist_info}]
    is_empty = len(without) == len(parts) and not content.own_files
    for part in without:
        locked = content.lock.get(part.name)
        origin = locked.origin if locked else None
        if not isinstance(origin, Source) or origin.kind is not SourceKind.DIRECTORY or len(part.placement.excluded):
            continue
        yield Finding(
            severity=Severity.ERROR if is_empty else Severity.WARNING,
            check="nothing-packed",
            distribution=part.name,
            message=f"{part.name}, built from {origin.location}, brings no file but its metadata.",
            ways_out=(
                f"Say in {origin.location}/pyproject.toml what to pack; for setuptools, [tool.setuptools] `packages`.",
                "If it is meant to have none, ask for what it needs in its place.",
            ),
        )


def _bundled(content: LayerContent, size: LayerSize) -> Iterator[Finding]:
    known = bundled(content, size)
    if known.names:
        yield Finding(
            severity=Severity.NOTICE,
            check="in-the-runtime",
            message=f"The layer bundles {' and '.join(known.names)} ({size_in_words(known.unzipped)}), which Lambda's "
            "runtime has too.",
            ways_out=(
                f"`provided: [{', '.join(known.names)}]` saves {size_in_words(known.saved)}, if you need no newer one.",
            ),
        )


def _size(content: LayerContent, size: LayerSize) -> Iterator[Finding]:
    budget = content.spec.budget
    if size.unzipped >= UNZIPPED_LIMIT:
        severity, check, held_to, limit = Severity.ERROR, "layer-too-large", "Lambda's limit", UNZIPPED_LIMIT
    elif budget is not None and size.unzipped > budget:
        severity, check, held_to, limit = Severity.ERROR, "over-budget", "its budget", budget
    elif size.unzipped >= NEAR_LIMIT:
        severity, check, held_to, limit = Severity.WARNING, "nearly-too-large", "Lambda's limit", UNZIPPED_LIMIT
    else:
        return
    unzipped, most = beside_limit(size.unzipped, limit)
    heaviest = ", ".join(f"{found.name} {size_in_words(found.unzipped)}" for found in size.distributions[:_HEAVIEST])
    which = f"The layer `{content.spec.name}`{content.which}"
    yield Finding(
        severity=severity,
        check=check,
        message=f"{which} is {unzipped} unzipped; {held_to} is {most}."
        + (f" Heaviest: {heaviest}." if heaviest else ""),
        ways_out=ways_out(content, size),
    )
