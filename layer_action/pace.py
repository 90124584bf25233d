"""How slow an answer may come. What holds servers to it is in `paced`, which loads urllib3."""

from typing import Final

from layer_action.record import record


@record(kw_only=False)
class Pace:
    """The fewest bytes that must come within some seconds, from the first byte of an answer on.

    Nothing at all may come for as many seconds as `silence` says.
    """

    least: int
    seconds: float
    silence: float = 30.0


USUAL: Final = Pace(30_000, 30.0)  # dnf's, and what git and curl are told as a rule; pip and uv wait for ever
