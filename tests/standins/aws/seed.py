"""What is there before a test begins: functions, layer versions, and edits that others make meanwhile."""

import copy
import io
import zipfile
from collections.abc import Mapping, Sequence

from tests.standins.aws import layers
from tests.standins.aws.state import DEFAULT_ACCOUNT, AliasRecord, Configuration, FunctionRecord, World


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip that holds files, the same bytes for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def add_layer_version(
    world: World,
    name: str,
    *,
    content: bytes | None = None,
    description: str = "",
    runtimes: Sequence[str] | None = None,
    architectures: Sequence[str] | None = None,
    unzipped: int | None = None,
    region: str = "us-east-1",
    account: str = DEFAULT_ACCOUNT,
    shared_with: str = "",
) -> str:
    """Add one more version of a layer and return its ARN.

    `unzipped` (bytes) overrides what the zip really holds; `shared_with` is an account or `*`.
    """
    content = zip_of({"python/x.py": name.encode()}) if content is None else content
    size = sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist())
    given: dict[str, object] = {"Description": description}
    given |= {"CompatibleRuntimes": list(runtimes)} if runtimes is not None else {}
    given |= {"CompatibleArchitectures": list(architectures)} if architectures is not None else {}
    with world.lock:
        place = world.region(account, region)
        record = layers.add_version(world, place, name, content, size if unzipped is None else unzipped, given)
        if shared_with:
            record.policy["shared"] = {"principal": shared_with, "organization": None}
    return record.arn


def add_function(
    world: World,
    name: str,
    *,
    layers: Sequence[str] = (),
    runtime: str = "python3.12",
    architecture: str = "x86_64",
    package_type: str = "Zip",
    tags: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    code: bytes | None = None,
    unzipped: int | None = None,
    region: str = "us-east-1",
    account: str = DEFAULT_ACCOUNT,
    versions: int = 0,
    aliases: Mapping[str, str] | None = None,
) -> str:
    """Add an active function and return its ARN.

    Its layers are taken as they are, unchecked. `versions` are published of it; `aliases` maps names to versions.
    """
    content = zip_of({"app.py": b"def handler(event, context): return event\n"}) if code is None else code
    with world.lock:
        place = world.region(account, region)
        blob, code_sha256 = world.keep(content)
        size = sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist())
        configuration = Configuration(
            runtime=runtime,
            architecture=architecture,
            package_type=package_type,
            layers=list(layers),
            environment=dict(environment or {}),
            blob=blob,
            code_sha256=code_sha256,
            code_size=len(content),
            unzipped=size if unzipped is None else unzipped,
        )
        record = FunctionRecord(name=name, arn=place.arn("function", name), configuration=configuration)
        record.tags = dict(tags or {})
        for number in range(1, versions + 1):
            record.newest_version = number
            record.versions[str(number)] = copy.deepcopy(configuration)
            record.changed_since_version = False
        record.aliases = {alias: AliasRecord(name=alias, version=version) for alias, version in (aliases or {}).items()}
        place.functions[name] = record
    return record.arn


def edit_layers(
    world: World, name: str, layers: Sequence[str], *, region: str = "us-east-1", account: str = DEFAULT_ACCOUNT
) -> None:
    """Change a function's layers as somebody else would, at once: its RevisionId changes."""
    with world.lock:
        record = world.region(account, region).functions[name]
        record.configuration.layers = list(layers)
        record.changed_since_version = True
        record.renew_revision()
