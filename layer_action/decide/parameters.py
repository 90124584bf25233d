"""What an SSM parameter should name: the newest version that works, and after a rollback the one gone back to."""

from collections.abc import Iterator, Mapping

from semver import Version

from layer_action.decide.pins import failed_version
from layer_action.model.plan import HeldFunction, Outcome, ParameterMove, Plan, Unchanged
from layer_action.model.published import LayerArn


def parameter_name(template: str, layer_name: str, region: str) -> str:
    """Return the SSM parameter of a layer: `{layer}` is AWS's name of it, `{region}` its region."""
    return template.replace("{region}", region).replace("{layer}", layer_name)


def wanted_parameters(plan: Plan, outcome: Outcome) -> Iterator[ParameterMove]:
    """Return what each parameter should name when all of a plan is done; `before` is yet to be read.

    None names a pre-release, nor a version that failed on a function: stacks follow it.
    """
    current = [(op.spec, op.current) for op in plan.layers if isinstance(op, Unchanged) and op.current]
    specs = {(op.region, op.content.layer_name): op.spec for op in plan.publications}
    new = [(specs[version.arn.region, version.arn.name], version) for version in outcome.published]
    for spec, version in (*new, *current):
        ours = version.published
        if (
            spec.publication.ssm
            and ours
            and not ours.version.prerelease
            and not _failed(plan, version.arn.name, ours.version)
        ):
            yield ParameterMove(
                layer=spec.name,
                layer_name=version.arn.name,
                region=version.arn.region,
                name=parameter_name(spec.publication.ssm, version.arn.name, version.arn.region),
                before="",
                to=version.version_arn,
                version=ours.version,
            )


def _failed(plan: Plan, layer_name: str, version: Version) -> bool:
    held = (op for op in plan.functions if isinstance(op, HeldFunction) and op.layer_name == layer_name)
    return any(op.failed is not None and version <= op.failed for op in held)


def moves_on(move: ParameterMove, named: str) -> bool:
    """Tell whether a parameter should be written that names something already; it never goes back by itself."""
    before, after = LayerArn.of_version(named), LayerArn.of_version(move.to)
    return not (before and after and before[0] == after[0] and before[1] >= after[1])


def was_rolled_back(move: ParameterMove, tags: Mapping[str, str]) -> bool:
    """Tell whether a parameter's tags say that this version was rolled back."""
    failed = failed_version(tags, move.layer_name)
    return failed is not None and move.version <= failed
