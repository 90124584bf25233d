"""Versions that this run published a moment ago: AWS may not know them everywhere yet."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from layer_action.errors import AwsError, MissingResourceError
from layer_action.ports.speaking import Clock

_Result = TypeVar("_Result")

_YOUNG: Final = 60.0  # seconds
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)  # seconds
# AWS refuses a whole list of layers for the one that it does not know
_UNKNOWN: Final = re.compile(r"Layer version (?P<arn>arn:\S+:\d+) does not exist")


class RecentVersions:
    """What was published, and when. May be shared by threads."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was published yet."""
        self._clock = clock
        self._published: dict[str, float] = {}

    def add(self, version_arn: str) -> None:
        """Remember that a version was published now."""
        self._published[version_arn] = self._clock.now()

    def once_known(self, call: Callable[[], _Result]) -> _Result:
        """Return call(), asked again for some seconds while AWS says that there is no version which we just published.

        Any other refusal is raised at once, and this one in the end. The call must change nothing when it is refused.
        """
        for pause in _PAUSES:
            try:
                return call()
            except AwsError as error:
                if not self._is_young(_missing(error)):
                    raise
            self._clock.sleep(pause)
        return call()

    def _is_young(self, version_arn: str) -> bool:
        published = self._published.get(version_arn)
        return published is not None and self._clock.now() - published < _YOUNG


def _missing(error: AwsError) -> str:
    """Return the version ARN that does not exist, as AWS says; "" for any other error."""
    if isinstance(error, MissingResourceError):
        return error.resource
    match = _UNKNOWN.search(error.message)
    return match["arn"] if match else ""
