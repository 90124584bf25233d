"""What a config that breaks the rules still says for sure, so that what else is wrong can be told in the same run."""

from collections.abc import Iterator

from layer_action.config.lines import Document, Json, Path, read_document
from layer_action.errors import LayerActionError
from layer_action.model.layer import LayerSpec


def sketched(text: str, file: str) -> tuple[LayerSpec, ...]:
    """Return its layers with their names and requirement files, and nothing else that could be relied on.

    () for what is no YAML, or has no layers. A layer whose requirements cannot be told has none here.
    """
    try:
        document = read_document(text, file)
    except LayerActionError:
        return ()
    layers = document.value.get("layers") if isinstance(document.value, dict) else None
    return tuple(_layers(document, layers)) if isinstance(layers, dict) else ()


def _layers(document: Document, layers: dict[str, Json]) -> Iterator[LayerSpec]:
    for name, settings in layers.items():
        path: Path = ("layers", name)
        written = settings
        if isinstance(settings, dict):
            path, written = (*path, "requirements"), settings.get("requirements")
        yield LayerSpec(
            name=name,
            layer_name=name,
            requirements=_texts(written),
            targets=(),
            locations=(("requirements", document.location(path)),),
        )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
