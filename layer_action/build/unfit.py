"""What a lock lacks for a target: told once for all its distributions, with the way to a lock that has it."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from layer_action.build.asked import LockFile
from layer_action.build.offered import offered
from layer_action.build.origin import allowing
from layer_action.build.select import Misfit
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import LayerSpec
from layer_action.model.target import Target

UV_LOCK: Final = "uv.lock"
_MOST_NAMED: Final = 10


class UnfitError(Exception):
    """A distribution of a lock of which the target loads nothing; it is told with all others of its kind."""

    def __init__(self, misfit: Misfit, location: Location) -> None:
        """Keep what there is instead, and the line that says so."""
        super().__init__(misfit.name)
        self.misfit = misfit
        self.location = location


def without_wheel(
    unfit: Sequence[UnfitError], lock: LockFile, spec: LayerSpec, target: Target
) -> Iterator[ResolutionError]:
    """Yield one error for all of which the lock has other wheels, and one for all of which it has none."""
    others = [one for one in unfit if one.misfit.tags]
    sources = [one for one in unfit if not one.misfit.tags]
    if others:
        tags = offered({tag for one in others for tag in one.misfit.tags})
        yield ResolutionError(
            f"{_named(others, lock)} no wheel that fits {target}. The lock has wheels for {tags}.",
            location=others[0].location,
            hint=_older(others, lock) if _is_uvs(lock) else lock_again(lock, spec, target),
        )
    if sources:
        names = [one.misfit.name for one in sources]
        yield ResolutionError(
            f"{_named(sources, lock)} no wheel: the lock has source code only.",
            location=sources[0].location,
            hint=f"To run its code and build it, write `{allowing(spec, *names)}`.",
        )


def empty_lock(locks: Sequence[LockFile], target: Target) -> ResolutionError:
    """Return that locks hold nothing at all for a target."""
    paths = " and ".join(lock.path for lock in locks)
    return ResolutionError(
        f"{paths} {'hold' if len(locks) > 1 else 'holds'} nothing for {target}.",
        location=Location(locks[0].path),
        hint="Lock again with what the layer is to hold, or take the layer out of the config.",
    )


def lock_again(lock: LockFile, spec: LayerSpec, target: Target) -> str:
    """Say how a lock is made that holds what a target loads, and the others of the layer too."""
    if _is_uvs(lock):
        return f"Let the project's requires-python and tool.uv.environments admit {target}, then run `uv lock`."
    if len(spec.targets) > 1:
        oldest = min(spec.targets, key=lambda each: each.python_version).python
        command = f"uv pip compile --universal --format pylock.toml --python-version {oldest} …"
        return f"Lock for all targets of the layer: `{command}`."
    # uv knows nothing between 2.17 and 2.28
    known = min(target.glibc, (2, 34)) if target.glibc >= (2, 28) else (2, 17)
    return (
        f"Lock for it: `uv pip compile --format pylock.toml --python-version {target.python} "
        f"--python-platform {target.machine}-manylinux_{known[0]}_{known[1]} …`."
    )


def _is_uvs(lock: LockFile) -> bool:
    return PurePosixPath(lock.path).name == UV_LOCK


def _named(unfit: Sequence[UnfitError], lock: LockFile) -> str:
    """Begin the sentence: names and versions, of several each with its line."""
    if len(unfit) == 1:
        return f"{_which(unfit[0])} in {lock.path} has"
    told = [f"{_which(one)} (line {one.location.line})" for one in unfit[:_MOST_NAMED]]
    more = [f"{len(unfit) - len(told)} more"] if len(unfit) > len(told) else []
    *first, last = [*told, *more]
    return f"{', '.join(first)} and {last} in {lock.path} have"


def _which(one: UnfitError) -> str:
    return f"{one.misfit.name} {one.misfit.version}".strip()


def _older(unfit: Sequence[UnfitError], lock: LockFile) -> str:
    """Say how versions that fit get into a uv.lock: uv itself asks no wheel for its glibc."""
    project = PurePosixPath(lock.path).with_name("pyproject.toml")
    bounds = ", ".join(f'"{one.misfit.name}<{one.misfit.version}"' for one in unfit)
    return (
        f"Write `constraint-dependencies = [{bounds}]` into [tool.uv], and run `uv lock`; "
        f"or name {project} as the layer's requirements: then the newest version that fits is found."
    )
