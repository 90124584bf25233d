"""`plan`: gather through the ports, then decide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from layer_action.commands.baseline import Baseline, baseline_of
from layer_action.commands.by_artifact import told_once
from layer_action.commands.judging import Judged, Terms, judge_layers, with_what_else_is_wrong
from layer_action.commands.measuring import measured
from layer_action.commands.parallel import each
from layer_action.commands.survey import regions_of, survey
from layer_action.decide.artifacts import check_names, check_parameters, layer_names
from layer_action.decide.numbering import ReleaseRequest
from layer_action.decide.plan import make_plan, publications, settle, size_findings
from layer_action.decide.verdict import JudgedLayer
from layer_action.errors import InputError, LayerActionError, Location, located
from layer_action.model.function import Unknown
from layer_action.model.layer import Finding, LayerContent, LayerSpec, Severity
from layer_action.model.listing import listed
from layer_action.model.lock import normalised_name
from layer_action.model.plan import (
    FailedLayer,
    FunctionOperation,
    LayerOperation,
    NoLongerDeclared,
    Plan,
    PublishLayer,
    Reason,
)
from layer_action.ports.building import Resolution
from layer_action.ports.services import Services, Unavailable
from layer_action.record import field, record, replace


@record
class PlanRequest:
    """What a plan is asked for.

    `base` is the revision to compare with where there is no AWS, None for the default one; `base_specs` are the layers
    that it declares, None when nobody read its config. `declared` names all layers of the head (the specs may be a
    choice of them): of `base_specs`, those not in it are no longer declared. `regions` override the config's;
    `default_region` is the environment's, where the config names none. `upgrade` holds names. `commit` is the
    head, "" to ask the repository. Without `repoint` no function is looked at. With `complete` every layer is resolved,
    so that also an unchanged one has its content (for `build --all`).
    """

    base: str | None = None
    base_specs: tuple[LayerSpec, ...] | None = None
    declared: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    default_region: str = ""
    upgrade: tuple[str, ...] = ()
    upgrade_all: bool = False
    allow_older: bool = False
    release: ReleaseRequest | None = None
    commit: str = ""
    repoint: bool = True
    complete: bool = False


@record
class Planned:
    """A plan, and what it was made of, by layer name (AWS's). A layer judged by its inputs alone has neither."""

    plan: Plan
    contents: Mapping[str, LayerContent] = field(default_factory=dict)
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)


def plan_layers(services: Services, specs: Sequence[LayerSpec], request: PlanRequest) -> Planned:
    """Plan layers and functions; nothing is written anywhere.

    With AWS (services.store) the head is compared with what is published. Without, it is compared with the base commit
    by digest: the region of each operation is then "", and a publication's `bump` is true but its `version` (1.0.0) is
    a placeholder that nobody may show, because the version before is not known.

    A layer that fails to resolve, or has a wheel that no layer may hold, is a FailedLayer and stops no other. Raises
    InputError, ConfigError or Problems with all of them, and AwsError.
    """
    chosen = _chosen(specs, request)
    check_names(chosen)
    check_parameters(chosen)
    grounds = _grounds(services, chosen, request)
    judged, failed = _judge(services, chosen, grounds, request)
    commit = request.commit or services.repository.head()
    settled = settle(layer for found in judged for layer in found.layers)
    base = {name: content for found in judged for name, content in found.base.items()}
    measures = measured(services, settled, base)
    layers = [layer for layer in settled if layer.spec.name not in measures.failures]
    failed += [_failed(spec, measures.failures[spec.name]) for spec in chosen if spec.name in measures.failures]
    operations = publications(layers, sizes=measures.sizes, release=request.release, commit=commit)
    functions, function_findings = _functions(services, layers, operations, request)
    plan = make_plan(
        chosen,
        layers=(*operations, *failed, *_no_longer_declared(chosen, grounds, request)),
        functions=functions,
        findings=(
            *grounds.findings,
            *_uncommitted(services, operations),
            *(finding for found in judged for finding in _findings(found)),
            *(_unheld(request.upgrade, judged) if not failed else ()),
            *told_once([*measures.findings, *size_findings(operations)]),
            *function_findings,
        ),
        commit=commit,
        compared_with=grounds.compared_with,
    )
    account = "" if isinstance(services.store, Unavailable) else services.store.account()
    return _planned(replace(plan, account=account), judged)


@record
class _Grounds:
    """What the head is held against: what is published in `regions` (by spec name), or else the base commit."""

    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: Baseline | None = None
    compared_with: str
    findings: tuple[Finding, ...] = ()

    @property
    def all_regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(region for found in self.regions.values() for region in found))


def _chosen(specs: Sequence[LayerSpec], request: PlanRequest) -> tuple[LayerSpec, ...]:
    """Return the layers to plan: with a tag that names one, that one alone."""
    release = request.release
    if release is None or release.layer is None:
        return tuple(specs)
    found = tuple(spec for spec in specs if spec.name == release.layer)
    if not found:
        tag, here = f"{release.layer}/v{release.version}", Location("tag")
        if release.layer in request.declared:
            raise InputError(
                f"The tag {tag} is for `{release.layer}`, which `layers` leaves out.",
                hint=f"Run it for that layer too: `layers: {release.layer}`.",
                location=here,
            )
        raise InputError(
            f"The tag {tag} names no layer: there is no `{release.layer}`.",
            hint=f"Layers of the config: {', '.join(f'`{name}`' for name in request.declared) or 'none'}.",
            location=here,
        )
    return found


