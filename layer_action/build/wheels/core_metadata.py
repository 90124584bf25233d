"""Core metadata of a distribution, as far as resolving needs them."""

from layer_action.record import record


@record
class Metadata:
    """Core metadata that resolving needs. `requires` are PEP 508 texts, with `extra ==` markers for extras."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()
