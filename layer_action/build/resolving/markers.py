"""Markers of others: what no target can decide does not hold, as with uv."""

from collections.abc import Mapping

from packaging.markers import Marker, UndefinedEnvironmentName


def holds(marker: Marker, environment: Mapping[str, str]) -> bool:
    """Tell whether a marker holds where these values do."""
    try:
        return marker.evaluate(dict(environment))
    except (UndefinedEnvironmentName, ValueError):  # a comparison without sense, or with a number without end
        return False
