"""What a lock lacks for a target: told once for all its distributions, with the way to a lock that has it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from packaging.version import Version

from layer_action.build.asking.asked import LockFile
from layer_action.build.sources.origin import allowing
from layer_action.build.wheels.offered import offered
from layer_action.build.wheels.select import Misfit
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import LayerSpec
from layer_action.model.listing import listed
from layer_action.model.target import RUNTIMES, Target

_MOST_NAMED: Final = 10


class UnfitError(Exception):
    """A distribution of a lock of which the target loads nothing; it is told with all others of its kind."""

    def __init__(self, misfit: Misfit, location: Location, *, has_source: bool, index: str) -> None:
        """Keep what there is instead, the line that says so, and the index that may have more ("" if unknown)."""
        super().__init__(misfit.name)
        self.misfit = misfit
        self.location = location
        self.has_source = has_source
        self.index = index

    def is_too_new(self, target: Target) -> bool:
        """Tell whether nothing but a newer glibc would take it."""
        python = f"cp{target.python.replace('.', '')}"
        parts = [tag.split("-") for tag in self.misfit.tags]
        return any(
            platform.startswith("manylinux") and platform.endswith(target.machine)
            for interpreter, abi, platform in parts
            if abi == "abi3" or interpreter in (python, "py3")
        )


def without_wheel(
    unfit: Sequence[UnfitError], lock: LockFile, spec: LayerSpec, target: Target, newest: Callable[[UnfitError], str]
) -> Iterator[ResolutionError]:
    """Yield one error for all that is too new, one for all that is for other machines, one for all that is source.

    `newest` tells the newest version that fits, "" where nobody knows.
    """
    too_new = [one for one in unfit if one.is_too_new(target)]
    elsewhere = [one for one in unfit if one.misfit.tags and one not in too_new]
    sources = [one for one in unfit if not one.misfit.tags]
    built = [one for one in elsewhere if one.has_source and lock.is_of_uv]
    build = _build([*built, *sources], spec)
    if too_new:
        # a lock for one target is made for its glibc; one for several is made for none
        is_for_one = not lock.is_of_uv and len(spec.targets) == 1
        bounds = [] if is_for_one else [_bound(one, newest(one), target) for one in too_new]
        yield _without(too_new, lock, target, _older(bounds, lock) if bounds else lock_again(lock, spec, target))
    if elsewhere:
        # uv's lock is for all machines: of what has no wheel in it there is none
        ways = build if all(one.has_source for one in elsewhere) else "Ask for another version, or do without it."
        yield _without(elsewhere, lock, target, ways if lock.is_of_uv else lock_again(lock, spec, target))
    if sources:
        yield ResolutionError(
            f"{_named(sources, lock)} no wheel: the lock has source code only.",
            location=sources[0].location,
            hint=build,
        )


def _without(unfit: Sequence[UnfitError], lock: LockFile, target: Target, hint: str) -> ResolutionError:
    tags = offered({tag for one in unfit for tag in one.misfit.tags})
    return ResolutionError(
        f"{_named(unfit, lock)} no wheel that fits {target}. The lock has wheels for {tags}.",
        location=unfit[0].location,
        hint=hint,
    )


def _build(unfit: Sequence[UnfitError], spec: LayerSpec) -> str:
    return f"To run its code and build it, write `{allowing(spec, *(one.misfit.name for one in unfit))}`."


def empty_lock(locks: Sequence[LockFile], target: Target) -> ResolutionError:
    """Return that locks hold nothing at all for a target."""
    paths = " and ".join(lock.path for lock in locks)
    return ResolutionError(
        f"{paths} {'hold' if len(locks) > 1 else 'holds'} nothing for {target}.",
        location=locks[0].location or Location(locks[0].path),
        hint="Lock again with what the layer is to hold, or take the layer out of the config.",
    )


def lock_again(lock: LockFile, spec: LayerSpec, target: Target) -> str:
    """Say how a lock is made that holds what a target loads, and the others of the layer too."""
    if lock.is_of_uv:
        return f"Let the project's requires-python and tool.uv.environments admit {target}, then run `uv lock`."
    if len(spec.targets) > 1:
        oldest = min(spec.targets, key=lambda each: each.python_version).python
        command = f"uv pip compile --universal --format pylock.toml --python-version {oldest} …"
        return f"Lock for all targets of the layer: `{command}`."
    # uv knows nothing between 2.17 and 2.28
    known = min(target.glibc, (2, 34)) if target.glibc >= (2, 28) else (2, 17)
    # without it uv takes newer versions that have no wheel for such a Linux
    wheels = "--only-binary :all: " if isinstance(spec.build_from_source, str) else ""
    return (
        f"Lock for it: `uv pip compile --format pylock.toml --python-version {target.python} "
        f"--python-platform {target.machine}-manylinux_{known[0]}_{known[1]} {wheels}…`."
    )


def _named(unfit: Sequence[UnfitError], lock: LockFile) -> str:
    """Begin the sentence: names and versions, of several each with its line."""
    if len(unfit) == 1:
        return f"{_which(unfit[0])} in {lock.path} has"
    told = [f"{_which(one)} (line {one.location.line})" for one in unfit]
    return f"{listed(told, most=_MOST_NAMED)} in {lock.path} have"


def _which(one: UnfitError) -> str:
    return f"{one.misfit.name} {one.misfit.version}".strip()


def _bound(one: UnfitError, newest: str, target: Target) -> str:
    """Return a requirement that only versions meet that fit: on other Pythons, which have a newer glibc, any may do."""
    name, locked = one.misfit.name, one.misfit.version
    bound = f"{name}<{locked}"
    if newest:
        bound = f"{name}<={newest}" if Version(newest) < Version(locked) else f"{name}=={newest}"
    newer = [f"3.{minor}" for minor in sorted(_minors_with_more(target))]
    return f"{bound} ; python_version < '{newer[0]}'" if newer else bound


def _minors_with_more(target: Target) -> Iterator[int]:
    for name, runtime in RUNTIMES.items():
        if runtime.glibc > target.glibc:
            yield int(name.removeprefix("python3."))


def _older(bounds: Sequence[str], lock: LockFile) -> str:
    """Say how versions that fit get into a lock: uv itself asks no wheel for its glibc."""
    if not lock.is_of_uv:
        named = " ".join(bounds)
        return (
            f"Lock again with `{named}`; or name what it is made from as the layer's requirements: then the newest "
            "version that fits is found."
        )
    named = ", ".join(f'"{bound}"' for bound in bounds)
    return (
        f"Write `constraint-dependencies = [{named}]` into [tool.uv], and run `uv lock`; "
        f"or name {lock.project} as the layer's requirements: then the newest version that fits is found."
    )
