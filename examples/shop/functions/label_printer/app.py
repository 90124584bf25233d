"""Order a parcel label."""

from typing import Any

import requests


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one event."""
    return {"label": requests.post("https://parcels.example/labels", json=event, timeout=10).text}
