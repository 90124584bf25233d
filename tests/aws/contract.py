"""What both stand-ins are asked alike: to create a function, and to publish a small layer."""

import time

from layer_action.aws.session import AwsSession
from layer_action.model.published import LayerVersion
from tests.aws.conftest import REGION, Room
from tests.factories import X86_312, make_spec
from tests.standins.aws.seed import zip_of

OTHER = "444455556666"


CODE = zip_of({"app.py": b"def handler(event, context): return event\n"})


def create(session: AwsSession, name: str, layers: list[str] | None = None, **settings: object) -> str:
    """Create a function through the API, and wait until it is active; return its ARN."""
    client = session.lambda_(REGION)
    given: dict[str, object] = {
        "Runtime": "python3.12",
        "Role": f"arn:aws:iam::{session.account()}:role/lambda",
        "Handler": "app.handler",
        "Code": {"ZipFile": CODE},
        "Layers": layers or [],
    }
    arn = client.create_function(FunctionName=name, **(given | settings))["FunctionArn"]  # type: ignore[arg-type]
    settled(session, arn)
    return arn


def settled(session: AwsSession, arn: str) -> None:
    client = session.lambda_(REGION)
    for _ in range(200):
        configuration = client.get_function(FunctionName=arn)["Configuration"]
        if configuration["State"] == "Active" and configuration["LastUpdateStatus"] == "Successful":
            return
        time.sleep(0.05)
    raise AssertionError(f"{arn} does not settle")


def publish(room: Room, name: str = "http", *, known: int = 0, **settings: object) -> LayerVersion:
    """Publish a small layer."""
    spec = make_spec(name, targets=(X86_312,), **settings)
    version = room.store().publish(room.request(room.artifact(spec), known=known, version=f"1.{known}.0"))
    room.store().share(version, spec.publication)
    return version
