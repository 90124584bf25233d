"""Small, valid nouns for tests: every argument has a default, so that a test names only what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from semver import Version

from layer_action.formats import description as description_codec
from layer_action.model.function import AttachedLayer, PinnedFunction, Unknown
from layer_action.model.layer import Artifact, Bump, Finding, LayerContent, LayerSize, LayerSpec
from layer_action.model.lock import Lock, LockDiff, LockedDistribution, Wheel
from layer_action.model.plan import (
    FunctionOperation,
    LayerMove,
    LayerOperation,
    Plan,
    PublishLayer,
    Reason,
    RepointFunction,
    Unchanged,
)
from layer_action.model.published import Description, LayerArn, LayerVersion
from layer_action.model.target import Architecture, Target

ACCOUNT = "123456789012"
REGION = "eu-central-1"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ARM_312 = Target(runtime="python3.12", architecture=Architecture.ARM64)
X86_312 = Target(runtime="python3.12", architecture=Architecture.X86_64)


def hex_digest(seed: str, length: int = 64) -> str:
    """Return hexadecimal digits that depend on the seed alone."""
    return sha256(seed.encode()).hexdigest()[:length]


def make_spec(name: str = "http", **overrides: Any) -> LayerSpec:
    """Return a spec for python3.12 on arm64 whose AWS name is its own."""
    values: dict[str, Any] = {
        "layer_name": name,
        "requirements": (f"layers/{name}/requirements.txt",),
        "targets": (ARM_312,),
    }
    return LayerSpec(name=name, **(values | overrides))


def make_distribution(name: str, version: str = "1.0.0", **overrides: Any) -> LockedDistribution:
    """Return a pure wheel whose hash depends on its name and version."""
    wheel = Wheel(
        filename=f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
        sha256=hex_digest(f"{name} {version}"),
        size=1000,
    )
    values: dict[str, Any] = {"origin": wheel, "direct": True}
    return LockedDistribution(name=name, version=version, **(values | overrides))


def make_lock(
    versions: Mapping[str, str] | Iterable[LockedDistribution] | None = None, *, target: Target = ARM_312
) -> Lock:
    """Return a lock of direct, pure wheels, from `{name: version}` or from distributions."""
    if versions is None:
        versions = {"requests": "2.32.3"}
    items = (
        [make_distribution(name, version) for name, version in versions.items()]
        if isinstance(versions, Mapping)
        else list(versions)
    )
    return Lock(target=target, distributions=tuple(sorted(items, key=lambda item: item.name)))


def make_digest(seed: str = "one") -> str:
    """Return a well-formed digest."""
    return f"d1:{hex_digest(seed, 32)}"


def make_content(spec: LayerSpec | None = None, *, seed: str = "one", **overrides: Any) -> LayerContent:
    """Return the content of a spec's first artifact; equal seeds give equal digests."""
    spec = spec or make_spec()
    values: dict[str, Any] = {
        "layer_name": spec.layer_name,
        "targets": spec.targets,
        "lock": make_lock(target=spec.targets[0]),
        "digest": make_digest(seed),
        "inputs_hash": f"i:{hex_digest(seed, 12)}",
    }
    return LayerContent(spec=spec, **(values | overrides))


def make_artifact(content: LayerContent | None = None, **overrides: Any) -> Artifact:
    """Return an artifact whose CodeSha256 depends on its content's digest. No file is written."""
    content = content or make_content()
    values: dict[str, Any] = {
        "path": Path("artifacts") / f"{content.layer_name}.zip",
        "code_sha256": hex_digest(content.digest, 43) + "=",
        "size": make_size(),
    }
    return Artifact(content=content, **(values | overrides))


def make_size(zipped: int = 1_000_000, unzipped: int = 3_000_000, **overrides: Any) -> LayerSize:
    """Return sizes in bytes."""
    return LayerSize(zipped=zipped, unzipped=unzipped, **overrides)


def make_finding(**overrides: Any) -> Finding:
    """Return a warning."""
    from layer_action.model.layer import Severity  # noqa: PLC0415 - one name of many

    return Finding(**({"severity": Severity.WARNING, "check": "example", "message": "Something is odd."} | overrides))


def make_layer_arn(name: str = "http", *, region: str = REGION, account: str = ACCOUNT) -> LayerArn:
    """Return the ARN of a layer of our account."""
    return LayerArn(partition="aws", region=region, account=account, name=name)


