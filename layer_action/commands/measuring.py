"""Sizes: of what is to be published, and of what it replaces."""

from collections.abc import Iterable, Mapping

from layer_action.commands.parallel import each
from layer_action.decide.plan import Sizes
from layer_action.decide.verdict import Affected, JudgedLayer
from layer_action.errors import BuildError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, LayerSize
from layer_action.model.published import LayerVersion
from layer_action.ports.services import Services, Unavailable


def measured(services: Services, layers: Iterable[JudgedLayer], base: Mapping[str, LayerContent]) -> Sizes:
    """Measure every affected artifact once, and what it was compared with once a digest.

    `base` holds, without AWS, the artifacts of the base commit by layer name.
    """
    affected = [row.verdict for layer in layers for row in layer.judgements if isinstance(row.verdict, Affected)]
    contents = {verdict.content.layer_name: verdict.content for verdict in affected}
    earlier = {_key(verdict.reference): verdict.reference for verdict in affected if verdict.reference}
    after = _sizes(services, contents)
    known = dict(zip(earlier, each(lambda version: _published(services, version), earlier.values()), strict=True))
    before = _sizes(services, {name: base[name] for name in contents if name in base})

    def sizes(verdict: Affected) -> tuple[LayerSize | Unknown, LayerSize | Unknown]:
        name = verdict.content.layer_name
        nothing = Unknown(reason="there is no version before")
        held = known.get(_key(verdict.reference), nothing) if verdict.reference else before.get(name, nothing)
        return after[name], held

    return sizes


def _sizes(services: Services, contents: Mapping[str, LayerContent]) -> dict[str, LayerSize | Unknown]:
    return dict(zip(contents, each(lambda content: _size(services, content), contents.values()), strict=True))


def _size(services: Services, content: LayerContent) -> LayerSize | Unknown:
    """Return a size, or why there is none: what is wrong with a wheel is for the build to say, with its exit code."""
    try:
        return services.builder.measure(content)
    except BuildError as error:
        return Unknown(reason=error.message)


def _published(services: Services, version: LayerVersion) -> LayerSize | Unknown:
    if isinstance(services.store, Unavailable):
        return Unknown(reason=services.store.reason)
    return services.store.size(version)


def _key(version: LayerVersion | None) -> str:
    """Versions of one digest, in whatever region, are of one size."""
    if version is None:
        return ""
    return f"{version.arn.name} {version.published.digest if version.published else version.version_arn}"
