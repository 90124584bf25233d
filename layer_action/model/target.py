"""A target is a Lambda runtime on an architecture: what a wheel must fit."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from layer_action.record import record

if TYPE_CHECKING:
    from packaging.tags import Tag


class Architecture(StrEnum):
    """An instruction set, in Lambda's spelling."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


@record
class Runtime:
    """What AWS says of one runtime: the glibc of its operating system, as (major, minor)."""

    name: str
    operating_system: str
    glibc: tuple[int, int]


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (operating systems, as of 2026-11);
# glibc: Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34.
RUNTIMES: Final[dict[str, Runtime]] = {
    **{
        f"python3.{minor}": Runtime(name=f"python3.{minor}", operating_system="Amazon Linux 2", glibc=(2, 26))
        for minor in (9, 10, 11)
    },
    **{
        f"python3.{minor}": Runtime(name=f"python3.{minor}", operating_system="Amazon Linux 2023", glibc=(2, 34))
        for minor in (12, 13, 14)
    },
}

# .0 unless nothing can be resolved for it: many projects exclude 3.9.0 and 3.9.1 (typing was broken), and Lambda began
# with a later one. A marker that holds for an early patch level brings a backport too many, which is harmless.
_PATCH: Final = {"python3.9": 2}

LATE_PATCH: Final = 99  # AWS keeps its runtimes at the latest, which nobody knows beforehand
_SOME: Final = 3  # Pythons in a row that are told by the first and the last

_MACHINES: Final = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
_LEGACY_MANYLINUX: Final = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}


@record(order=True)
class Target:
    """`runtime` is a key of RUNTIMES, such as "python3.12"."""

    runtime: str
    architecture: Architecture

    def __str__(self) -> str:
        """Return `3.12 arm64`, as reports write it."""
        return f"{self.python} {self.architecture}"

    @property
    def python(self) -> str:
        """The language version, `3.12`."""
        return self.runtime.removeprefix("python")

    @property
    def python_version(self) -> tuple[int, int]:
        """The language version as numbers, (3, 12)."""
        major, minor = self.python.split(".")
        return int(major), int(minor)

    @property
    def python_latest_version(self) -> str:
        """The language version with a patch level that is later than any, `3.12.99`."""
        return f"{self.python}.{LATE_PATCH}"

    @property
    def python_full_version(self) -> str:
        """The language version with the earliest patch level that counts, `3.12.0`."""
        return f"{self.python}.{_PATCH.get(self.runtime, 0)}"

    @property
    def glibc(self) -> tuple[int, int]:
        """The C library of the runtime's operating system."""
        return RUNTIMES[self.runtime].glibc

    @property
    def machine(self) -> str:
        """The architecture as Linux and wheels spell it."""
        return _MACHINES[self.architecture]

    @property
    def marker_environment(self) -> dict[str, str]:
        """PEP 508 marker values on this target."""
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python_full_version,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.python_full_version,
            "python_version": self.python,
            "sys_platform": "linux",
        }

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform parts of the tags, the most specific first; "any" is not among them."""
        major, newest = self.glibc
        oldest = 5 if self.architecture is Architecture.X86_64 else 17
        platforms: list[str] = []
        for minor in range(newest, oldest - 1, -1):
            platforms.append(f"manylinux_{major}_{minor}_{self.machine}")
            if legacy := _LEGACY_MANYLINUX.get((major, minor)):
                platforms.append(f"{legacy}_{self.machine}")
        return (*platforms, f"linux_{self.machine}")

    @property
    def tags(self) -> tuple["Tag", ...]:
        """PEP 425 tags that the target loads, the most specific first."""
        return _tags(self)


def pythons_in_words(minors: Iterable[int], prefix: str) -> list[str]:
    """Return minor versions of Python as `cp39 to cp314` where they are some in a row, else each by itself."""
    found = sorted(minors)
    told = [f"{prefix}{minor}" for minor in found]
    in_a_row = len(found) >= _SOME and found[-1] - found[0] == len(found) - 1
    return [f"{told[0]} to {told[-1]}"] if in_a_row else told


@lru_cache(maxsize=32)
def _tags(target: Target) -> tuple["Tag", ...]:
    from packaging.tags import compatible_tags, cpython_tags  # noqa: PLC0415 - 10 ms, and not every run needs it

    interpreter = "cp{}{}".format(*target.python_version)
    platforms = target.platforms
    return (
        *cpython_tags(target.python_version, abis=[interpreter], platforms=platforms),
        *compatible_tags(target.python_version, interpreter=interpreter, platforms=platforms),
    )
