"""`prune`: delete layer versions that nothing uses any more."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.commands.announce import FOLDER
from layer_action.commands.parallel import each, each_found
from layer_action.commands.reading import aws_of
from layer_action.decide.artifacts import layer_names
from layer_action.decide.parameters import parameter_name
from layer_action.errors import AwsError, InputError, Location, MissingResourceError, PartialApplyError
from layer_action.model.function import PinnedFunction
from layer_action.model.layer import LayerSpec
from layer_action.model.published import LayerVersion
from layer_action.ports.aws import Functions, LayerStore
from layer_action.ports.services import Services, Unavailable, needs_aws
from layer_action.record import record, replace
from layer_action.rollout.journal import Journal
from layer_action.rollout.stop import StopSign, interrupted

_TEMPLATES: Final = {".yml", ".yaml", ".json", ".tf", ".tfvars", ".toml", ".py", ".ts", ".js", ".template"}
_IGNORED: Final = {".git", FOLDER, "node_modules", ".venv", "__pycache__", ".terraform"}
_LARGEST_TEMPLATE: Final = 2_000_000
_ARN_END: Final = re.compile(rb"layer:([a-zA-Z0-9-_]+):(\d+)")


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
    """Every version of the layers, as the config has them, the newest first."""

    rows: tuple[PruneRow, ...]

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
    users = _users(functions, tuple(dict.fromkeys(region for _, _, region in wanted)))
    parameters = _parameters(services, wanted)
    templates = _templates(services.repository.root, {name for _, name, _ in wanted})
    rows: list[PruneRow] = []
    for (spec, _, _), versions in zip(wanted, listed, strict=True):
        newest = sorted((version.number for version in versions), reverse=True)[:keep]
        for version in versions:
            used_by = (
                *users.get(version.version_arn, ()),
                *parameters.get(version.version_arn, ()),
                *templates.get((version.arn.name, version.number), ()),
            )
            kept = _reason_to_keep(version, used_by, newest)
            rows.append(PruneRow(layer=spec.name, version=version, users=used_by, kept=kept))
    return PrunePlan(rows=tuple(each(lambda row: _shared_kept(store, row, shared=shared), rows)))


def _shared_kept(store: LayerStore, row: PruneRow, *, shared: bool) -> PruneRow:
    """Ask with whom a version is shared that would be deleted; unless told otherwise it then stays."""
    if row.kept or not (sharers := store.sharers(row.version)):
        return row
    return replace(row, shared_with=sharers, kept="" if shared else "shared, and what other accounts use is not seen")


def prune(
    services: Services, plan: PrunePlan, *, journal: Journal, stop: StopSign | None = None
) -> tuple[LayerVersion, ...]:
    """Delete what the plan says, except what a function lists by now; return what was deleted.

    Raises AwsError when nothing was deleted, PartialApplyError when something was; InterruptedRunError between two
    deletions when `stop` is set.
    """
    store, functions = aws_of(services)
    regions = tuple(dict.fromkeys(version.arn.region for version in plan.deletions))
    listed = {arn for region in regions for function in functions.listed(region) for arn in function.layer_arns}
    deleted: list[LayerVersion] = []
    for version in plan.deletions:
        if stop and stop.is_set():
            raise interrupted(stop, f"{len(deleted)} of {len(plan.deletions)} versions were deleted.")
        if version.version_arn in listed:
            services.console.notice(f"{version.version_arn} stays: a function lists it since the plan was made.")
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


def _users(functions: Functions, regions: Sequence[str]) -> dict[str, list[str]]:
    """Return who lists each version ARN: `checkout` for its $LATEST, `checkout:3 (live)` for a published version."""
    users: dict[str, list[str]] = {}
    for found in each_found(functions.listed, regions, lambda function: _listing(functions, function)):
        for label, arns in found:
            for arn in arns:
                users.setdefault(arn, []).append(label)
    return users


def _listing(functions: Functions, function: PinnedFunction) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a function lists, and what its published versions do, each with its aliases in words."""
    found = [(function.name, function.layer_arns)]
    try:
        versions = [version for version in functions.published_versions(function.arn) if version.layers]
        aliases = functions.aliases(function.arn) if versions else ()
    except MissingResourceError:
        return found  # deleted meanwhile, with its versions
    for version in versions:
        number = version.arn.rpartition(":")[2]
        names = ", ".join(alias.name for alias in aliases if alias.function_version == number)
        found.append((f"{function.name}:{number}" + (f" ({names})" if names else ""), version.layer_arns))
    return found


def _parameters(services: Services, wanted: Sequence[tuple[LayerSpec, str, str]]) -> dict[str, list[str]]:
    """Return the SSM parameters that name each version ARN: stacks follow them, at their next deployment."""
    found: dict[str, list[str]] = {}
    for spec, name, region in wanted:
        if not spec.publication.ssm:
            continue
        if isinstance(services.parameters, Unavailable):
            raise needs_aws(services.parameters)
        parameter = parameter_name(spec.publication.ssm, name, region)
        found.setdefault(services.parameters.value(parameter, region), []).append(f"parameter {parameter}")
    return found


def _templates(root: Path, names: set[str]) -> dict[tuple[str, int], list[str]]:
    """Return where files of the repository name a version's ARN, by layer name and number."""
    found: dict[tuple[str, int], list[str]] = {}
    for path in _files(root):
        for name, number in set(_ARN_END.findall(path.read_bytes())):
            if (key := (name.decode(), int(number)))[0] in names:
                found.setdefault(key, []).append(path.relative_to(root).as_posix())
    return found


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in _IGNORED:
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in _TEMPLATES and path.stat().st_size <= _LARGEST_TEMPLATE:
            yield path
