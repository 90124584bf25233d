"""What the stand-in remembers: plain records, one region of one account at a time."""

import base64
import hashlib
import io
import threading
import time
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.standins.aws.errors import ApiError, invalid
from tests.standins.aws.faults import FaultPlan

DEFAULT_ACCOUNT: Final = "111122223333"


@dataclass(slots=True, kw_only=True)
class Limits:
    """Lambda's limits; tests lower them rather than send 70 MB. Rates are calls a second for an account and region."""

    request_bytes: int = 70_167_211
    direct_zip_bytes: int = 52_428_800
    unzipped_bytes: int = 262_144_000
    page: int = 50
    shared_rate: float | None = None  # AWS: 15
    get_function_rate: float | None = None  # AWS: 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One recorded call. `outcome` is the HTTP status, the error's code, or `lost`."""

    number: int
    service: str
    operation: str
    resource: str
    account: str
    region: str
    parameters: dict[str, Any]
    at: float
    outcome: str

    @property
    def action(self) -> str:
        """The IAM action that it needs."""
        return action_of(self.service, self.operation)


def action_of(service: str, operation: str) -> str:
    """Return the IAM action of an operation: GetLayerVersionByArn has none of its own, HeadObject is GetObject."""
    renamed = {"GetLayerVersionByArn": "GetLayerVersion", "HeadObject": "GetObject"}
    return f"{'cloudwatch' if service == 'monitoring' else service}:{renamed.get(operation, operation)}"


@dataclass(slots=True, kw_only=True)
class LayerVersionRecord:
    arn: str
    number: int
    description: str
    created: str
    blob: str
    code_sha256: str
    code_size: int
    unzipped: int
    runtimes: list[str] | None = None
    architectures: list[str] | None = None
    license: str | None = None
    policy: dict[str, dict[str, str | None]] = field(default_factory=dict)
    policy_revision: str = ""
    born: float = 0.0


@dataclass(slots=True, kw_only=True)
class LayerRecord:
    name: str
    arn: str
    newest: int = 0
    versions: dict[int, LayerVersionRecord] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class AliasRecord:
    name: str
    version: str
    description: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    revision_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True, kw_only=True)
class Configuration:
    """The part of a function that PublishVersion copies."""

    runtime: str = "python3.12"
    architecture: str = "x86_64"
    package_type: str = "Zip"
    blob: str = ""
    code_sha256: str = ""
    code_size: int = 0
    unzipped: int = 0
    layers: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    description: str = ""
    memory: int = 128
    timeout: int = 3
    handler: str = "app.handler"
    revision_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    does_not_start: str = ""  # a published version whose SnapStart failed, and why


@dataclass(slots=True, kw_only=True)
class FunctionRecord:
    name: str
    arn: str
    configuration: Configuration
    tags: dict[str, str] = field(default_factory=dict)
    state: str = "Active"
    status: str = "Successful"
    status_reason: str = ""
    master_arn: str = ""
    settles_at: float | None = None
    fails_with: str = ""
    before_update: list[str] = field(default_factory=list)
    changed_since_version: bool = True
    newest_version: int = 0
    versions: dict[str, Configuration] = field(default_factory=dict)
    aliases: dict[str, AliasRecord] = field(default_factory=dict)

    def renew_revision(self) -> None:
        """Every change gives `$LATEST` another RevisionId."""
        self.configuration.revision_id = str(uuid.uuid4())


