"""Core metadata of a distribution, as far as resolving needs them."""

from layer_action.record import record


@record
class Metadata:
    """Core metadata that resolving needs. `requires` are PEP 508 texts, with `extra ==` markers for extras.

    `told_by` is the version of the Python whose build told it, if another than the one that will run it.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()
    told_by: str = ""
