"""Outcomes of real rollouts over fakes: what is read of them is what they say of themselves."""

import signal

from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AccessDeniedError
from layer_action.model.function import AttachedLayer
from layer_action.model.layer import LayerSpec, OnFailure, Publication, Rollout
from layer_action.model.plan import Outcome
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.factories import ACCOUNT, make_layer_arn, make_spec
from tests.fakes import Call
from tests.rollout.shop import Shop

REGIONS = ("eu-central-1", "us-east-1")


class _StopAfter:
    """Says stop once the clock has gone on for a while."""

    signal_number = signal.SIGTERM

    def __init__(self, shop: Shop, seconds: float) -> None:
        self._clock = shop.stage.clock
        self._until = self._clock.now() + seconds

    def is_set(self) -> bool:
        return self._clock.now() >= self._until


def shop(functions: int = 2, *, regions: tuple[str, ...] = REGIONS[:1], rollout: Rollout | None = None) -> Shop:
    return Shop(layers=("http",), regions=regions, functions=functions, rollout=rollout or Rollout())


def broken(found: Shop, *names: str) -> None:
    """Let Lambda give up on updates of these functions to the second version."""
    new = {make_layer_arn("http", region=region).version(2) for region in REGIONS}
    found.stage.functions.verdict = lambda name, layers: (
        "Runtime.ImportModuleError" if name in names and new & set(layers) else ""
    )


def nothing_to_do() -> Outcome:
    found = shop()
    found.run()
    return found.run()


def one_put_back() -> Outcome:
    found = shop()
    broken(found, "f01")
    return found.run()


def sixty_put_back() -> Outcome:
    found = shop(60)  # in one region: of two that go on side by side, nobody knows how far the other came
    broken(found, "f59")
    return found.run()


def one_held_after_a_failure() -> Outcome:
    found = shop(1)
    broken(found, "f00")
    found.run()
    return found.run()


def sixty_held_after_a_failure() -> Outcome:
    found = shop(60)
    broken(found, "f59")
    found.run()
    return found.run()


def left_alone() -> Outcome:
    """Somebody moves, edits and deletes functions while the rollout is under way."""
    found = shop(4)
    new = make_layer_arn("http", region=REGIONS[0]).version(2)

    def hand(call: Call) -> None:
        functions = found.stage.functions
        if call.operation == "publish":
            functions.edit("f01", tags={"layer:http": "hold"})
            functions.remove("f02")
        if call.operation == "set_layers" and call.resource.endswith("f00"):
            functions.edit_layers("f03", [new])

    found.stage.calls.between.append(hand)
    return found.run()


def stopped_while_watching() -> Outcome:
    found = shop(60, rollout=Rollout(bake=10.0))
    return found.run(stop=_StopAfter(found, 60.0))


def alarm() -> Outcome:
    found = shop(3, rollout=Rollout(bake=10.0, alarms=("checkout-errors", "checkout-latency")))
    found.stage.functions.alarms = {"checkout-errors": False, "checkout-latency": False}

    def hand(call: Call) -> None:
        if call.operation == "set_layers":
            found.stage.functions.alarms = dict.fromkeys(found.stage.functions.alarms, True)

    found.stage.calls.between.append(hand)
    return found.run()


def stop_on_failure() -> Outcome:
    found = shop(4, rollout=Rollout(on_failure=OnFailure.STOP))
    broken(found, "f02")
    return found.run()


def too_little_time() -> Outcome:
    found = shop(30)
    found.stage.functions.settles_after = 20
    return found.run(session_minutes=5)


def denied() -> Outcome:
    """The first function moves, the next update is refused."""
    found = shop(60)

    def fail(call: Call) -> Exception | None:
        if call.operation != "set_layers" or call.resource.endswith("f00"):
            return None
        action = "lambda:UpdateFunctionConfiguration"
        message = f"AWS refused {action} on {call.resource}: not authorized. (request 1)"
        return AccessDeniedError(message, hint=f"Allow {action} on {call.resource} for the role of this job.")

    found.stage.calls.fail = fail
    return found.run()


def rolled_back() -> Outcome:
    """The parameter goes back too, in both regions."""
    found = shop(2, regions=REGIONS)
    spec: LayerSpec = make_spec("http", publication=Publication(regions=REGIONS, ssm="/layers/{layer}"))
    found.run()
    for region in REGIONS:
        found.stage.parameters.values["/layers/http", region] = make_layer_arn("http", region=region).version(2)
    services = found.stage.services()
    plan = plan_rollback(services, spec, RollbackRequest(regions=REGIONS))
    return roll_back(services, plan, journal=Journal(None, account=ACCOUNT), options=ApplyOptions(in_flight=1))


def only_an_alias() -> Outcome:
    """An earlier run died before the alias."""
    found = shop(1, rollout=Rollout(alias="live"))
    found.run(repoint=False)
    layers = tuple(
        AttachedLayer(arn=arn.replace("layer:http:1", "layer:http:2")) for arn in found.stage.functions.layers("f00")
    )
    found.stage.functions.edit("f00", layers=layers)
    return found.run()


def published_before() -> Outcome:
    """One plan, applied twice."""
    found = shop(2)
    plan = found.plan()
    found.run()
    return found.apply(plan)
