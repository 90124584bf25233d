"""Sizes: of what is to be published, and of what it replaces."""

from collections.abc import Iterable, Mapping, Sequence

from layer_action.commands.by_artifact import Found
from layer_action.commands.parallel import each, each_tried
from layer_action.commands.pointing import placed_all, pointed
from layer_action.decide.plan import Sizes
from layer_action.decide.verdict import Affected, JudgedLayer
from layer_action.errors import LayerActionError, Problems, each_of, in_short
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSize
from layer_action.model.published import LayerVersion
from layer_action.ports.services import Services, Unavailable
from layer_action.record import record


@record
class Measured:
    """Sizes as a plan asks for them, what showed on the way, and why layers cannot be measured, by the spec's name."""

    sizes: Sizes
    findings: Sequence[Found]
    failures: Mapping[str, LayerActionError]


def measured(services: Services, layers: Iterable[JudgedLayer], base: Mapping[str, LayerContent]) -> Measured:
    """Measure every affected artifact once, and what it was compared with once a digest.

    What is wrong with a wheel, as far as that shows without fetching it, fails its layer as it would fail the build.
    `base` holds, without AWS, the artifacts of the base commit by layer name.
    """
    affected = [row.verdict for layer in layers for row in layer.judgements if isinstance(row.verdict, Affected)]
    contents = {verdict.content.layer_name: verdict.content for verdict in affected}
    earlier = {_key(verdict.reference): verdict.reference for verdict in affected if verdict.reference}
    after = _tried(services, contents)
    known = dict(zip(earlier, each(lambda version: _published(services, version), earlier.values()), strict=True))
    before = _tried(services, {name: base[name] for name in contents if name in base})

    def sizes(verdict: Affected) -> tuple[LayerSize | Unknown, LayerSize | Unknown]:
        name = verdict.content.layer_name
        nothing = Unknown(reason="there is no version before")
        held = known.get(_key(verdict.reference), nothing) if verdict.reference else before.get(name, nothing)
        return _or_unknown(after[name]), _or_unknown(held)

    failures: dict[str, list[LayerActionError]] = {}
    findings: list[Found] = []
    for name, found in after.items():
        content = contents[name]
        if isinstance(found, LayerActionError):
            failures.setdefault(content.spec.name, []).append(pointed(services, content, found))
        elif isinstance(found, LayerSize):
            findings += [(content, finding) for finding in placed_all(services, content, found.findings)]
    failed = {name: _one(found) for name, found in failures.items()}
    return Measured(sizes=sizes, findings=findings, failures=failed)


def _tried(
    services: Services, contents: Mapping[str, LayerContent]
) -> dict[str, LayerSize | Unknown | LayerActionError]:
    return dict(zip(contents, each_tried(services.builder.measure, contents.values()), strict=True))


def _or_unknown(found: LayerSize | Unknown | LayerActionError) -> LayerSize | Unknown:
    return Unknown(reason=in_short(found)) if isinstance(found, LayerActionError) else found


def _one(errors: Sequence[LayerActionError]) -> LayerActionError:
    """Return failures as one; zips of a layer that share a wheel tell of it once."""
    told = {str(problem): problem for error in errors for problem in each_of(error)}
    return next(iter(told.values())) if len(told) == 1 else Problems(told.values())


def _published(services: Services, version: LayerVersion) -> LayerSize | Unknown:
    if isinstance(services.store, Unavailable):
        return Unknown(reason=services.store.reason)
    return services.store.size(version)


def _key(version: LayerVersion | None) -> str:
    """Versions of one digest, in whatever region, are of one size."""
    if version is None:
        return ""
    return f"{version.arn.name} {version.published.digest if version.published else version.version_arn}"
