"""Functions: list, read, update; in progress until settled, with a RevisionId that changes twice."""

import re
from typing import Any, Final

from tests.standins.aws import permissions
from tests.standins.aws.errors import ApiError, invalid
from tests.standins.aws.layers import VERSION_ARN, find, is_known, readable
from tests.standins.aws.state import Configuration, FunctionRecord, Region, World, page, unzipped_size
from tests.standins.aws.wire import Parameters

MAX_LAYERS: Final = 5
_ARN: Final = re.compile(
    r"(?:arn:[^:]+:lambda:)?(?:(?P<region>[a-z]+-[a-z-]+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def record_of(world: World, region: Region, parameters: Parameters) -> tuple[FunctionRecord, str]:
    """Return the function that a name or ARN means, settled as of now, and the qualifier ("" for none)."""
    match = _ARN.fullmatch(parameters["FunctionName"])
    assert match, parameters["FunctionName"]
    if match["region"] and match["region"] != region.name:
        raise ApiError(
            "ResourceNotFoundException",
            f"Functions from '{match['region']}' are not reachable in this region ('{region.name}')",
        )
    record = region.functions.get(match["name"])
    if record is None:
        raise ApiError("ResourceNotFoundException", f"Function not found: {region.arn('function', match['name'])}")
    settle(world, record)
    return record, parameters.get("Qualifier") or match["qualifier"] or ""


def settle(world: World, record: FunctionRecord) -> None:
    """End an update whose time has come: the RevisionId changes a second time."""
    if record.settles_at is None or world.clock() < record.settles_at:
        return
    record.settles_at = None
    record.state = "Active"
    if record.fails_with:
        record.status, record.status_reason = "Failed", record.fails_with
        if not world.failed_shows_attempted:
            record.configuration.layers = list(record.before_update)
    else:
        record.status, record.status_reason = "Successful", ""
    record.renew_revision()


def refuse_while_busy(record: FunctionRecord) -> None:
    """Raise the 409 of a function that is being created or updated."""
    if record.state == "Pending":
        raise ApiError(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. The resource {record.arn} is currently in the following "
            "state: 'Pending'. StateReasonCode: 'Creating'",
        )
    if record.settles_at is not None:
        raise ApiError(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. An update is in progress for resource: {record.arn}",
        )


def check_revision(record: FunctionRecord, parameters: Parameters) -> None:
    """Raise the 412 of a stale RevisionId."""
    if parameters.get("RevisionId") not in {None, record.configuration.revision_id}:
        raise ApiError("PreconditionFailedException")


def shown(
    world: World, record: FunctionRecord, configuration: Configuration, *, version: str, listed: bool = False
) -> Parameters:
    """Return a FunctionConfiguration; listings tell neither State nor LastUpdateStatus."""
    latest = version == "$LATEST"
    answer: dict[str, Any] = {
        "FunctionName": record.name,
        "FunctionArn": record.arn if latest else f"{record.arn}:{version}",
        "Role": f"arn:{record.arn.split(':')[1]}:iam::{record.arn.split(':')[4]}:role/lambda",
        "CodeSize": configuration.code_size,
        "CodeSha256": configuration.code_sha256,
        "Description": configuration.description,
        "Timeout": configuration.timeout,
        "MemorySize": configuration.memory,
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "Version": version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": configuration.revision_id,
        "PackageType": configuration.package_type,
        "Architectures": [configuration.architecture],
        "EphemeralStorage": {"Size": 512},
    }
    if configuration.package_type == "Zip":
        answer |= {"Runtime": configuration.runtime, "Handler": configuration.handler}
    if configuration.environment:
        answer["Environment"] = {"Variables": configuration.environment}
    if configuration.layers:
        answer["Layers"] = [_attached(world, arn) for arn in configuration.layers]
    if record.master_arn:
        answer["MasterArn"] = record.master_arn
    if listed:
        return answer
    answer["State"] = record.state if latest else "Failed" if configuration.does_not_start else "Active"
    answer["LastUpdateStatus"] = record.status if latest else "Successful"
    if configuration.does_not_start:
        answer |= {"StateReason": configuration.does_not_start, "StateReasonCode": "FunctionError"}
    if latest and record.status_reason:
        answer["LastUpdateStatusReason"] = record.status_reason
        answer["LastUpdateStatusReasonCode"] = "Creating" if record.status == "InProgress" else "InternalError"
    return answer


def _attached(world: World, arn: str) -> Parameters:
    record = find(world, arn)
    return {"Arn": arn, "CodeSize": record.code_size if record else 0}


def list_functions(world: World, region: Region, parameters: Parameters) -> Parameters:
    every = parameters.get("FunctionVersion") == "ALL"
    rows: list[Parameters] = []
    for _, record in sorted(region.functions.items()):
        settle(world, record)
        row = shown(world, record, record.configuration, version="$LATEST", listed=True)
        rows.append(row | {"FunctionArn": f"{record.arn}:$LATEST"} if every else row)
        if every:
            rows += [shown(world, record, c, version=v, listed=True) for v, c in record.versions.items()]
    items, marker = page(rows, parameters.get("Marker"), parameters.get("MaxItems"), world.limits)
    return {"Functions": items} | ({"NextMarker": marker} if marker else {})


def get_function(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, configuration, version = qualified(world, region, parameters)
    answer = {"Configuration": shown(world, record, configuration, version=version)}
    if configuration.package_type == "Zip":
        answer["Code"] = {"RepositoryType": "S3", "Location": world.location(configuration.blob)}
    if not permissions.allowed(world, "lambda:ListTags", record.arn):
        message = f"User: {region.caller} is not authorized to perform: lambda:ListTags on resource: {record.arn}"
        return answer | {"TagsError": {"ErrorCode": "AccessDeniedException", "Message": message}}
    return answer | ({"Tags": dict(record.tags)} if record.tags else {})


def get_function_configuration(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, configuration, version = qualified(world, region, parameters)
    return shown(world, record, configuration, version=version)


def qualified(world: World, region: Region, parameters: Parameters) -> tuple[FunctionRecord, Configuration, str]:
    """Return the function, and the configuration and version that a qualifier means."""
    record, qualifier = record_of(world, region, parameters)
    if qualifier in {"", "$LATEST"}:
        return record, record.configuration, "$LATEST"
    version = record.aliases[qualifier].version if qualifier in record.aliases else qualifier
    if version == "$LATEST":
        return record, record.configuration, version
    if version not in record.versions:
        raise ApiError("ResourceNotFoundException", f"Function not found: {record.arn}:{qualifier}")
    return record, record.versions[version], version


def update_function_configuration(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, qualifier = record_of(world, region, parameters)
    if qualifier not in {"", "$LATEST"}:
        raise invalid(
            "Current operation does not support versions other than $LATEST. "
            "Please set the version to $LATEST or do not set a version in your request."
        )
    refuse_while_busy(record)
    check_revision(record, parameters)
    if record.configuration.runtime in world.frozen_runtimes:
        raise invalid(
            f"The runtime parameter of {record.configuration.runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
        )
    if "Layers" in parameters:
        check_layers(world, region, record.configuration, parameters["Layers"])
    _change(record.configuration, parameters, record)
    begin_update(world, record)
    return shown(world, record, record.configuration, version="$LATEST")


def _change(configuration: Configuration, parameters: Parameters, record: FunctionRecord) -> None:
    record.before_update = list(configuration.layers)
    for name, attribute in _SETTINGS.items():
        if name in parameters:
            setattr(configuration, attribute, parameters[name])
    if "Environment" in parameters:
        configuration.environment = parameters["Environment"].get("Variables", {})


_SETTINGS: Final = {
    "Layers": "layers",
    "Description": "description",
    "MemorySize": "memory",
    "Timeout": "timeout",
    "Handler": "handler",
    "Runtime": "runtime",
}


def begin_update(world: World, record: FunctionRecord) -> None:
    """Begin an update: also one that changes nothing takes its time and gives two new RevisionIds."""
    record.changed_since_version = True
    record.status, record.status_reason = "InProgress", "The function is being created."
    record.settles_at = world.clock() + world.update_seconds
    record.fails_with = next(
        (
            reason
            for name, layer, reason in world.failing_updates
            if name == record.name and any(layer in arn for arn in record.configuration.layers)
        ),
        "",
    )
    record.renew_revision()


def check_layers(world: World, region: Region, configuration: Configuration, arns: list[str]) -> None:
    """Hold a whole layer list against everything AWS refuses. Raises ApiError."""
    if configuration.package_type == "Image":
        raise invalid("Lambda layers are not supported for functions created with container images.")
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
    total = 0
    by_layer: dict[str, str] = {}
    for arn in arns:
        match = VERSION_ARN.fullmatch(arn)
        if not match:
            continue  # arn:…:awslayer:NAME
        layer = arn.rpartition(":")[0]
        if layer in by_layer:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{by_layer[layer]} and {arn} are versions of the same layer."
            )
        by_layer[layer] = arn
        total += _size(world, region, arn, match[1], match[2])
    limit = world.limits.unzipped_bytes
    if total > limit:
        raise invalid(f"Layers consume more than the available size of {limit} bytes")
    if total + configuration.unzipped > limit:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {limit} bytes. "
            f"The actual size is {total + configuration.unzipped} bytes."
        )


def _size(world: World, region: Region, arn: str, where: str, account: str) -> int:
    # the caller needs lambda:GetLayerVersion on every layer in the list
    permissions.demand(world, region, "lambda:GetLayerVersion", arn)
    if account == region.account:
        if where != region.name:
            raise invalid(
                f"Layers are not in the same region as the function. Layers are expected to be in region {region.name}."
            )
        record = find(world, arn)
        if record is None or not is_known(world, record):
            raise invalid(f"Layer version {arn} does not exist.")
        return record.unzipped
    return readable(world, region, arn).unzipped


def create_function(world: World, region: Region, parameters: Parameters) -> Parameters:
    name = parameters["FunctionName"].rpartition(":")[2]
    if name in region.functions:
        raise ApiError("ResourceConflictException", f"Function already exist: {name}")
    code = parameters.get("Code", {})
    configuration = Configuration(package_type=parameters.get("PackageType", "Zip"))
    if configuration.package_type == "Zip":
        content = code["ZipFile"] if "ZipFile" in code else world.buckets[code["S3Bucket"]].objects[code["S3Key"]]
        configuration.unzipped = unzipped_size(content, world.limits)
        configuration.blob, configuration.code_sha256 = world.keep(content)
        configuration.code_size = len(content)
    elif parameters.get("Layers"):
        raise invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
        )
    configuration.architecture = parameters.get("Architectures", ["x86_64"])[0]
    check_layers(world, region, configuration, parameters.get("Layers", []))
    record = FunctionRecord(name=name, arn=region.arn("function", name), configuration=configuration)
    _change(configuration, parameters, record)
    record.tags = parameters.get("Tags", {})
    record.state, record.settles_at = "Pending", world.clock() + world.update_seconds
    region.functions[name] = record
    return shown(world, record, configuration, version="$LATEST")


def update_function_code(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    refuse_while_busy(record)
    check_revision(record, parameters)
    content = parameters["ZipFile"]
    record.configuration.unzipped = unzipped_size(content, world.limits)
    record.configuration.blob, record.configuration.code_sha256 = world.keep(content)
    record.configuration.code_size = len(content)
    record.before_update = list(record.configuration.layers)
    begin_update(world, record)
    return shown(world, record, record.configuration, version="$LATEST")


def delete_function(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    del region.functions[record.name]
    return {}
