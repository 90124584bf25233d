"""`show`: the lock inside a published version."""

from dataclasses import dataclass

from layer_action.errors import AwsError, InputError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSize, LayerVersion
from layer_action.model.lock import Lock, Wheel
from layer_action.ports import LayerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One published version and what it holds."""

    version: LayerVersion
    lock: Lock
    size: LayerSize | Unknown


def parse_reference(text: str) -> tuple[str, int | None]:
    """Split `LAYER[:N]`. Raises InputError when N is no number."""
    name, colon, number = text.partition(":")
    if colon and not number.isdecimal():
        raise InputError(f"{text!r} is not LAYER or LAYER:NUMBER", hint="Write, for instance, `show http:12`.")
    return name, int(number) if number else None


def show(store: LayerStore, layer_name: str, number: int | None, region: str) -> Shown:
    """Read one version, the newest without a number. Raises InputError for a layer without versions, AwsError."""
    if number is None:
        versions = store.versions(layer_name, region)
        if not versions:
            raise InputError(
                f"the layer {layer_name} has no version in {region}", hint="Publish it first, or name its region."
            )
        number = versions[0].number
    version = store.version(layer_name, region, number)
    lock = store.lock(version)
    if isinstance(lock, Unknown):
        raise AwsError(f"{version.version_arn} cannot be read: {lock.reason}")
    return Shown(version=version, lock=lock, size=store.size(version))


def requirements_text(lock: Lock) -> str:
    """Return the lock as requirements that pip and uv install again: exact versions, and hashes where they are known."""
    return "".join(
        _line(d.name, d.version, d.origin.sha256 if isinstance(d.origin, Wheel) else "") for d in lock.distributions
    )


def _line(name: str, version: str, sha256: str) -> str:
    return f"{name}=={version}" + (f" --hash=sha256:{sha256}" if sha256 else "") + "\n"
