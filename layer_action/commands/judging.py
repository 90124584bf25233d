"""From surveyed layers to judgements: by inputs where that is enough, else by a lock."""

from collections.abc import Iterable, Mapping, Sequence

from layer_action.commands.baseline import BaseLayer, Baseline, inputs_at, is_the_same_at, layer_at
from layer_action.commands.by_target import told_once
from layer_action.commands.parallel import each_tried, fails_one_layer
from layer_action.commands.recall import recalled
from layer_action.commands.survey import Surveyed, with_history
from layer_action.decide.affected import judge, judge_against_base, judge_by_inputs, same_as_base
from layer_action.decide.artifacts import contents_of, layer_name_for, layer_names
from layer_action.decide.doubts import missing_lock
from layer_action.decide.numbering import ReleaseRequest
from layer_action.decide.verdict import Affected, JudgedLayer, Judgement, Published
from layer_action.decide.way_in import at_their_lines
from layer_action.errors import LayerActionError, Problems, UnreadLockError, by_line, each_of, raise_all
from layer_action.model.function import Unread
from layer_action.model.layer import LayerContent, LayerSpec
from layer_action.model.lock import Lock, LockedDistribution, Source
from layer_action.model.target import Target
from layer_action.ports.building import LayerInputs, Preferences, Resolution
from layer_action.ports.services import Services, Unavailable
from layer_action.record import field, record, replace


@record
class Terms:
    """How to judge. `baseline` is None with AWS; with `complete` every layer is resolved, also an unchanged one."""

    baseline: Baseline | None
    upgrade: tuple[str, ...] = ()
    upgrade_all: bool = False
    allow_older: bool = False
    release: ReleaseRequest | None = None
    complete: bool = False

    @property
    def by_inputs(self) -> bool:
        """Whether equal inputs are enough to call a layer unchanged."""
        return not (self.upgrade or self.upgrade_all or self.release or self.complete)

    def preferences(self, before: Iterable[Lock]) -> Preferences:
        """Return the versions and commits to keep, less those to upgrade; the first lock that holds a name tells."""
        kept: dict[str, LockedDistribution] = {}
        for lock in before:
            for found in lock.distributions:
                kept.setdefault(found.name, found)
        return Preferences(
            versions={name: found.version for name, found in kept.items()},
            commits={name: found.origin for name, found in kept.items() if isinstance(found.origin, Source)},
            upgrade=self.upgrade,
            upgrade_all=self.upgrade_all,
        )


@record
class Judged:
    """One layer spec: its artifacts, judged.

    `contents` and `resolutions` are empty when equal inputs were enough. `base` holds, without AWS, the artifacts of
    the base commit by layer name.
    """

    layers: tuple[JudgedLayer, ...] = ()
    contents: tuple[LayerContent, ...] = ()
    resolutions: Mapping[Target, Resolution] = field(default_factory=dict)
    base: Mapping[str, LayerContent] = field(default_factory=dict)


def judge_layers(services: Services, surveyed: Sequence[Surveyed], terms: Terms) -> list[Judged | LayerActionError]:
    """Judge each layer, in order; in its place the BuildError of one that cannot be. Raises all other errors."""
    results = each_tried(lambda layer: _judged(services, layer, terms), surveyed)
    raise_all(found for found in results if isinstance(found, LayerActionError) and not fails_one_layer(found))
    return results


def _judged(services: Services, surveyed: Surveyed, terms: Terms) -> Judged:
    if terms.baseline is not None:
        return _by_base(services, surveyed, terms, terms.baseline)
    return _by_inputs(surveyed, terms) or _by_lock(
        services, recalled(services, with_history(services, surveyed)), terms
    )


def _by_inputs(surveyed: Surveyed, terms: Terms) -> Judged | None:
    """Judge without resolving, if every artifact in every region was published from the same inputs."""
    if not terms.by_inputs:
        return None
    spec, layers = surveyed.spec, []
    for name in layer_names(spec):
        found = [judge_by_inputs(spec, name, surveyed.inputs.inputs_hash, held) for held in surveyed.in_regions(name)]
        rows = tuple(row for row in found if row)
        if len(rows) < len(found):
            return None
        layers.append(JudgedLayer(spec=spec, layer_name=name, judgements=rows))
    return Judged(layers=tuple(layers))


def _by_lock(services: Services, surveyed: Surveyed, terms: Terms) -> Judged:
    """Resolve with the published versions preferred, then compare digests in each region."""
    spec, release = surveyed.spec, terms.release
    judged = _resolved(services, surveyed, terms, _locks_before(services, surveyed, terms))
    layers = [
        JudgedLayer(
            spec=spec,
            layer_name=content.layer_name,
            judgements=tuple(
                judge(
                    content,
                    held,
                    lines=surveyed.inputs.lines_for(content.targets),
                    allow_older=terms.allow_older,
                    release=release.version if release else None,
                    even_if_unchanged=bool(release and release.layer == spec.name),
                )
                for held in surveyed.in_regions(content.layer_name)
            ),
        )
        for content in judged.contents
    ]
    return replace(judged, layers=tuple(layers))


