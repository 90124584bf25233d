"""Layer versions in AWS: reading them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from layer_action.aws import contents
from layer_action.aws.publish import Publisher
from layer_action.aws.sharing import Sharing
from layer_action.aws.translate import translating
from layer_action.errors import (
    AccessDeniedError,
    BadZipError,
    BuildError,
    DownloadError,
    LayerActionError,
    MissingResourceError,
)
from layer_action.formats import description as description_codec
from layer_action.formats.zipdir import Member, read_directory
from layer_action.formats.zipend import Read
from layer_action.model.function import Barred, Unknown, Unread
from layer_action.model.layer import LayerSize, Publication
from layer_action.model.lock import Lock
from layer_action.model.published import LayerArn, LayerVersion
from layer_action.ports.aws import PublishRequest
from layer_action.record import record

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import GetLayerVersionResponseTypeDef, LayerVersionsListItemTypeDef

    from layer_action.aws.session import AwsSession
    from layer_action.http import Http
    from layer_action.ranged import RangedFile

T = TypeVar("T")

_TO_THE_ZIP: Final = (
    "Run again. If it goes on so, let this machine through to S3: GetLayerVersion says where a version's zip lies "
    "(`Content.Location`)."
)


@record
class _Glance:
    """What a zip's directory tells: bytes unzipped, and distributions, name to version."""

    unzipped: int
    distributions: Mapping[str, str]


class AwsLayerStore:
    """Implements ports.LayerStore. May be shared by threads."""

    def __init__(self, session: "AwsSession", http: "Http") -> None:
        """Keep what reaches AWS, and what reads zips by ranges."""
        self._session = session
        self._http = http
        self._publisher = Publisher(session, self.versions, self.version)
        self._sharing = Sharing(session)
        self._glances: dict[str, _Glance | Unknown] = {}
        self._lock = threading.Lock()

    def account(self) -> str:
        """Return the account id of the credentials. Raises CredentialsError, WrongAccountError."""
        return self._session.account()

    def layer_arn(self, layer_name: str, region: str) -> LayerArn:
        """Return the ARN that a layer of this account has, whether it exists or not."""
        session = self._session
        return LayerArn(partition=session.partition(), region=region, account=session.account(), name=layer_name)

    def versions(self, layer_name: str, region: str) -> tuple[LayerVersion, ...]:
        """Return all versions, the newest number first; () for a layer that does not exist. Raises AwsError."""
        arn = self.layer_arn(layer_name, region)
        with translating("lambda:ListLayerVersions", str(arn)):
            pages = self._session.lambda_(region).get_paginator("list_layer_versions").paginate(LayerName=layer_name)
            found = [_listed(arn, item) for page in pages for item in page["LayerVersions"]]
        return tuple(sorted(found, key=lambda version: -version.number))

    def version(self, layer_name: str, region: str, number: int) -> LayerVersion:
        """Return one version with its CodeSha256 and size. Raises MissingResourceError."""
        arn = self.layer_arn(layer_name, region)
        return _published(arn, self._get(arn.version(number)))

    def lock(self, version: LayerVersion) -> Lock | Unknown:
        """Return the lock that a published version carries, or one made from its `*.dist-info` names.

        Unread is what does not come; Unknown all else that holds none. Raises AccessDeniedError: without the lock
        before, a version's bump would be a guess.
        """

        def find(read: Read, members: Sequence[Member], _size: int) -> Lock | Unknown:
            found = contents.embedded_lock(read, members, version.arn.name) or contents.lock_of_names(members, version)
            return found or Unknown(reason=f"{version.version_arn} holds neither a lock nor Python distributions.")

        try:
            return self._look_into(version.version_arn, find, tolerated=(BadZipError,))
        except (MissingResourceError, DownloadError) as error:
            return Unread(reason=error.message, way_out=_TO_THE_ZIP)

    def size(self, version: LayerVersion) -> LayerSize | Unknown:
        """Return the sizes of a published version, from its zip's central directory and the RECORD files."""

        def measure(read: Read, members: Sequence[Member], size: int) -> LayerSize:
            parts = contents.distribution_sizes(read, members)
            return LayerSize(zipped=size, unzipped=contents.unzipped(members), distributions=parts)

        return self._look_into(version.version_arn, measure)

    def unzipped(self, version_arn: str) -> int | Unknown:
        """Return the unzipped size in bytes of any layer version, also a foreign one; versions never change.

        Barred when it is gone or may not be read: AWS then refuses every list that it is in.
        """
        found = self._glance(version_arn)
        return found if isinstance(found, Unknown) else found.unzipped

    def distributions(self, version_arn: str) -> Mapping[str, str]:
        """Return what any layer version holds, name to version; nothing where that cannot be read."""
        found = self._glance(version_arn)
        return {} if isinstance(found, Unknown) else found.distributions

    def _glance(self, version_arn: str) -> "_Glance | Unknown":
        with self._lock:
            if version_arn in self._glances:
                return self._glances[version_arn]
        found = self._looked_at(version_arn)
        with self._lock:
            return self._glances.setdefault(version_arn, found)

    def _looked_at(self, version_arn: str) -> "_Glance | Unknown":
        if LayerArn.of_version(version_arn) is None:
            return Unknown(reason=f"{version_arn} is AWS's own layer; its content cannot be read.")

        def look(_read: Read, members: Sequence[Member], _size: int) -> _Glance:
            return _Glance(unzipped=contents.unzipped(members), distributions=dict(contents.names_of(members)))

        try:
            return self._look_into(version_arn, look, tolerated=(BuildError,))
        except MissingResourceError:
            return Barred(reason=f"{version_arn} does not exist any more", way_out="Take it off the function.")
        except AccessDeniedError as error:
            return Barred(reason=f"{version_arn} is not ours to read", way_out=error.hint)

    def publish(self, request: PublishRequest) -> LayerVersion:
        """Publish exactly once, whatever happens to the answer. Raises AwsError, PartialApplyError."""
        return self._publisher.publish(self.layer_arn(request.artifact.content.layer_name, request.region), request)

    def share(self, version: LayerVersion, publication: Publication) -> tuple[str, ...]:
        """Share a version, as far as that is not done; return with whom. Raises AwsError, PartialApplyError."""
        return self._sharing.share(version, publication)

    def sharers(self, version: LayerVersion) -> tuple[str, ...]:
        """Return who else may use a version: account ids, organisations, `*` for all. Raises AwsError."""
        return self._sharing.sharers(version)

    def delete(self, version: LayerVersion) -> None:
        """Delete one version; a second time is no error."""
        client = self._session.lambda_(version.arn.region)
        with suppress(MissingResourceError), translating("lambda:DeleteLayerVersion", version.version_arn):
            client.delete_layer_version(LayerName=version.arn.name, VersionNumber=version.number)

    def _get(self, version_arn: str) -> "GetLayerVersionResponseTypeDef":
        split = LayerArn.of_version(version_arn)
        if split is None:
            raise MissingResourceError(f"{version_arn} is not the ARN of a layer version.", resource=version_arn)
        arn, number = split
        client = self._session.lambda_(arn.region)
        # both calls need the same IAM action
        with translating("lambda:GetLayerVersion", version_arn):
            if arn.account != self._session.account():
                return client.get_layer_version_by_arn(Arn=version_arn)
            return client.get_layer_version(LayerName=arn.name, VersionNumber=number)

    def _look_into(
        self,
        version_arn: str,
        look: Callable[[Read, Sequence[Member], int], T],
        *,
        tolerated: tuple[type[LayerActionError], ...] = (AccessDeniedError, MissingResourceError, BuildError),
    ) -> T | Unknown:
        """Read a version's zip where it lies; one that cannot be read is Unknown. Raises AwsError for all else."""
        try:
            content = self._get(version_arn)["Content"]
            with self._http.ranged(content.get("Location", "")) as file:
                return look(file.read, _members(file, content.get("CodeSize")), file.size)
        except tolerated as error:
            return Unknown(reason=error.message)


