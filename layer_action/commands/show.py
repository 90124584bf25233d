"""`show`: the lock inside a published version."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from layer_action.decide.diff import diff
from layer_action.errors import AwsError, InputError, MissingResourceError
from layer_action.model.function import Unknown, Unread
from layer_action.model.layer import LayerSize
from layer_action.model.lock import DistributionChange, Lock, Source, SourceKind, Wheel
from layer_action.model.published import LayerVersion
from layer_action.model.target import RUNTIMES, Architecture, Target
from layer_action.ports.aws import LayerStore
from layer_action.record import record

_NUMBERS: Final = 1 << 31  # AWS counts from 1; what is far beyond any count it calls malformed


@record
class Shown:
    """One published version and what it holds."""

    version: LayerVersion
    lock: Lock
    size: LayerSize | Unknown

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that it was published for; its lock's where AWS was told none."""
        known = {architecture.value: architecture for architecture in Architecture}
        machines = [known[word] for word in self.version.architectures if word in known]
        runtimes = [runtime for runtime in RUNTIMES if runtime in self.version.runtimes]
        return tuple(Target(runtime=r, architecture=a) for r in runtimes for a in machines) or (self.lock.target,)


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
    version = _version(store, layer_name, number, region)
    lock = store.lock(version)
    if isinstance(lock, Unknown):
        way_out = lock.way_out if isinstance(lock, Unread) else ""
        raise AwsError(f"{version.version_arn} cannot be read: {lock.reason}", hint=way_out)
    return Shown(version=version, lock=lock, size=store.size(version))


def _version(store: LayerStore, layer_name: str, number: int, region: str) -> LayerVersion:
    with suppress(MissingResourceError):
        if 0 < number < _NUMBERS:
            return store.version(layer_name, region, number)
    known = ", ".join(str(found.number) for found in store.versions(layer_name, region)) or "none"
    raise InputError(f"the layer {layer_name} has no version {number} in {region}", hint=f"There are: {known}.")


def requirements_text(shown: Sequence[Shown]) -> str:
    """Return the locks of versions as requirements that pip and uv install again on each of their targets.

    A distribution that several locks agree on is one line with all its hashes; where they differ, markers tell them
    apart. What was built from a folder or a commit is a comment: it has no hash to install by, and an index may hold a
    stranger's distribution of that name.
    """
    found: dict[str, dict[str, list[Shown]]] = {}
    for one in shown:
        for distribution in one.lock.distributions:
            found.setdefault(distribution.name, {}).setdefault(distribution.version, []).append(one)
    return "".join(
        _line(name, version, holders, everywhere=len(holders) == len(shown))
        for name, versions in sorted(found.items())
        for version, holders in versions.items()
    )


def _line(name: str, version: str, holders: Sequence[Shown], *, everywhere: bool) -> str:
    origins = [found.origin for holder in holders if (found := holder.lock.get(name))]
    source = next((origin for origin in origins if isinstance(origin, Source)), None)
    if source and source.kind is not SourceKind.SDIST:
        return f"# {name} {version} is built from {source.location}, {source.identity}\n"
    hashes = dict.fromkeys(origin.sha256 if isinstance(origin, Wheel) else origin.identity for origin in origins)
    markers = [] if everywhere else [f"({_marker(target)})" for holder in holders for target in holder.targets]
    marker = f" ; {' or '.join(markers)}" if markers else ""
    return f"{name}=={version}{marker}{''.join(f' --hash=sha256:{_hex(found)}' for found in hashes if found)}\n"


def _hex(identity: str) -> str:
    return identity.removeprefix("sha256:")


def _marker(target: Target) -> str:
    return f"python_version == '{target.python}' and platform_machine == '{target.machine}'"


def heading(shown: Shown) -> str:
    """Return a comment line that says what the requirements below it are."""
    version, targets = shown.version, shown.targets
    ours = f" {version.published.version}" if version.published else ""
    pythons, machines = (
        ", ".join(dict.fromkeys(words))
        for words in ([target.python for target in targets], [str(target.architecture) for target in targets])
    )
    unhashed = any(isinstance(found.origin, Wheel) and not found.origin.sha256 for found in shown.lock.distributions)
    lockless = "; it carries no lock: these are the names in its zip" if unhashed else ""
    return f"# {version.arn.name}:{version.number}{ours}, {pythons} {machines}{lockless}\n"


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
        "targets": [str(target) for target in shown.targets],
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
    return [_row(before, after, change) for change in diff(before.lock, after.lock)]


def _row(before: Shown, after: Shown, change: DistributionChange) -> dict[str, object]:
    held = [shown.lock.get(change.name) for shown in (before, after)]
    identities = [found.identity if found else None for found in held]
    return {
        "name": after.version.arn.name,
        "distribution": change.name,
        "before": change.before,
        "after": change.after,
        "identity-before": identities[0],
        "identity-after": identities[1],
        "direct": change.direct,
    }


def difference_text(rows: Sequence[dict[str, object]]) -> str:
    """Return a difference as lines of text."""
    return "".join(f"{row['name']}: {_changed(row)}\n" for row in rows) or "The same distributions.\n"


def _changed(row: Mapping[str, object]) -> str:
    if row["before"] == row["after"]:
        return f"{row['distribution']} {row['after']}, with other content"
    return f"{row['distribution']} {row['before'] or '-'} -> {row['after'] or '-'}"
