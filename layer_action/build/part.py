"""A distribution on its way into a layer."""

from typing import NamedTuple

from layer_action.build.members import ROOT
from layer_action.build.placement import Placement
from layer_action.build.wheel import OpenWheel
from layer_action.formats.zipdir import Member


class Part(NamedTuple):
    """A distribution, its wheel, and what of it goes where."""

    name: str
    wheel: OpenWheel
    placement: Placement


class Copied(NamedTuple):
    """A member of a wheel that is copied as it is; `inside` is its path below `python/`."""

    part: Part
    inside: str
    member: Member

    @property
    def path(self) -> str:
        """The path in the zip."""
        return ROOT + self.inside