def _members(file: "RangedFile", zipped: int | None) -> Sequence[Member]:
    """Return what a zip holds. Raises BadZipError; and DownloadError, where it is not what AWS keeps."""
    try:
        return read_directory(file.read, file.size)
    except BadZipError as error:
        if file.size == zipped:
            raise
        # such as the page of a proxy
        raise DownloadError(f"{file.size} bytes came in place of the zip of {zipped}.", hint=_TO_THE_ZIP) from error


def _listed(arn: LayerArn, item: "LayerVersionsListItemTypeDef") -> LayerVersion:
    text = item.get("Description", "")
    return LayerVersion(
        arn=arn,
        number=item["Version"],
        description=text,
        published=description_codec.decode(text),
        runtimes=tuple(item.get("CompatibleRuntimes", ())),
        architectures=tuple(item.get("CompatibleArchitectures", ())),
        license=item.get("LicenseInfo", ""),
        created=item.get("CreatedDate", ""),
    )


def _published(arn: LayerArn, answer: "GetLayerVersionResponseTypeDef") -> LayerVersion:
    text = answer.get("Description", "")
    return LayerVersion(
        arn=arn,
        number=answer["Version"],
        description=text,
        published=description_codec.decode(text),
        runtimes=tuple(answer.get("CompatibleRuntimes", ())),
        architectures=tuple(answer.get("CompatibleArchitectures", ())),
        license=answer.get("LicenseInfo", ""),
        created=answer.get("CreatedDate", ""),
        code_sha256=answer["Content"].get("CodeSha256"),
        zipped=answer["Content"].get("CodeSize"),
    )
