"""SSM parameters that a rollback finds: what each of them names, and what it shall name instead."""

from collections.abc import Iterator, Sequence

from layer_action.decide.parameters import parameter_name
from layer_action.decide.rollback import Shelves, Way, newest_of, versions_of_ours
from layer_action.errors import AccessDeniedError
from layer_action.model.layer import Finding, LayerSpec, Severity
from layer_action.model.plan import ParameterMove
from layer_action.model.published import LayerArn
from layer_action.ports.services import Services, parameters_of
from layer_action.record import record


@record
class NamingParameter:
    """A parameter of the config. `value` is what it holds, "" where there is none."""

    layer: LayerArn
    name: str
    arn: str
    value: str


def naming_parameters(
    services: Services, spec: LayerSpec, shelves: Shelves
) -> tuple[tuple[NamingParameter, ...], tuple[Finding, ...]]:
    """Read the parameters that a layer is recorded in; one that may not be read is a finding, for functions go first.

    Raises AwsError.
    """
    template = spec.publication.ssm
    if not template:
        return (), ()
    parameters = parameters_of(services)
    found: list[NamingParameter] = []
    findings: list[Finding] = []
    for layer in shelves:
        name = parameter_name(template, layer.name, layer.region)
        try:
            value = parameters.value(name, layer.region)
        except AccessDeniedError as error:
            message = f"The parameter {name} in {layer.region} stays as it is. {error.message}"
            findings.append(_finding(Severity.WARNING, message, spec, error.hint))
        else:
            arn = parameters.arn(name, layer.region)
            found.append(NamingParameter(layer=layer, name=name, arn=arn, value=value))
    return tuple(found), tuple(findings)


def parameter_moves(
    found: Sequence[NamingParameter], spec: LayerSpec, shelves: Shelves, way: Way
) -> tuple[tuple[ParameterMove, ...], tuple[Finding, ...]]:
    """Return the parameters that go back, and what is to say of those that name nothing of ours.

    Raises InputError when the version to go back to does not exist there.
    """
    moves = tuple(move for one in found if (move := _move(one, spec, shelves, way)))
    return moves, tuple(_strangers(found, spec, shelves))


def _move(one: NamingParameter, spec: LayerSpec, shelves: Shelves, way: Way) -> ParameterMove | None:
    to = way(one.arn, one.value)
    split = LayerArn.of_version(to) if to else None
    known = versions_of_ours(shelves, one.layer)
    if not to or split is None or split[0] != one.layer or split[1] not in known:
        return None
    newest = newest_of(shelves, one.layer)
    return ParameterMove(
        layer=spec.name,
        layer_name=one.layer.name,
        region=one.layer.region,
        name=one.name,
        before=one.value,
        to=to,
        version=known[split[1]],
        failed=newest.published.version if newest and newest.published else None,
    )


def _strangers(found: Sequence[NamingParameter], spec: LayerSpec, shelves: Shelves) -> Iterator[Finding]:
    for one in found:
        split = LayerArn.of_version(one.value)
        if one.value and not (split and split[0] == one.layer and split[1] in versions_of_ours(shelves, one.layer)):
            message = (
                f"The parameter {one.name} in {one.layer.region} holds {one.value}, "
                f"which is no version of {spec.name} that we published: it stays."
            )
            yield _finding(Severity.NOTICE, message, spec, "")


def _finding(severity: Severity, message: str, spec: LayerSpec, way_out: str) -> Finding:
    return Finding(
        severity=severity,
        check="parameter-stays",
        message=message,
        ways_out=(way_out,) if way_out else (),
        location=spec.location("ssm"),
        layer=spec.name,
    )
