"""PublishLayerVersion, exactly once: it is not idempotent, and its answer can be lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from layer_action.aws import storage
from layer_action.aws.hints import NO_ARCHITECTURES
from layer_action.aws.translate import translating
from layer_action.errors import AmbiguousError, AwsError, PartialApplyError, ThrottledError
from layer_action.formats import description as description_codec
from layer_action.model.layer import DIRECT_LIMIT, Artifact
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.ports.aws import PublishRequest

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import PublishLayerVersionResponseTypeDef

    from layer_action.aws.session import AwsSession

# In base64 the largest direct upload is a request of 67 MiB: where there is a bucket, zips go through S3 a bit earlier.
THROUGH_S3_FROM: Final = 45 << 20
_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 2.0  # seconds, doubled each time
_MOST_RUNTIMES: Final = 15


class Publisher:
    """Publishes to any region of one account. `versions` and `version` are those of the store."""

    def __init__(
        self,
        session: "AwsSession",
        versions: Callable[[str, str], tuple[LayerVersion, ...]],
        version: Callable[[str, str, int], LayerVersion],
    ) -> None:
        """Keep what reaches AWS."""
        self._session = session
        self._versions = versions
        self._version = version

    def publish(self, arn: LayerArn, request: PublishRequest) -> LayerVersion:
        """Publish, or find what an earlier attempt published.

        Raises AwsError when nothing was published, PartialApplyError when the version is there and is not as it should.
        """
        version = self._once(arn, request)
        self._session.recent.add(version.version_arn)
        if version.code_sha256 != request.artifact.code_sha256:
            raise PartialApplyError(
                f"{version.version_arn} was published, but AWS holds other bytes than were built: "
                f"CodeSha256 {version.code_sha256} instead of {request.artifact.code_sha256}.",
                hint="Delete that version and check who else writes to the bucket; then run again.",
            )
        return version

    def _once(self, arn: LayerArn, request: PublishRequest) -> LayerVersion:
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                version = _version_of(arn, request, self._ask(arn, request))
            except (AmbiguousError, ThrottledError) as error:
                # the lost request may still be on its way: look only after a while
                self._session.clock.sleep(pause)
                pause *= 2
                if isinstance(error, AmbiguousError) and (found := self._published_unheard(arn, request, error)):
                    return found
                if attempt == _ATTEMPTS:
                    raise
            else:
                return self._lowest(arn, request, version)
        raise AssertionError  # the loop either returns or raises

    def _published_unheard(self, arn: LayerArn, request: PublishRequest, lost: AmbiguousError) -> LayerVersion | None:
        try:
            return next(iter(self._twins(arn, request)), None)
        except AwsError as error:
            raise lost from error

    def _lowest(self, arn: LayerArn, request: PublishRequest, version: LayerVersion) -> LayerVersion:
        """Return the version that all runs take which published the same at once."""
        try:
            return next(iter(self._twins(arn, request, below=version.number)), version)
        except AwsError:
            return version  # it is published, whatever else goes wrong

    def _ask(self, arn: LayerArn, request: PublishRequest) -> "PublishLayerVersionResponseTypeDef":
        try:
            return self._call(arn, request, architectures=True)
        except AwsError as error:
            # some regions do not know the field
            if NO_ARCHITECTURES not in error.message:
                raise
            return self._call(arn, request, architectures=False)

    def _call(
        self, arn: LayerArn, request: PublishRequest, *, architectures: bool
    ) -> "PublishLayerVersionResponseTypeDef":
        content = request.artifact.content
        publication = content.spec.publication
        optional = {"LicenseInfo": publication.license} if publication.license else {}
        runtimes, machines = _compatible(request.artifact)
        if architectures:
            optional |= {"CompatibleArchitectures": machines}  # type: ignore[dict-item]
        source = self._source(request)
        with translating("lambda:PublishLayerVersion", str(arn)):
            return self._session.publisher(
                request.region
            ).publish_layer_version(
                LayerName=arn.name,
                Description=request.description,
                Content=source,  # type: ignore[arg-type]
                CompatibleRuntimes=runtimes[:_MOST_RUNTIMES],  # type: ignore[arg-type]
                **optional,  # type: ignore[arg-type]
            )

    def _source(self, request: PublishRequest) -> dict[str, bytes] | dict[str, str]:
        template = request.artifact.content.spec.publication.s3_bucket
        size = request.artifact.size.zipped
        if size >= THROUGH_S3_FROM and template:
            bucket, key = storage.upload(self._session, request.artifact, template=template, region=request.region)
            return {"S3Bucket": bucket, "S3Key": key}
        if size >= DIRECT_LIMIT:
            raise AwsError(
                f"{request.artifact.content.layer_name} is a zip of {size / 1e6:.1f} MB; "
                f"AWS takes {DIRECT_LIMIT / 1e6:.1f} MB directly.",
                operation="lambda:PublishLayerVersion",
                hint="Set s3-bucket (a bucket in each region: name-{region}).",
            )
        return {"ZipFile": request.artifact.path.read_bytes()}

    def _twins(self, arn: LayerArn, request: PublishRequest, *, below: int | None = None) -> list[LayerVersion]:
        """Return versions newer than those known that are this same publication, the lowest number first."""
        listed = [
            version
            for version in self._versions(arn.name, request.region)
            if version.number > request.known
            and (below is None or version.number < below)
            and _same(version, request.description)
        ]
        whole = (self._version(arn.name, request.region, version.number) for version in reversed(listed))
        return [version for version in whole if version.code_sha256 == request.artifact.code_sha256]


def _same(version: LayerVersion, description: str) -> bool:
    """Tell whether a version says it is the same version of the same content, whatever the commit."""
    asked, found = description_codec.decode(description), version.published
    if asked is None or found is None:
        return version.description == description
    return (asked.version, asked.digest) == (found.version, found.digest)


def _compatible(artifact: Artifact) -> tuple[list[str], list[str]]:
    targets = artifact.content.targets
    runtimes = dict.fromkeys(target.runtime for target in targets)
    return list(runtimes), list(dict.fromkeys(str(target.architecture) for target in targets))


def _version_of(arn: LayerArn, request: PublishRequest, answer: "PublishLayerVersionResponseTypeDef") -> LayerVersion:
    runtimes, machines = _compatible(request.artifact)
    return LayerVersion(
        arn=arn,
        number=answer["Version"],
        description=request.description,
        published=description_codec.decode(request.description),
        runtimes=tuple(runtimes),
        architectures=tuple(machines),
        license=request.artifact.content.spec.publication.license,
        created=answer.get("CreatedDate", ""),
        code_sha256=answer["Content"].get("CodeSha256"),
        zipped=answer["Content"].get("CodeSize"),
    )
