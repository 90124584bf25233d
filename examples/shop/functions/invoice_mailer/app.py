"""Send an invoice through the mail provider."""

from typing import Any

import requests


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one event."""
    return {"sent": requests.post("https://mail.example/messages", json=event, timeout=10).ok}
