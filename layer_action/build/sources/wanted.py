"""What a build from source must come to, and what it came to."""

from pathlib import Path

from layer_action.model.target import Target
from layer_action.record import record


@record
class Wanted:
    """This distribution, at this version, loadable by these targets. "" is any version.

    `also` are further targets that share the artifact: a compiled wheel must fit them too. With `metadata_only` the
    wheel may be for any platform: nobody will run it.
    """

    name: str
    version: str
    target: Target
    also: tuple[Target, ...] = ()
    metadata_only: bool = False


@record
class BuiltWheel:
    """A wheel that was built. `python` is the version that built it, such as 3.12; "" where any would do the same."""

    path: Path
    python: str