def _locks_before(services: Services, surveyed: Surveyed, terms: Terms) -> dict[Target, list[Lock]]:
    """Return the locks to prefer, the first of them first. Each target's first one must come, unless all is to move.

    Raises UnreadLockError, Problems.
    """
    locks: dict[Target, list[Lock]] = {}
    missing: dict[str, UnreadLockError] = {}
    for target in surveyed.spec.targets:
        name = layer_name_for(surveyed.spec.layer_name, target)
        earlier = _of_earlier_try(services, surveyed, name, terms.release) if terms.release else None
        before = [held for held in (earlier, *surveyed.before(target)) if held]
        first = next((held for held in before if isinstance(held.lock, Lock | Unread)), None)
        if first and (error := missing_lock(first)):
            missing.setdefault(error.message, error)
        locks[target] = [held.lock for held in before if isinstance(held.lock, Lock)]
    if not terms.upgrade_all:
        raise_all(missing.values())
    return locks


def _of_earlier_try(
    services: Services, surveyed: Surveyed, layer_name: str, release: ReleaseRequest
) -> Published | None:
    """Return where a tag's version has its lock already: run again, the tag asks for the very same packages."""
    if isinstance(services.store, Unavailable):
        return None
    unread: Published | None = None
    for held in surveyed.in_regions(layer_name):
        for version in held.versions:
            if version.published and version.published.version == release.version:
                found = Published(region=held.region, versions=(version,), lock=services.store.lock(version))
                if isinstance(found.lock, Lock):
                    return found
                unread = unread or (found if isinstance(found.lock, Unread) else None)
    return unread


def _by_base(services: Services, surveyed: Surveyed, terms: Terms, baseline: Baseline) -> Judged:
    """Compare with the base commit: equal inputs are enough there too."""
    spec = surveyed.spec
    read = is_the_same_at(baseline, spec, services.repository.root)
    inputs = surveyed.inputs if read else inputs_at(services, baseline, spec)
    same = isinstance(inputs, LayerInputs) and inputs.inputs_hash == surveyed.inputs.inputs_hash
    if same and terms.by_inputs:
        verdicts = [same_as_base(spec, name, baseline.label) for name in layer_names(spec)]
        return Judged(layers=tuple(_alone(spec, Judgement(verdict=verdict)) for verdict in verdicts))
    if same:  # it would be locked from the same, on the same day
        judged = _resolved(services, surveyed, terms, dict.fromkeys(spec.targets, ()))
        before = BaseLayer(baseline=baseline, contents={content.layer_name: content for content in judged.contents})
        return _against_base(judged, surveyed, before)
    before = layer_at(services, baseline, spec, inputs)
    judged = _resolved(services, surveyed, terms, {target: before.locks_for(target) for target in spec.targets})
    return _against_base(judged, surveyed, before)


def _against_base(judged: Judged, surveyed: Surveyed, before: BaseLayer) -> Judged:
    inputs = surveyed.inputs
    rows = [
        judge_against_base(content, before.at(content.layer_name), lines=inputs.lines_for(content.targets))
        for content in judged.contents
    ]
    return replace(judged, layers=tuple(_alone(surveyed.spec, row) for row in rows), base=before.contents)


def _resolved(services: Services, surveyed: Surveyed, terms: Terms, before: Mapping[Target, Sequence[Lock]]) -> Judged:
    """Lock every target of a layer and group them into artifacts. Raises what the resolver raises, for all targets."""
    spec, inputs, root = surveyed.spec, surveyed.inputs, services.repository.root
    results = each_tried(
        lambda target: services.resolver.resolve(spec, target, root, terms.preferences(before[target])), spec.targets
    )
    failed = {t: e for t, e in zip(spec.targets, results, strict=True) if isinstance(e, LayerActionError)}
    raise_all(
        told_once({target: at_their_lines(error, inputs.lines_for([target])) for target, error in failed.items()})
    )
    found = {t: r for t, r in zip(spec.targets, results, strict=True) if isinstance(r, Resolution)}
    locks = {target: resolution.lock for target, resolution in found.items()}
    contents = contents_of(spec, locks, own_files=inputs.own_files, inputs_hash=inputs.inputs_hash)
    return Judged(contents=contents, resolutions=found)


def with_what_else_is_wrong(services: Services, spec: LayerSpec, unread: LayerActionError) -> LayerActionError:
    """Return why a layer's inputs cannot be read together with what is wrong with the rest of them."""
    root = services.repository.root
    results = each_tried(
        lambda target: services.resolver.resolve(spec, target, root, Preferences(versions={})), spec.targets
    )
    errors = {t: e for t, e in zip(spec.targets, results, strict=True) if isinstance(e, LayerActionError)}
    told = {problem.message for problem in each_of(unread)}
    beside = [problem for problem in told_once(errors) if problem.message not in told]
    return Problems(by_line([*each_of(unread), *beside])) if beside else unread


def _alone(spec: LayerSpec, row: Judgement) -> JudgedLayer:
    content = row.verdict
    name = content.content.layer_name if isinstance(content, Affected) else content.layer_name
    return JudgedLayer(spec=spec, layer_name=name, judgements=(row,))