@dataclass(slots=True, kw_only=True)
class BucketRecord:
    name: str
    region: str
    account: str
    objects: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Region:
    """What one account has in one region."""

    account: str
    name: str
    layers: dict[str, LayerRecord] = field(default_factory=dict)
    functions: dict[str, FunctionRecord] = field(default_factory=dict)
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    parameter_tags: dict[str, dict[str, str]] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    buckets_of_calls: dict[str, list[float]] = field(default_factory=dict)

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a function or layer of this region."""
        return f"arn:{self.partition}:lambda:{self.name}:{self.account}:{kind}:{name}"

    @property
    def partition(self) -> str:
        """What ARNs of this region begin with."""
        beginnings = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for start, name in beginnings.items() if self.name.startswith(start)), "aws")

    @property
    def caller(self) -> str:
        """Who asks, where nobody assumed a role."""
        return f"arn:{self.partition}:iam::{self.account}:user/deployer"


@dataclass(slots=True, kw_only=True)
class World:
    """All accounts and regions, and how AWS shall behave."""

    clock: Callable[[], float] = time.monotonic
    limits: Limits = field(default_factory=Limits)
    update_seconds: float = 0.02
    failed_shows_attempted: bool = True
    endpoint: str = ""
    account: str = DEFAULT_ACCOUNT
    regions: dict[tuple[str, str], Region] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    buckets: dict[str, BucketRecord] = field(default_factory=dict)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)  # access key: account, ARN of the caller
    roles: set[str] | None = None  # that may be assumed; None: any
    organizations: dict[str, str] = field(default_factory=dict)  # account: organisation id
    session_seconds: float | None = None  # how long an assumed role says it lasts; None: what was asked
    expired: set[str] = field(default_factory=set)  # access keys; "*" for all
    denied: list[tuple[str, str]] = field(default_factory=list)  # action, glob of the resource
    policy: list[dict[str, Any]] | None = None  # statements: what they do not allow is refused; None: all is allowed
    failing_versions: dict[str, str] = field(default_factory=dict)  # function: why its next version does not start
    failing_updates: list[tuple[str, str, str]] = field(default_factory=list)  # function, substring of a layer, reason
    unknown_seconds: float = 0.0  # after its publication, in which a version cannot be attached or shared yet
    frozen_runtimes: set[str] = field(default_factory=set)  # whose functions take no updates
    no_architectures: set[str] = field(default_factory=set)  # regions that refuse CompatibleArchitectures
    calls: list[Call] = field(default_factory=list)
    faults: FaultPlan = field(default_factory=FaultPlan)
    lock: threading.RLock = field(default_factory=threading.RLock)
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def region(self, account: str, name: str) -> Region:
        """Return (and begin) what an account has in a region."""
        return self.regions.setdefault((account, name), Region(account=account, name=name))

    def keep(self, content: bytes) -> tuple[str, str]:
        """Store bytes; return their key and their sha256 in base64, as CodeSha256 has it."""
        digest = hashlib.sha256(content)
        self.blobs[digest.hexdigest()] = content
        return digest.hexdigest(), base64.b64encode(digest.digest()).decode()

    def location(self, blob: str) -> str:
        """Return what stands for a presigned URL."""
        return f"{self.endpoint}/_content/{blob}?X-Amz-Expires=600&X-Amz-Signature=0"


def unzipped_size(content: bytes, limits: Limits) -> int:
    """Open a zip as Lambda does at upload, and return its unzipped size. Raises ApiError in Lambda's words."""
    if not content:
        raise invalid("Uploaded file must be a non-empty zip")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if not members:
        raise invalid("Uploaded file must be a non-empty zip")
    size = sum(member.file_size for member in members)
    if size >= limits.unzipped_bytes:
        raise invalid(f"Unzipped size must be smaller than {limits.unzipped_bytes} bytes")
    return size


def page(items: list[Any], marker: str | None, asked: int | None, limits: Limits) -> tuple[list[Any], str | None]:
    """Return one page and the marker of the next; a marker that we did not give is refused."""
    start = 0
    if marker:
        try:
            start = int(base64.urlsafe_b64decode(marker.encode()).decode().removeprefix("at:"))
        except ValueError:
            raise ApiError("InvalidParameterValueException", "Invalid Marker.") from None
    end = start + min(asked or limits.page, limits.page)
    return items[start:end], base64.urlsafe_b64encode(f"at:{end}".encode()).decode() if end < len(items) else None
