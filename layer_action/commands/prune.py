"""`prune`: delete layer versions that nothing uses any more."""

from collections.abc import Iterator, Mapping, Sequence

from layer_action.commands.parallel import each
from layer_action.commands.users import Users, functions_that_use, parameters_that_name, templates_that_name
from layer_action.decide.artifacts import layer_names
from layer_action.decide.parameters import parameter_name
from layer_action.errors import AwsError, InputError, Location, PartialApplyError
from layer_action.model.layer import LayerSpec
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import LayerStore
from layer_action.ports.services import Services, aws_of, parameters_of
from layer_action.record import record, replace
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign, interrupted


@record
class PruneRow:
    """One version: who uses it, why it stays ("" when it goes), and with whom it is shared, where that was asked."""

    layer: str
    version: LayerVersion
    users: tuple[str, ...]
    kept: str
    shared_with: tuple[str, ...] = ()


@record
class PrunePlan:
    """Every version of the layers, as the config has them, the newest first; `parameters` (with region) were read."""

    rows: tuple[PruneRow, ...]
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def deletions(self) -> tuple[LayerVersion, ...]:
        """The versions that would be deleted."""
        return tuple(row.version for row in self.rows if not row.kept)

    def json(self) -> list[dict[str, object]]:
        """Return plain values, without account ids."""
        return [
            {
                "layer": row.layer,
                "layer-name": row.version.arn.name,
                "region": row.version.arn.region,
                "number": row.version.number,
                "version": str(row.version.published.version) if row.version.published else None,
                "users": list(row.users),
                "kept": row.kept,
                "shared": bool(row.shared_with),
            }
            for row in self.rows
        ]


def plan_prune(
    services: Services,
    specs: Sequence[LayerSpec],
    regions: Mapping[str, Sequence[str]],
    *,
    keep: int,
    shared: bool = False,
) -> PrunePlan:
    """Find out what uses each version of the layers (regions by spec name); nothing is written.

    `$LATEST` and every published version of every function in the region are looked at, the SSM parameters of the
    config, and the repository's templates. The `keep` newest versions stay, and so does what we did not write, and,
    unless `shared`, what other accounts may use: the version's own policy tells.
    Raises InputError, AwsError: what cannot be seen is not deleted.
    """
    if keep < 1:
        raise InputError(
            "`--keep` must be at least 1: the newest version always stays.",
            hint="Write `--keep 1`, or more.",
            location=Location("--keep"),
        )
    store, functions = aws_of(services)
    wanted = [(spec, name, region) for spec in specs for name in layer_names(spec) for region in regions[spec.name]]
    listed = each(lambda key: store.versions(key[1], key[2]), wanted)
    arns = {version.version_arn for versions in listed for version in versions}
    users = functions_that_use(functions, arns, dict.fromkeys(region for _, _, region in wanted))
    parameters = tuple(_parameters(wanted))
    named = _named_by(services, parameters)
    templates = templates_that_name(services.repository.root, {name for _, name, _ in wanted})
    rows: list[PruneRow] = []
    for (spec, _, _), versions in zip(wanted, listed, strict=True):
        newest = sorted((version.number for version in versions), reverse=True)[:keep]
        for version in versions:
            used_by = (
                *users.get(version.version_arn, ()),
                *named.get(version.version_arn, ()),
                *templates.get((version.arn.name, version.number), ()),
            )
            kept = _reason_to_keep(version, used_by, newest)
            rows.append(PruneRow(layer=spec.name, version=version, users=used_by, kept=kept))
    return PrunePlan(rows=tuple(each(lambda row: _shared_kept(store, row, shared=shared), rows)), parameters=parameters)


def _shared_kept(store: LayerStore, row: PruneRow, *, shared: bool) -> PruneRow:
    """Ask with whom a version is shared that would be deleted; unless told otherwise it then stays."""
    if row.kept or not (sharers := store.sharers(row.version)):
        return row
    return replace(row, shared_with=sharers, kept="" if shared else "shared, and what other accounts use is not seen")


def prune(
    services: Services, plan: PrunePlan, *, journal: Journal, stop: StopSign | None = None
) -> tuple[LayerVersion, ...]:
    """Delete what the plan says, except what a function or a parameter uses by now; return what was deleted.

    Raises AwsError when nothing was deleted, PartialApplyError when something was; InterruptedRunError between two
    deletions when `stop` is set.
    """
    store, functions = aws_of(services)
    arns = [version.version_arn for version in plan.deletions]
    users = functions_that_use(functions, arns, dict.fromkeys(version.arn.region for version in plan.deletions))
    named = _named_by(services, plan.parameters)
    deleted: list[LayerVersion] = []
    for version in plan.deletions:
        if stop and stop.is_set():
            raise interrupted(stop, f"{len(deleted)} of {len(plan.deletions)} versions were deleted.")
        if used_by := (*users.get(version.version_arn, ()), *named.get(version.version_arn, ())):
            others = f" and {len(used_by) - 1} more" if len(used_by) > 1 else ""
            since = f"used since the plan was made, by {used_by[0]}{others}."
            services.console.notice(f"{version.version_arn} stays: {since}")
            continue
        try:
            with journal.call("delete", version.version_arn):
                store.delete(version)
        except AwsError as error:
            if not deleted:
                raise
            gone = ", ".join(one.version_arn for one in deleted)
            done = f"{len(deleted)} of {len(plan.deletions)} versions were deleted ({gone}), then: {error.message}"
            raise PartialApplyError(done, hint=f"{error.hint} Run again: it goes on with the rest.".strip()) from error
        deleted.append(version)
    return tuple(deleted)


def _reason_to_keep(version: LayerVersion, users: Sequence[str], newest: Sequence[int]) -> str:
    if users:
        return "in use"
    if version.number in newest:
        return f"among the {len(newest)} newest" if len(newest) > 1 else "the newest"
    return "" if version.published else "not published by lambda-layer-action"


def _parameters(wanted: Sequence[tuple[LayerSpec, str, str]]) -> Iterator[tuple[str, str]]:
    for spec, name, region in wanted:
        if spec.publication.ssm:
            yield parameter_name(spec.publication.ssm, name, region), region


def _named_by(services: Services, parameters: Sequence[tuple[str, str]]) -> Users:
    return parameters_that_name(parameters_of(services), parameters) if parameters else {}
