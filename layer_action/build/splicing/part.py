"""A distribution on its way into a layer."""

from collections.abc import Iterator
from typing import NamedTuple

from layer_action.build.wheels.placement import ROOT, Placement
from layer_action.build.wheels.wheel import OpenWheel
from layer_action.formats.zipdir import Member


class Part(NamedTuple):
    """A distribution, and its wheel without what the config leaves out."""

    name: str
    wheel: OpenWheel

    @property
    def placement(self) -> Placement:
        """What of the wheel goes where."""
        return self.wheel.placement


class Copied(NamedTuple):
    """A member of a wheel that is copied as it is; `inside` is its path below `python/`."""

    part: Part
    inside: str
    member: Member

    @property
    def path(self) -> str:
        """The path in the zip."""
        return ROOT + self.inside

    def content(self) -> Iterator[bytes]:
        """Yield what it holds, a piece at a time. Raises UnsafeWheelError."""
        return self.part.wheel.content(self.member)
