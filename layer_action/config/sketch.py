"""What a config that breaks the rules still says for sure, so that what else is wrong can be told in the same run."""

from collections.abc import Iterator
from typing import Final

from layer_action.config.lines import Document, Json, Path, as_mapping, read_document
from layer_action.config.load import Environment
from layer_action.errors import LayerActionError
from layer_action.model.layer import LayerSpec
from layer_action.record import field, record

_ACCOUNT_DIGITS: Final = 12


@record
class Sketch:
    """Layers with their names and requirement files; the account and role of the environment, as far as written.

    A layer whose requirements cannot be told has none here.
    """

    layers: tuple[LayerSpec, ...] = ()
    environment: Environment = field(default_factory=Environment)
    may_name_regions: bool = True


def sketched(text: str, file: str, *, environment: str) -> Sketch:
    """Return what can be relied on: nothing at all of what is no YAML."""
    try:
        document = read_document(text, file)
    except LayerActionError:
        return Sketch()
    layers = as_mapping(as_mapping(document.value).get("layers"))
    return Sketch(
        layers=tuple(_layers(document, layers)),
        environment=_environment(document, environment),
        may_name_regions=any(path[-1:] == ("regions",) for path in document.lines),
    )


def _environment(document: Document, name: str) -> Environment:
    written = as_mapping(as_mapping(as_mapping(document.value).get("environments")).get(name))
    account, role = written.get("account", ""), written.get("role", "")
    if not isinstance(account, str) or not isinstance(role, str) or (role and not role.startswith("arn:")):
        return Environment(name=name)
    if not (account.isdecimal() and len(account) == _ACCOUNT_DIGITS):
        account = ""  # the schema's problem, told already
    return Environment(
        name=name, account=account, role=role, location=document.location(("environments", name, "account"))
    )


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
