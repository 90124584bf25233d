"""Functions in AWS."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Final

from layer_action.aws import contents
from layer_action.aws.translate import retried, translating
from layer_action.errors import (
    BuildError,
    DownloadError,
    MissingResourceError,
    StaleRevisionError,
)
from layer_action.formats.zipdir import read_directory
from layer_action.model.function import AttachedLayer, FunctionAlias, PinnedFunction, Unknown
from layer_action.record import replace

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import AliasConfigurationTypeDef, FunctionConfigurationTypeDef

    from layer_action.aws.session import AwsSession
    from layer_action.http import Http

_ALARMS_A_CALL: Final = 100
_FORBIDDEN: Final = 403
_COLONS: Final = 6  # of arn:aws:lambda:region:account:function:name


class AwsFunctions:
    """Implements ports.Functions. May be shared by threads."""

    def __init__(self, session: "AwsSession", http: "Http") -> None:
        """Keep what reaches AWS, and what reads zips by ranges."""
        self._session = session
        self._http = http

    def listed(self, region: str) -> Iterator[PinnedFunction]:
        """Return every function of a region as ListFunctions tells it, without tags and status: page by page.

        Raises AwsError, at any page.
        """
        with translating("lambda:ListFunctions", "*"):
            for page in self._session.lambda_(region).get_paginator("list_functions").paginate():
                yield from (_function(item, region) for item in page["Functions"])

    def listed_with_versions(self, region: str) -> Iterator[PinnedFunction]:
        """Return every function of a region and every published version of one, page by page; `arn` is qualified.

        AWS tells fifty of them a call. An ARN without a qualifier comes from a service that knows no `ALL` (a local
        AWS): of such a function the versions are listed by themselves. Raises AwsError, at any page.
        """
        with translating("lambda:ListFunctions", "*"):
            pages = self._session.lambda_(region).get_paginator("list_functions")
            for page in pages.paginate(FunctionVersion="ALL"):
                for function in (_function(item, region) for item in page["Functions"]):
                    if function.arn.count(":") > _COLONS:
                        yield function
                    else:
                        yield replace(function, arn=f"{function.arn}:$LATEST")
                        yield from self._published_versions(function.arn)

    def read(self, function_arn: str) -> PinnedFunction:
        """Return one function as it is now, by GetFunction. Raises MissingResourceError, AccessDeniedError."""
        region = _region(function_arn)
        with translating("lambda:GetFunction", function_arn):
            answer = self._session.lambda_(region).get_function(FunctionName=function_arn)
        refused = answer.get("TagsError")
        tags: Mapping[str, str] | Unknown = answer.get("Tags", {})
        if refused:
            tags = Unknown(reason=refused.get("Message") or "Its tags cannot be read: allow lambda:ListTags.")
        location = answer.get("Code", {}).get("Location", "")
        return _function(answer["Configuration"], region, tags=tags, location=location)

    def code_unzipped(self, function: PinnedFunction) -> int | Unknown:
        """Return the unzipped size of its code, in bytes."""
        if function.package_type != "Zip":
            return Unknown(reason=f"{function.name} is a container image.")
        try:
            try:
                return self._measure(function.code_location or self.read(function.arn).code_location)
            except DownloadError as error:
                if error.status != _FORBIDDEN:
                    raise
                # the link is valid for ten minutes
                return self._measure(self.read(function.arn).code_location)
        except (BuildError, MissingResourceError) as error:
            return Unknown(reason=error.message)

    def _measure(self, location: str) -> int:
        with self._http.ranged(location) as file:
            return contents.unzipped(read_directory(file.read, file.size))

    def set_layers(self, function: PinnedFunction, layers: Sequence[str]) -> None:
        """Replace its layer list if its revision is still `function.revision_id`.

        Returns as soon as AWS has accepted; `read` tells when it is done. Raises ConflictError, StaleRevisionError,
        which may also mean that an earlier request of ours went through unheard; ThrottledError (also EC2's, for
        functions in a VPC).
        """
        self._session.recent.once_known(lambda: self._set_layers(function, layers))

    def _set_layers(self, function: PinnedFunction, layers: Sequence[str]) -> None:
        with translating("lambda:UpdateFunctionConfiguration", function.arn):
            self._session.lambda_(function.region).update_function_configuration(
                FunctionName=function.arn, Layers=list(layers), RevisionId=function.revision_id
            )

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        """Add tags; the function's revision changes."""
        with translating("lambda:TagResource", function_arn):
            self._session.lambda_(_region(function_arn)).tag_resource(Resource=function_arn, Tags=dict(tags))

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        """Remove tags; the function's revision changes."""
        with translating("lambda:UntagResource", function_arn):
            self._session.lambda_(_region(function_arn)).untag_resource(Resource=function_arn, TagKeys=list(keys))

    def aliases(self, function_arn: str) -> tuple[FunctionAlias, ...]:
        """Return its aliases."""
        with translating("lambda:ListAliases", function_arn):
            pages = self._session.lambda_(_region(function_arn)).get_paginator("list_aliases")
            found = pages.paginate(FunctionName=function_arn)
            return tuple(_alias(item) for page in found for item in page["Aliases"])

    def _published_versions(self, function_arn: str) -> Iterator[PinnedFunction]:
        region = _region(function_arn)
        with suppress(MissingResourceError), translating("lambda:ListVersionsByFunction", function_arn):
            pages = self._session.lambda_(region).get_paginator("list_versions_by_function")
            for page in pages.paginate(FunctionName=function_arn):
                yield from (_function(item, region) for item in page["Versions"] if item["Version"] != "$LATEST")

    def publish_version(self, function: PinnedFunction, description: str) -> str:
        """Publish `$LATEST` if code and revision are still those of `function`; return the version.

        Raises ConflictError, StaleRevisionError.
        """
        try:
            return self._publish_version(function, description)
        except StaleRevisionError as error:
            now = self.read(function.arn)
            same = (now.code_sha256, now.layer_arns) == (function.code_sha256, function.layer_arns)
            if not (retried(error) and same):
                raise
            # our own lost request published it: asked again, AWS returns that same version
            return self._publish_version(now, description)

    def _publish_version(self, function: PinnedFunction, description: str) -> str:
        with translating("lambda:PublishVersion", function.arn):
            answer = self._session.lambda_(function.region).publish_version(
                FunctionName=function.arn,
                CodeSha256=function.code_sha256,
                RevisionId=function.revision_id,
                Description=description,
            )
        return answer["Version"]

    def move_alias(self, function_arn: str, alias: FunctionAlias, function_version: str) -> None:
        """Point an alias at a version if its revision is still `alias.revision_id`. Raises StaleRevisionError."""
        client = self._session.lambda_(_region(function_arn))
        resource = f"{function_arn}:{alias.name}"
        try:
            with translating("lambda:UpdateAlias", resource):
                client.update_alias(
                    FunctionName=function_arn,
                    Name=alias.name,
                    FunctionVersion=function_version,
                    RevisionId=alias.revision_id,
                )
        except StaleRevisionError as error:
            now = next((found for found in self.aliases(function_arn) if found.name == alias.name), None)
            if not (retried(error) and now and now.function_version == function_version):
                raise

    def alarms_firing(self, region: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the named CloudWatch alarms that are in ALARM. Raises MissingResourceError."""
        states: dict[str, str] = {}
        with translating("cloudwatch:DescribeAlarms", "*"):
            for start in range(0, len(names), _ALARMS_A_CALL):
                answer = self._session.cloudwatch(region).describe_alarms(
                    AlarmNames=list(names[start : start + _ALARMS_A_CALL]),
                    AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                )
                for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                    states[alarm["AlarmName"]] = alarm.get("StateValue", "")
        missing = [name for name in names if name not in states]
        if missing:
            raise MissingResourceError(
                f"There is no CloudWatch alarm named {', '.join(missing)} in {region}.",
                operation="cloudwatch:DescribeAlarms",
                resource=", ".join(missing),
                hint="Correct the key alarms, or create the alarm in that region.",
            )
        return tuple(name for name in names if states[name] == "ALARM")


def _region(function_arn: str) -> str:
    return function_arn.split(":")[3]


def _alias(item: "AliasConfigurationTypeDef") -> FunctionAlias:
    return FunctionAlias(
        name=item["Name"],
        function_version=item["FunctionVersion"],
        revision_id=item.get("RevisionId", ""),
        routes=bool(item.get("RoutingConfig", {}).get("AdditionalVersionWeights")),
    )


@lru_cache(maxsize=1024)
def _attached(arn: str, zipped: int | None) -> AttachedLayer:
    """Return one object for all functions that list the same layer version: there are thousands of functions."""
    return AttachedLayer(arn=arn, zipped=zipped)


def _function(
    item: "FunctionConfigurationTypeDef",
    region: str,
    *,
    tags: Mapping[str, str] | Unknown | None = None,
    location: str = "",
) -> PinnedFunction:
    layers = (_attached(layer["Arn"], layer.get("CodeSize")) for layer in item.get("Layers", ()))
    return PinnedFunction(
        name=item["FunctionName"],
        arn=item["FunctionArn"],
        region=region,
        runtime=intern(item.get("Runtime", "")),
        architecture=intern(next(iter(item.get("Architectures", ())), "x86_64")),
        package_type=intern(item.get("PackageType", "Zip")),
        layers=tuple(layers),
        revision_id=item.get("RevisionId", ""),
        code_sha256=item.get("CodeSha256", ""),
        code_location=location,
        state=intern(item.get("State", "")),
        status=intern(item.get("LastUpdateStatus", "")),
        status_reason=item.get("LastUpdateStatusReason", ""),
        sets_pythonpath="PYTHONPATH" in item.get("Environment", {}).get("Variables", {}),
        is_edge_replica="MasterArn" in item,
        tags={} if tags is None else tags,
    )
