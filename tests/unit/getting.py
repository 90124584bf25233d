"""What the tests of the one GET share: one that waits for nothing, and what the servers have."""

import random

from layer_action.http import Http

BODY = random.Random(1).randbytes(300_000)
LOGIN = "Basic dXNlcjpzZWNyZXQ="  # user:secret


def quick(env: dict[str, str] | None = None) -> Http:
    return Http(env or {}, attempts=3, backoff=0)
