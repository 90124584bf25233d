"""Orders to a stand-in that runs as another process: what it was asked, and what shall go wrong."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from tests.standins.aws import faults
from tests.standins.aws.storage import Answer

if TYPE_CHECKING:
    from tests.standins.aws.server import StrictAws

PREFIX = "/_standin/"
_KINDS = {
    "refuse": faults.refuse,
    "ec2-throttle": faults.ec2_throttle,
    "hang": faults.hang,
    "lost-answer": faults.lost_answer,
    "dropped": faults.dropped,
}


def obey(aws: "StrictAws", method: str, target: str, body: bytes) -> Answer:
    """Answer `GET /_standin/calls`, and `POST /_standin/` fault, function, layer, deny and forget.

    A fault is `{"call": 3, "kind": "refuse", "arguments": {"code": "ServiceException"}, "times": 1}`; a function or a
    layer holds the arguments of `seed`; a denial is `{"action": …, "resource": …}`.
    """
    order = target.removeprefix(PREFIX)
    given = json.loads(body or b"{}")
    result: object = {}
    match (method, order):
        case ("GET", "calls"):
            result = [asdict(call) for call in aws.calls]
        case ("POST", "fault"):
            fault = _KINDS[given.pop("kind")](**given.pop("arguments", {}))  # type: ignore[operator]
            aws.fault(given.pop("call"), fault, **given)
        case ("POST", "function"):
            result = aws.add_function(**given)
        case ("POST", "layer"):
            result = aws.add_layer_version(**given)
        case ("POST", "deny"):
            aws.deny(**given)
        case ("POST", "forget"):
            aws.forget_calls()
        case _:
            return Answer(status=404)
    return Answer(body=json.dumps(result, default=repr).encode(), headers={"Content-Type": "application/json"})
