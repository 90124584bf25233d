"""All ports of a run."""

from layer_action.errors import InputError
from layer_action.ports.aws import Functions, LayerStore, Parameters
from layer_action.ports.building import Builder, Resolver
from layer_action.ports.repository import PullRequests, Releases, Repository, Reviews
from layer_action.ports.speaking import Clock, Console, Reporter, Runner
from layer_action.record import record


@record
class Unavailable:
    """A port that this run does not have, and why (one sentence)."""

    reason: str


def needs_aws(missing: Unavailable) -> InputError:
    """Return the error of a command that cannot do without AWS."""
    return InputError(
        f"This needs AWS: {missing.reason}",
        hint="Give the run credentials (aws-actions/configure-aws-credentials, or a profile) and a region: AWS_REGION.",
    )


@record
class Services:
    """All ports of a run."""

    resolver: Resolver
    builder: Builder
    store: LayerStore | Unavailable
    functions: Functions | Unavailable
    repository: Repository
    reviews: Reviews | Unavailable
    releases: Releases | Unavailable
    reporter: Reporter
    console: Console
    runner: Runner
    clock: Clock
    parameters: Parameters | Unavailable = Unavailable(reason="no layer has `ssm`")
    pull_requests: PullRequests | Unavailable = Unavailable(reason="no layer has `pin-files`")


def aws_of(services: Services) -> tuple[LayerStore, Functions]:
    """Return both ports to AWS. Raises InputError where the run has none."""
    if isinstance(services.store, Unavailable):
        raise needs_aws(services.store)
    if isinstance(services.functions, Unavailable):
        raise needs_aws(services.functions)
    return services.store, services.functions


def parameters_of(services: Services) -> Parameters:
    """Return the port to SSM. Raises InputError where the run has none."""
    if isinstance(services.parameters, Unavailable):
        raise needs_aws(services.parameters)
    return services.parameters
