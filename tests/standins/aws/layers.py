# ruff: noqa: ARG001 - every operation has the same signature
"""Layers: publish, list, read, share, delete, with AWS's texts."""

import json
import re
import time
import uuid
from typing import Any, Final

from tests.standins.aws import permissions
from tests.standins.aws.errors import ApiError, invalid, not_authorized
from tests.standins.aws.state import LayerRecord, LayerVersionRecord, Region, World, page, unzipped_size
from tests.standins.aws.wire import Parameters

VERSION_ARN: Final = re.compile(r"arn:[^:]+:lambda:([^:]+):(\d{12}):layer:([a-zA-Z0-9-_]+):(\d+)")
_MISSING: Final = "The resource you requested does not exist."


def name_of(parameters: Parameters) -> str:
    """Return the bare name: LayerName may be a full ARN."""
    name: str = parameters["LayerName"].rpartition(":")[2]
    return name


def publish_layer_version(world: World, region: Region, parameters: Parameters) -> Parameters:
    if region.name in world.no_architectures and parameters.get("CompatibleArchitectures"):
        raise invalid(
            f"CompatibleArchitectures are not supported in {region.name}. "
            "Please remove the CompatibleArchitectures value from your request and try again"
        )
    content = _content(world, region, parameters["Content"])
    unzipped = unzipped_size(content, world.limits)
    return _shown(world, add_version(world, region, name_of(parameters), content, unzipped, parameters), content=True)


def add_version(
    world: World, region: Region, name: str, content: bytes, unzipped: int, parameters: Parameters
) -> LayerVersionRecord:
    """Give bytes the next number of a layer; numbers are never used twice."""
    layer = region.layers.setdefault(name, LayerRecord(name=name, arn=region.arn("layer", name)))
    blob, code_sha256 = world.keep(content)
    layer.newest += 1
    record = LayerVersionRecord(
        arn=f"{layer.arn}:{layer.newest}",
        number=layer.newest,
        description=parameters.get("Description", ""),
        created=time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime()),
        blob=blob,
        code_sha256=code_sha256,
        code_size=len(content),
        unzipped=unzipped,
        runtimes=parameters.get("CompatibleRuntimes"),
        architectures=parameters.get("CompatibleArchitectures"),
        license=parameters.get("LicenseInfo"),
        born=world.clock(),
    )
    layer.versions[layer.newest] = record
    return record


def _content(world: World, region: Region, content: Parameters) -> bytes:
    if "ZipFile" in content:
        data: bytes = content["ZipFile"]
        if len(data) > world.limits.direct_zip_bytes:
            raise ApiError(
                "RequestEntityTooLargeException",
                f"Zipped size must be smaller than {world.limits.direct_zip_bytes} bytes",
            )
        return data
    if "S3Bucket" not in content:
        raise invalid("Please provide a source for the layer version content.")
    name, key = content["S3Bucket"], content.get("S3Key", "")
    bucket = world.buckets.get(name)
    if bucket is None:
        raise _s3("NoSuchBucket", "The specified bucket does not exist")
    may_read = permissions.allowed(world, "s3:GetObject", f"arn:{region.partition}:s3:::{name}/{key}")
    if bucket.account != region.account or not may_read:
        raise ApiError(
            "AccessDeniedException",
            "Your access has been denied by S3, please make sure your request credentials have permission to "
            f"GetObject for {name}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
        )
    if bucket.region != region.name:
        raise _s3(
            "PermanentRedirect",
            f"The bucket is in this region: {bucket.region}. Please use this region to retry the request",
        )
    if key not in bucket.objects:
        raise _s3("NoSuchKey", "The specified key does not exist.")
    return bucket.objects[key]


def _s3(code: str, message: str) -> ApiError:
    return invalid(f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}")


def _shown(world: World, record: LayerVersionRecord, *, content: bool) -> Parameters:
    shown: dict[str, Any] = {
        "LayerVersionArn": record.arn,
        "Version": record.number,
        "Description": record.description,
        "CreatedDate": record.created,
        "CompatibleRuntimes": record.runtimes,
        "CompatibleArchitectures": record.architectures,
        "LicenseInfo": record.license,
    }
    if content:
        shown["LayerArn"] = record.arn.rpartition(":")[0]
        shown["Content"] = {
            "Location": world.location(record.blob),
            "CodeSha256": record.code_sha256,
            "CodeSize": record.code_size,
        }
    return {name: value for name, value in shown.items() if value is not None}


def list_layer_versions(world: World, region: Region, parameters: Parameters) -> Parameters:
    layer = region.layers.get(name_of(parameters))
    versions = sorted(layer.versions.values(), key=lambda v: -v.number) if layer else []
    for key, field in (("CompatibleRuntime", "runtimes"), ("CompatibleArchitecture", "architectures")):
        if key in parameters:
            versions = [v for v in versions if parameters[key] in (getattr(v, field) or ())]
    shown, marker = page(versions, parameters.get("Marker"), parameters.get("MaxItems"), world.limits)
    answer: Parameters = {"LayerVersions": [_shown(world, version, content=False) for version in shown]}
    return answer | ({"NextMarker": marker} if marker else {})