def _grounds(services: Services, specs: Sequence[LayerSpec], request: PlanRequest) -> _Grounds:
    store = services.store
    if not isinstance(store, Unavailable):
        regions = regions_of(specs, request.regions, request.default_region)
        names = tuple(dict.fromkeys(region for found in regions.values() for region in found))
        return _Grounds(regions=regions, compared_with=f"the versions published in {listed(names)}")
    base_specs = None if request.base_specs is None else {spec.name: spec for spec in request.base_specs}
    baseline = baseline_of(services, request.base, base_specs)
    if not isinstance(baseline.tree, Unknown):
        itself = ", the very one checked out: `--base` names another" if baseline.is_head else ""
        return _Grounds(baseline=baseline, compared_with=f"{baseline.label}{itself} (no AWS: {store.reason})")
    way_out = "Check out with `fetch-depth: 0`, or name a revision with `--base`."
    finding = Finding(
        severity=Severity.NOTICE,
        check="nothing-to-compare-with",
        message=f"Every layer counts as changed, for want of a base commit: {baseline.tree.reason}.",
        ways_out=(way_out,) if services.repository.head() else (),
    )
    return _Grounds(baseline=baseline, compared_with=f"nothing (no AWS: {store.reason})", findings=(finding,))


def _judge(
    services: Services, specs: Sequence[LayerSpec], grounds: _Grounds, request: PlanRequest
) -> tuple[list[Judged], list[FailedLayer]]:
    surveyed, failed = survey(services, specs, grounds.regions)
    terms = Terms(
        baseline=grounds.baseline,
        upgrade=request.upgrade,
        upgrade_all=request.upgrade_all,
        allow_older=request.allow_older,
        release=request.release,
        complete=request.complete,
    )
    judged: list[Judged] = []
    unreadable = [spec for spec in specs if spec.name in failed]
    beside = each(lambda spec: with_what_else_is_wrong(services, spec, failed[spec.name]), unreadable)
    failures = [_failed(spec, error) for spec, error in zip(unreadable, beside, strict=True)]
    for layer, found in zip(surveyed, judge_layers(services, surveyed, terms), strict=True):
        if isinstance(found, LayerActionError):
            failures.append(_failed(layer.spec, found))
        else:
            judged.append(found)
    return judged, failures


def _failed(spec: LayerSpec, error: LayerActionError) -> FailedLayer:
    return FailedLayer(spec=spec, error=located(error, spec.location("requirements")))


def _functions(
    services: Services,
    layers: Sequence[JudgedLayer],
    operations: Sequence[LayerOperation],
    request: PlanRequest,
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...]]:
    if isinstance(services.store, Unavailable) or not request.repoint:
        return (), ()
    from layer_action.commands.pinned import planned_functions  # noqa: PLC0415 - a build moves none
    from layer_action.decide.destinations import destinations  # noqa: PLC0415 - as above

    where = destinations(layers, operations, arn_of=services.store.layer_arn)
    return planned_functions(services, where, operations)


def _no_longer_declared(
    chosen: Sequence[LayerSpec], grounds: _Grounds, request: PlanRequest
) -> Iterator[NoLongerDeclared]:
    declared = {*request.declared, *(spec.name for spec in chosen)}
    reason = Reason(text="no longer in the config; its versions stay, and so do the functions on them")
    for spec in request.base_specs or ():
        if spec.name in declared or request.release:
            continue
        for name in layer_names(spec):
            for region in grounds.all_regions or ("",):
                yield NoLongerDeclared(name=spec.name, layer_name=name, region=region, reason=reason)


def _findings(judged: Judged) -> Iterator[Finding]:
    for resolution in judged.resolutions.values():
        yield from resolution.findings
    for layer in judged.layers:
        for row in layer.judgements:
            yield from row.findings


def _uncommitted(services: Services, operations: Iterable[LayerOperation]) -> Iterator[Finding]:
    """Tell of files that the commit has otherwise: what is published is known by that commit from then on."""
    is_published = any(isinstance(operation, PublishLayer) for operation in operations)
    if isinstance(services.store, Unavailable) or not is_published or not (names := services.repository.edited()):
        return
    yield Finding(
        severity=Severity.NOTICE,
        check="uncommitted",
        message=f"Files of this checkout are not as they were committed: {listed(names)}.",
        ways_out=("Commit them first: a version's description names the commit that it was made of.",),
    )


def _unheld(names: Iterable[str], judged: Sequence[Judged]) -> Iterator[Finding]:
    """Tell names to upgrade that no layer holds, nor held at the base, and those in locks: nothing would change."""
    contents = [content for found in judged for content in (*found.contents, *found.base.values())]
    held = {found.name for content in contents for found in content.lock.distributions}
    free = {d.name for content in contents if not content.spec.is_locked for d in content.lock.distributions}
    for name in names:
        if normalised_name(name) in free:
            continue
        is_locked = normalised_name(name) in held
        why = "which only locks hold, and they are taken as they are" if is_locked else "which no layer here holds"
        again = f"Lock anew with the tool that made the lock, as with `uv lock --upgrade-package {name}`."
        other = "Write the name of a distribution that is in a layer, or take it out of `upgrade`."
        yield Finding(
            severity=Severity.WARNING,
            check="nothing-to-upgrade",
            message=f"`upgrade` names {name}, {why}.",
            ways_out=(again if is_locked else other,),
        )


def _planned(plan: Plan, judged: Sequence[Judged]) -> Planned:
    contents = {content.layer_name: content for found in judged for content in found.contents}
    resolutions = {
        content.layer_name: found.resolutions[content.targets[0]] for found in judged for content in found.contents
    }
    return Planned(plan=plan, contents=contents, resolutions=resolutions)
