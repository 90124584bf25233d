"""`show`: the lock inside a published version."""

from collections.abc import Sequence

from layer_action.decide.diff import diff
from layer_action.errors import AwsError, InputError, MissingResourceError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSize
from layer_action.model.lock import DistributionChange, Lock, Source, SourceKind, Wheel
from layer_action.model.published import LayerVersion
from layer_action.model.target import Target
from layer_action.ports.aws import LayerStore
from layer_action.record import record


@record
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
    """Read one version, the newest without a number. Raises InputError for one that does not exist, AwsError."""
    if number is None:
        versions = store.versions(layer_name, region)
        if not versions:
            raise InputError(
                f"the layer {layer_name} has no version in {region}", hint="Publish it first, or name its region."
            )
        number = versions[0].number
    try:
        version = store.version(layer_name, region, number)
    except MissingResourceError as error:
        known = ", ".join(str(found.number) for found in store.versions(layer_name, region)) or "none"
        raise InputError(
            f"the layer {layer_name} has no version {number} in {region}", hint=f"There are: {known}."
        ) from error
    lock = store.lock(version)
    if isinstance(lock, Unknown):
        raise AwsError(f"{version.version_arn} cannot be read: {lock.reason}")
    return Shown(version=version, lock=lock, size=store.size(version))


def requirements_text(locks: Sequence[Lock]) -> str:
    """Return locks as requirements that pip and uv install again on each of their targets.

    A version that several locks agree on is one line with all its hashes; where they differ, markers tell them apart.
    What was built from a folder or a commit is a comment: it has no hash to install by, and an index may hold a
    stranger's distribution of that name.
    """
    found: dict[str, dict[str, list[Lock]]] = {}
    for lock in locks:
        for distribution in lock.distributions:
            found.setdefault(distribution.name, {}).setdefault(distribution.version, []).append(lock)
    return "".join(
        _line(name, version, holders, everywhere=len(holders) == len(locks))
        for name, versions in sorted(found.items())
        for version, holders in versions.items()
    )


def _line(name: str, version: str, holders: Sequence[Lock], *, everywhere: bool) -> str:
    origins = [found.origin for lock in holders if (found := lock.get(name))]
    source = next((origin for origin in origins if isinstance(origin, Source)), None)
    if source and source.kind is not SourceKind.SDIST:
        return f"# {name} {version} is built from {source.location}, {source.identity}\n"
    hashes = dict.fromkeys(origin.sha256 if isinstance(origin, Wheel) else origin.identity for origin in origins)
    marker = "" if everywhere else " ; " + " or ".join(f"({_marker(lock.target)})" for lock in holders)
    return f"{name}=={version}{marker}{''.join(f' --hash=sha256:{_hex(found)}' for found in hashes)}\n"


def _hex(identity: str) -> str:
    return identity.removeprefix("sha256:")


def _marker(target: Target) -> str:
    return f"python_version == '{target.python}' and platform_machine == '{target.machine}'"


def heading(shown: Shown) -> str:
    """Return a comment line that says what the requirements below it are."""
    version = shown.version
    ours = f" {version.published.version}" if version.published else ""
    return f"# {version.arn.name}:{version.number}{ours}, {shown.lock.target}\n"


def as_row(shown: Shown) -> dict[str, object]:
    """Return one published version as values for JSON."""
    version = shown.version
    return {
        "name": version.arn.name,
        "region": version.arn.region,
        "number": version.number,
        "arn": version.version_arn,
        "version": str(version.published.version) if version.published else "",
        "digest": version.published.digest if version.published else "",
        "description": version.description,
        "code-sha256": version.code_sha256,
        "zipped": version.zipped,
        "unzipped": None if isinstance(shown.size, Unknown) else shown.size.unzipped,
        "distributions": [
            {"name": d.name, "version": d.version, "direct": d.direct, "identity": d.identity}
            for d in shown.lock.distributions
        ],
    }


def difference(before: Shown, after: Shown) -> list[dict[str, object]]:
    """Return what changed between two versions of one layer, one row a distribution."""
    return [_row(after.version.arn.name, change) for change in diff(before.lock, after.lock)]


def _row(name: str, change: DistributionChange) -> dict[str, object]:
    return {
        "name": name,
        "distribution": change.name,
        "before": change.before,
        "after": change.after,
        "direct": change.direct,
    }


def difference_text(rows: Sequence[dict[str, object]]) -> str:
    """Return a difference as lines of text."""
    lines = [f"{row['name']}: {row['distribution']} {row['before'] or '-'} -> {row['after'] or '-'}\n" for row in rows]
    return "".join(lines) or "The same distributions.\n"