def list_layers(world: World, region: Region, parameters: Parameters) -> Parameters:
    alive = [layer for _, layer in sorted(region.layers.items()) if layer.versions]
    shown, marker = page(alive, parameters.get("Marker"), parameters.get("MaxItems"), world.limits)
    rows = [
        {
            "LayerName": layer.name,
            "LayerArn": layer.arn,
            "LatestMatchingVersion": _shown(world, layer.versions[max(layer.versions)], content=False),
        }
        for layer in shown
    ]
    return {"Layers": rows} | ({"NextMarker": marker} if marker else {})


def get_layer_version(world: World, region: Region, parameters: Parameters) -> Parameters:
    number = parameters["VersionNumber"]
    if number < 1:
        raise invalid("Layer Version Cannot be less than 1")
    if parameters["LayerName"].startswith("arn:"):
        return _shown(world, readable(world, region, f"{parameters['LayerName']}:{number}"), content=True)
    return _shown(world, _own(region, parameters), content=True)


def get_layer_version_by_arn(world: World, region: Region, parameters: Parameters) -> Parameters:
    if not VERSION_ARN.fullmatch(parameters["Arn"]):
        raise ApiError("ValidationException", f"1 validation error detected: Value '{parameters['Arn']}' at 'arn'")
    return _shown(world, readable(world, region, parameters["Arn"]), content=True)


def readable(world: World, region: Region, version_arn: str) -> LayerVersionRecord:
    """Return a version of any account that this one may read; a foreign one that is gone looks like one not shared."""
    match = VERSION_ARN.fullmatch(version_arn)
    assert match, version_arn
    where, account, _, _ = match.groups()
    record = find(world, version_arn)
    if account == region.account:
        if record is None or where != region.name:
            raise ApiError("ResourceNotFoundException", _MISSING)
        return record
    if record is None or where != region.name or not _shared(world, record, region.account):
        raise not_authorized(region.caller, "lambda:GetLayerVersion", version_arn, policy="resource-based")
    return record


def find(world: World, version_arn: str) -> LayerVersionRecord | None:
    """Return a version wherever it is, whoever asks."""
    match = VERSION_ARN.fullmatch(version_arn)
    if not match:
        return None
    where, account, name, number = match.groups()
    layer = world.region(account, where).layers.get(name)
    return layer.versions.get(int(number)) if layer else None


def is_known(world: World, record: LayerVersionRecord) -> bool:
    """Tell whether all of AWS knows a version by now."""
    return world.clock() >= record.born + world.unknown_seconds


def _shared(world: World, record: LayerVersionRecord, account: str) -> bool:
    for statement in record.policy.values():
        organization = statement.get("organization")
        if organization and world.organizations.get(account) != organization:
            continue
        if statement["principal"] in {"*", account, f"arn:{record.arn.split(':')[1]}:iam::{account}:root"}:
            return True
    return False


def _own(region: Region, parameters: Parameters) -> LayerVersionRecord:
    layer = region.layers.get(name_of(parameters))
    record = layer.versions.get(parameters["VersionNumber"]) if layer else None
    if record is None:
        raise ApiError("ResourceNotFoundException", _MISSING)
    return record


def delete_layer_version(world: World, region: Region, parameters: Parameters) -> Parameters:
    layer = region.layers.get(name_of(parameters))
    if layer:
        layer.versions.pop(parameters["VersionNumber"], None)
    return {}


def add_layer_version_permission(world: World, region: Region, parameters: Parameters) -> Parameters:
    record = _own(region, parameters)
    if not is_known(world, record):
        raise ApiError("ResourceNotFoundException", _MISSING)
    name = parameters["StatementId"]
    _check_policy_revision(record, parameters)
    if parameters["Action"] != "lambda:GetLayerVersion":
        raise ApiError("ValidationException", "1 validation error detected: Member must satisfy lambda:GetLayerVersion")
    if name in record.policy:
        raise ApiError(
            "ResourceConflictException",
            f"The statement id ({name}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement.",
        )
    organization = parameters.get("OrganizationId")
    if organization and parameters["Principal"] != "*":
        raise invalid("OrganizationId can only be used with the principal *.")
    record.policy[name] = {"principal": parameters["Principal"], "organization": organization}
    record.policy_revision = str(uuid.uuid4())
    return {"Statement": _json(_statement(record, name)), "RevisionId": record.policy_revision}


def _check_policy_revision(record: LayerVersionRecord, parameters: Parameters) -> None:
    if parameters.get("RevisionId") not in {None, record.policy_revision}:
        raise ApiError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetLayerPolicy API to retrieve the latest Revision Id",
        )


def _statement(record: LayerVersionRecord, name: str) -> Parameters:
    granted = record.policy[name]
    principal = granted["principal"]
    organization = granted["organization"]
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": "lambda:GetLayerVersion",
        "Resource": record.arn,
    } | ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}} if organization else {})


def _json(value: Parameters) -> str:
    return json.dumps(value)


def get_layer_version_policy(world: World, region: Region, parameters: Parameters) -> Parameters:
    record = _own(region, parameters)
    if not record.policy:
        raise ApiError("ResourceNotFoundException", "No policy is associated with the given resource.")
    statements = [_statement(record, name) for name in record.policy]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": _json(policy), "RevisionId": record.policy_revision}


def remove_layer_version_permission(world: World, region: Region, parameters: Parameters) -> Parameters:
    record = _own(region, parameters)
    _check_policy_revision(record, parameters)
    if record.policy.pop(parameters["StatementId"], None) is None:
        raise ApiError("ResourceNotFoundException", _MISSING)
    return {}
