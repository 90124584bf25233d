"""What keeps a function from taking a layer, known before anything is published."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from layer_action.decide.support import AS_OF, SUPPORT
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import LayerSpec, ManagedFunctions
from layer_action.model.target import RUNTIMES, Target
from layer_action.record import record

_UNUSABLE: Final = ("Failed", "Deleting", "Deactivating", "Deactivated")


@record
class Obstacle:
    """Why a function cannot, or must not, be moved, and what its owner can do."""

    reason: str
    ways_out: tuple[str, ...] = ()


def obstacle(function: PinnedFunction, spec: LayerSpec, targets: Sequence[Target]) -> Obstacle | None:
    """Return the first thing that keeps a function from taking a layer built for those targets."""
    return next(_obstacles(function, spec, targets), None)


def frozen(function: PinnedFunction, today: date) -> Obstacle | None:
    """Return the obstacle of a function whose runtime takes no updates any more, as far as its date is known."""
    support = SUPPORT.get(function.runtime)
    if support is None or today < support.frozen:
        return None
    return Obstacle(
        reason=(
            f"AWS takes no updates of functions on {function.runtime} since {support.frozen} "
            f"(as its table was in {AS_OF})"
        ),
        ways_out=("Give the function a newer runtime, and add that to `runtimes` of the layer.",),
    )


def _obstacles(function: PinnedFunction, spec: LayerSpec, targets: Sequence[Target]) -> Iterator[Obstacle]:
    if function.package_type == "Image":
        yield Obstacle(reason="it is a container image, which takes no layers")
    if function.is_edge_replica:
        yield Obstacle(reason="it is a replica of Lambda@Edge, which AWS keeps in step itself")
    if function.state in _UNUSABLE:
        yield Obstacle(reason=f"its state is {function.state}", ways_out=("Repair or delete the function.",))
    yield from _mismatches(function, spec.name, targets)
    if isinstance(function.tags, Unknown):
        yield Obstacle(
            reason="its tags could not be read, so nobody knows whether it is held",
            ways_out=("Grant lambda:GetFunction and lambda:ListTags on the functions.",),
        )
    if function.stack and spec.rollout.managed_functions is ManagedFunctions.SKIP:
        yield Obstacle(
            reason=f"the CloudFormation stack {function.stack} manages it and would put the old layer back",
            ways_out=tuple(_around_a_stack(spec)),
        )


def _around_a_stack(spec: LayerSpec) -> Iterator[str]:
    yield f"`managed-functions: move` in {spec.name} moves it all the same."
    if spec.publication.ssm:
        yield "The template can read the ARN from the parameter that `ssm:` names."
    else:
        yield f"`ssm:` in {spec.name} publishes the ARN as a parameter that the template can read."
    if not spec.publication.pin_files:
        yield f"`pin-files:` in {spec.name} proposes the new ARN for the template."


def _mismatches(function: PinnedFunction, layer: str, targets: Sequence[Target]) -> Iterator[Obstacle]:
    if not function.runtime.startswith("python"):
        yield Obstacle(reason=f"it runs {function.runtime or 'its own runtime'}, and the layer holds Python packages")
    runtimes = sorted({target.runtime for target in targets})
    if function.runtime not in runtimes:
        yield Obstacle(
            reason=f"it runs {function.runtime}, and the layer is built for {' and '.join(runtimes)}",
            ways_out=(
                f"Add {function.runtime} to `runtimes` of {layer}."
                if function.runtime in RUNTIMES
                else f"Give the function a runtime that layers are built for: {', '.join(RUNTIMES)}.",
            ),
        )
    fitting = sorted({str(target.architecture) for target in targets if target.runtime == function.runtime})
    if function.architecture not in fitting:
        yield Obstacle(
            reason=f"it runs on {function.architecture}, and the layer is built for {' and '.join(fitting)}",
            ways_out=(f"Add {function.architecture} to `architectures` of {layer}.",),
        )
