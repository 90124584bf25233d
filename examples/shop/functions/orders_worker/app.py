"""Work off the order queue."""

from typing import Any

import requests


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one event."""
    return {"status": requests.post("https://warehouse.example/orders", json=event, timeout=10).status_code}
