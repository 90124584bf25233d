"""Layer versions in memory, with AWS's semantics: numbers are never reused, content never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layer_action.errors import AwsError, MissingResourceError
from layer_action.formats import description as description_codec
from layer_action.model.function import Unknown, Unread
from layer_action.model.layer import LayerSize, Publication
from layer_action.model.lock import Lock
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.ports.aws import PublishRequest
from layer_action.record import replace
from tests.factories import ACCOUNT, make_layer_arn, make_layer_version
from tests.fake_calls import Calls


@dataclass
class FakeStore:
    """Implements LayerStore. `locks` and `sizes` are by version ARN; what is missing there is Unknown.

    Of the versions in `unread` the lock is there, and nobody gets it.
    """

    calls: Calls = field(default_factory=Calls)
    account_id: str = ACCOUNT
    locks: dict[str, Lock] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    sizes: dict[str, LayerSize] = field(default_factory=dict)
    shared: dict[str, Publication] = field(default_factory=dict)
    _versions: dict[LayerArn, list[LayerVersion]] = field(default_factory=dict)
    _last: dict[LayerArn, int] = field(default_factory=dict)

    def add(self, version: LayerVersion, *, lock: Lock | None = None, size: LayerSize | None = None) -> LayerVersion:
        """Seed a version, ours or foreign; no call is recorded."""
        with self.calls.lock:
            self._versions.setdefault(version.arn, []).append(version)
            self._last[version.arn] = max(self._last.get(version.arn, 0), version.number)
            if lock:
                self.locks[version.version_arn] = lock
            if size:
                self.sizes[version.version_arn] = size
        return version

    def seed(self, name: str = "http", number: int = 1, version: str | None = "1.0.0", **overrides: object) -> str:
        """Seed a version by its factory's arguments; return its ARN."""
        return self.add(make_layer_version(name, number, version, **overrides)).version_arn  # type: ignore[arg-type]

    def exists(self, version_arn: str) -> bool:
        """Tell whether a version is there, without a call."""
        split = LayerArn.of_version(version_arn)
        return split is not None and any(v.version_arn == version_arn for v in self._versions.get(split[0], []))

    def all_versions(self) -> list[LayerVersion]:
        """Return everything that exists, without a call."""
        return [version for versions in self._versions.values() for version in versions]

    def account(self) -> str:
        return self.account_id

    def layer_arn(self, layer_name: str, region: str) -> LayerArn:
        return make_layer_arn(layer_name, region=region, account=self.account_id)

    def versions(self, layer_name: str, region: str) -> tuple[LayerVersion, ...]:
        arn = self.layer_arn(layer_name, region)
        with self.calls.call("versions", str(arn)):
            listed = sorted(self._versions.get(arn, []), key=lambda version: -version.number)
            return tuple(replace(version, code_sha256=None, zipped=None) for version in listed)

    def version(self, layer_name: str, region: str, number: int) -> LayerVersion:
        arn = self.layer_arn(layer_name, region)
        with self.calls.call("version", arn.version(number)):
            return self._get(arn, number)

    def lock(self, version: LayerVersion) -> Lock | Unknown:
        with self.calls.call("lock", version.version_arn):
            if version.version_arn in self.unread:
                return Unread(reason="the server answers 403.", way_out="Let us through to the zip.")
            return self.locks.get(version.version_arn) or Unknown(reason="it carries no lock")

    def size(self, version: LayerVersion) -> LayerSize | Unknown:
        with self.calls.call("size", version.version_arn):
            return self.sizes.get(version.version_arn) or Unknown(reason="its zip cannot be read")

    def unzipped(self, version_arn: str) -> int | Unknown:
        with self.calls.call("unzipped", version_arn):
            size = self.sizes.get(version_arn)
            return size.unzipped if size else Unknown(reason="its zip cannot be read")

    def distributions(self, version_arn: str) -> Mapping[str, str]:
        with self.calls.call("distributions", version_arn):
            lock = self.locks.get(version_arn)
            return {found.name: found.version for found in lock.distributions} if lock else {}

    def publish(self, request: PublishRequest) -> LayerVersion:
        """Publish once; like the real adapter, adopt what a lost answer of ours left behind."""
        content = request.artifact.content
        arn = self.layer_arn(content.layer_name, request.region)
        with self.calls.call("publish", str(arn), writes=True):
            for version in self._versions.get(arn, []):
                if version.number > request.known and version.description == request.description:
                    return version
            number = self._last.get(arn, 0) + 1
            version = LayerVersion(
                arn=arn,
                number=number,
                description=request.description,
                published=description_codec.decode(request.description),
                runtimes=tuple(sorted({target.runtime for target in content.targets})),
                architectures=tuple(sorted({str(target.architecture) for target in content.targets})),
                license=content.spec.publication.license,
                created=f"2026-11-24T00:00:00.{number:03}+0000",
                code_sha256=request.artifact.code_sha256,
                zipped=request.artifact.size.zipped,
            )
            return self.add(version, lock=content.lock, size=request.artifact.size)

    def share(self, version: LayerVersion, publication: Publication) -> tuple[str, ...]:
        with self.calls.call("share", version.version_arn):
            before = self.shared.get(version.version_arn, Publication()).share
            self.shared[version.version_arn] = publication
            return tuple(who for who in publication.share if who not in before)

    def sharers(self, version: LayerVersion) -> tuple[str, ...]:
        with self.calls.call("sharers", version.version_arn):
            return self.shared.get(version.version_arn, Publication()).share

    def delete(self, version: LayerVersion) -> None:
        with self.calls.call("delete", version.version_arn, writes=True):
            self.remove(version)

    def remove(self, version: LayerVersion) -> None:
        """Delete without a call: somebody else did."""
        self._versions[version.arn] = [v for v in self._versions.get(version.arn, []) if v.number != version.number]

    def _get(self, arn: LayerArn, number: int) -> LayerVersion:
        for version in self._versions.get(arn, []):
            if version.number == number:
                return version
        raise MissingResourceError(
            "The resource you requested does not exist.",
            operation="lambda:GetLayerVersion",
            resource=arn.version(number),
        )


def refused(message: str, resource: str) -> AwsError:
    """Return what AWS answers to an update that it will not make."""
    return AwsError(message, operation="lambda:UpdateFunctionConfiguration", resource=resource)
