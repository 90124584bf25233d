"""A pull request of our own, before it is opened."""

from collections.abc import Mapping

from layer_action.record import record


@record
class Proposal:
    """A pull request to be.

    `files` maps paths to whole new contents, on top of `commit` (40 hex digits); `executable` names those of them that
    are. `base` is the branch that the change is for, `branch` the one that we own.
    """

    branch: str
    base: str
    commit: str
    title: str
    body: str
    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()
