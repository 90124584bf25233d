"""The lock that a layer carries at its root: PEP 751, with file names, sizes and hashes, without URLs and dates.

What PEP 751 has no word for stands in `[tool.lambda-layer-action]` and `[packages.tool.lambda-layer-action]`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

from layer_action.errors import BuildError
from layer_action.model.lock import Lock, LockedDistribution, Source, SourceKind, Wheel
from layer_action.model.target import RUNTIMES, Architecture, Target

if TYPE_CHECKING:
    from packaging.pylock import Package, Pylock

TOOL: Final = "lambda-layer-action"
CREATED_BY: Final = TOOL

# TOML as tomli_w takes it
Value: TypeAlias = "str | int | bool | Sequence[Value] | Mapping[str, Value]"


def embedded_path(layer_name: str) -> str:
    """Return where a layer's zip holds its lock. AWS's layer names have no dots, as PEP 751 wants it."""
    return f"lambda-layer/pylock.{layer_name}.toml"


def encode(*, layer_name: str, targets: Sequence[Target], lock: Lock, digest: str) -> bytes:
    """Return the lock as TOML; the same values give the same bytes, whatever their order."""
    import tomli_w  # noqa: PLC0415 - only a build writes locks

    distributions = sorted(lock.distributions, key=lambda found: found.name)
    document: dict[str, Value] = {
        "lock-version": "1.0",
        "created-by": CREATED_BY,
        "requires-python": f">={min(targets, key=lambda target: target.python_version).python}",
        "packages": [_package(found, distributions) for found in distributions],
        "tool": {
            TOOL: {
                "layer": layer_name,
                "targets": [f"{target.runtime}/{target.architecture}" for target in sorted(targets)],
                "digest": digest,
                "direct": [found.name for found in distributions if found.direct],
            }
        },
    }
    return tomli_w.dumps(document).encode()


def decode(data: bytes) -> Lock:
    """Return the lock of the first target. Raises BuildError for what `encode` did not write."""
    import tomllib  # noqa: PLC0415 - a build only writes

    from packaging.pylock import Pylock, PylockValidationError  # noqa: PLC0415

    try:
        return _lock(Pylock.from_dict(tomllib.loads(data.decode())))
    except (ValueError, RecursionError, PylockValidationError, LookupError, TypeError) as error:
        raise BuildError(
            f"The lock in the layer cannot be read: {error}", hint="Publish the layer again, and it gets a new one."
        ) from error


def _package(found: LockedDistribution, all_of_them: Sequence[LockedDistribution]) -> dict[str, Value]:
    package: dict[str, Value] = {"name": found.name, "version": found.version}
    if needed := sorted(other.name for other in all_of_them if found.name in other.required_by):
        package["dependencies"] = [{"name": name} for name in needed]
    match found.origin:
        case Wheel(filename=filename, sha256=sha256, size=size):
            package["wheels"] = [_file(filename, sha256, size)]
        case Source() as source:
            package |= _source(source)
            package["tool"] = {TOOL: {"identity": source.identity}}
    return package


def _file(filename: str, sha256: str, size: int | None = None) -> dict[str, Value]:
    known: dict[str, Value] = {} if size is None else {"size": size}
    return {"path": filename, **known, "hashes": {"sha256": sha256}}


def _source(source: Source) -> dict[str, Value]:
    inside: dict[str, Value] = {"subdirectory": source.subdirectory} if source.subdirectory else {}
    identity = source.identity.partition(":")[2]
    match source.kind:
        case SourceKind.DIRECTORY:
            return {"directory": {"path": source.location, **inside}}
        case SourceKind.SDIST if inside:
            return {"archive": {**_file(_basename(source.location), identity), **inside}}
        case SourceKind.SDIST:
            return {"sdist": _file(_basename(source.location), identity)}
        case SourceKind.VCS:
            url = without_credentials(source.location.removeprefix("git+"))
            asked: dict[str, Value] = {"requested-revision": source.requested} if source.requested else {}
            return {"vcs": {"type": "git", "url": url, **asked, "commit-id": identity, **inside}}


def _basename(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def without_credentials(url: str) -> str:
    """Return an URL with neither user name nor password; over SSH the user name is no secret, and needed."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    user = f"{login.partition(':')[0]}@" if login and parts.scheme.endswith("ssh") else ""
    return urlunsplit(parts._replace(netloc=f"{user}{host}"))


def _lock(lock: "Pylock") -> Lock:
    ours = (lock.tool or {})[TOOL]
    direct = frozenset(ours["direct"])
    required_by: dict[str, list[str]] = {}
    for package in lock.packages:
        for dependency in package.dependencies or ():
            required_by.setdefault(str(dependency["name"]), []).append(package.name)
    return Lock(
        target=_target(str(ours["targets"][0])),
        distributions=tuple(
            LockedDistribution(
                name=package.name,
                version=str(package.version),
                origin=_origin(package),
                direct=package.name in direct,
                required_by=tuple(sorted(required_by.get(package.name, ()))),
            )
            for package in sorted(lock.packages, key=lambda package: package.name)
        ),
    )


def _target(text: str) -> Target:
    runtime, _, architecture = text.partition("/")
    if runtime not in RUNTIMES:
        raise ValueError(f"{runtime} is no runtime that we know")
    return Target(runtime=runtime, architecture=Architecture(architecture))


def _origin(package: "Package") -> Wheel | Source:
    from packaging.pylock import PackageDirectory, PackageSdist, PackageVcs  # noqa: PLC0415

    if package.wheels:
        wheel = package.wheels[0]
        return Wheel(filename=wheel.filename, sha256=wheel.hashes["sha256"], size=wheel.size)
    identity = str((package.tool or {})[TOOL]["identity"])
    match package.directory or package.vcs or package.sdist or package.archive:
        case PackageDirectory(path=path, subdirectory=inside):
            return Source(kind=SourceKind.DIRECTORY, location=path, identity=identity, subdirectory=inside or "")
        case PackageVcs(url=url, subdirectory=inside, requested_revision=revision):
            return Source(
                kind=SourceKind.VCS,
                location=f"git+{url}",
                identity=identity,
                subdirectory=inside or "",
                requested=revision or "",
            )
        case PackageSdist(filename=filename):
            return Source(kind=SourceKind.SDIST, location=filename, identity=identity)
        case archive if archive is not None:
            return Source(
                kind=SourceKind.SDIST,
                location=archive.path or "",
                identity=identity,
                subdirectory=archive.subdirectory or "",
            )
        case _:
            raise ValueError(f"{package.name} has neither wheel nor source")