def make_description(
    version: str = "1.0.0", *, digest: str | None = None, commit: str = COMMIT[:12], **overrides: Any
) -> Description:
    """Return what our description of a version says."""
    values: dict[str, Any] = {
        "summary": "first version",
        "digest": digest or make_digest(),
        "inputs_hash": f"i:{hex_digest('one', 12)}",
        "commit": commit,
    }
    return Description(version=Version.parse(version), **(values | overrides))


def make_layer_version(
    name: str = "http",
    number: int = 1,
    version: str | None = "1.0.0",
    *,
    region: str = REGION,
    digest: str | None = None,
    commit: str = COMMIT[:12],
    **overrides: Any,
) -> LayerVersion:
    """Return a version that we wrote; with `version=None` a foreign one."""
    ours = None if version is None else make_description(version, digest=digest, commit=commit)
    values: dict[str, Any] = {
        "arn": make_layer_arn(name, region=region),
        "number": number,
        "description": description_codec.encode(ours) if ours else "made by hand",
        "published": ours,
        "runtimes": ("python3.12",),
        "architectures": ("arm64",),
        "created": "2026-01-01T00:00:00.000+0000",
    }
    return LayerVersion(**(values | overrides))


def make_function(
    name: str = "checkout", layers: Sequence[str] = (), *, region: str = REGION, **overrides: Any
) -> PinnedFunction:
    """Return a ready function on python3.12 and arm64; `layers` are version ARNs in order."""
    values: dict[str, Any] = {
        "arn": f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}",
        "runtime": "python3.12",
        "architecture": "arm64",
        "layers": tuple(AttachedLayer(arn=arn) for arn in layers),
        "revision_id": "r0",
        "code_sha256": hex_digest(f"code {name}", 43) + "=",
        "state": "Active",
        "status": "Successful",
    }
    return PinnedFunction(name=name, region=region, **(values | overrides))


def make_reason(text: str = "requests 2.31.0 → 2.32.3", **overrides: Any) -> Reason:
    """Return a reason without a location."""
    return Reason(text=text, **overrides)


def make_publication(content: LayerContent | None = None, version: str = "1.1.0", **overrides: Any) -> PublishLayer:
    """Return the publication of a minor version after 1.0.0 (number 1), which held other content."""
    content = content or make_content(seed="two")
    region = overrides.get("region", REGION)
    previous = overrides.get("previous", make_layer_version(content.layer_name, region=region))
    changes: LockDiff = ()
    described = make_description(version, digest=content.digest, inputs_hash=content.inputs_hash)
    values: dict[str, Any] = {
        "region": region,
        "version": Version.parse(version),
        "bump": Bump.MINOR,
        "previous": previous,
        "reason": make_reason(),
        "description": description_codec.encode(described),
        "changes": changes,
        "size": make_size(),
        "before": make_size(),
    }
    return PublishLayer(content=content, **(values | overrides))


def make_unchanged(spec: LayerSpec | None = None, **overrides: Any) -> Unchanged:
    """Return an unchanged layer at 1.0.0, number 1."""
    spec = spec or make_spec()
    values: dict[str, Any] = {
        "layer_name": spec.layer_name,
        "region": REGION,
        "current": make_layer_version(spec.layer_name),
        "reason": make_reason("nothing changed"),
    }
    return Unchanged(spec=spec, **(values | overrides))


def make_move(
    layer: str = "http", *, before: int = 1, to: int | None = None, version: str = "1.1.0", region: str = REGION
) -> LayerMove:
    """Return a move of one entry; without `to` the version is still to be published."""
    arn = make_layer_arn(layer, region=region)
    return LayerMove(
        layer=layer,
        layer_name=layer,
        before=arn.version(before),
        to=None if to is None else arn.version(to),
        version=Version.parse(version),
    )


def make_repoint(function: PinnedFunction, *moves: LayerMove, unzipped: int | Unknown = 5_000_000) -> RepointFunction:
    """Return the operation that makes the moves (default: `http` from number 1)."""
    return RepointFunction(function=function, moves=moves or (make_move(region=function.region),), unzipped=unzipped)


def make_plan(
    layers: Sequence[LayerOperation] = (), functions: Sequence[FunctionOperation] = (), **overrides: Any
) -> Plan:
    """Return a plan of the operations given."""
    values: dict[str, Any] = {"findings": (), "commit": COMMIT, "compared_with": "the versions published in AWS"}
    return Plan(layers=tuple(layers), functions=tuple(functions), **(values | overrides))
