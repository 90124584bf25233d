"""From a request to operation and parameters, and from a result or refusal to bytes: one protocol a service."""

import json
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from tests.standins.aws import functions, layers, neighbours, storage, tags, versions, wire
from tests.standins.aws.errors import ApiError
from tests.standins.aws.state import Region, World
from tests.standins.aws.storage import Answer
from tests.standins.aws.wire import Parameters

Operation = Callable[[World, Region, Parameters], Parameters]
SERVICES: Final = {"lambda": "lambda", "sts": "sts", "ssm": "ssm", "monitoring": "cloudwatch", "s3": "s3"}
OPERATIONS: Final[dict[str, Operation]] = {
    "PublishLayerVersion": layers.publish_layer_version,
    "ListLayerVersions": layers.list_layer_versions,
    "ListLayers": layers.list_layers,
    "GetLayerVersion": layers.get_layer_version,
    "GetLayerVersionByArn": layers.get_layer_version_by_arn,
    "DeleteLayerVersion": layers.delete_layer_version,
    "AddLayerVersionPermission": layers.add_layer_version_permission,
    "GetLayerVersionPolicy": layers.get_layer_version_policy,
    "RemoveLayerVersionPermission": layers.remove_layer_version_permission,
    "ListFunctions": functions.list_functions,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "UpdateFunctionConfiguration": functions.update_function_configuration,
    "UpdateFunctionCode": functions.update_function_code,
    "CreateFunction": functions.create_function,
    "DeleteFunction": functions.delete_function,
    "PublishVersion": versions.publish_version,
    "ListVersionsByFunction": versions.list_versions_by_function,
    "ListAliases": versions.list_aliases,
    "GetAlias": versions.get_alias,
    "CreateAlias": versions.create_alias,
    "UpdateAlias": versions.update_alias,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTags": tags.list_tags,
    "GetCallerIdentity": neighbours.get_caller_identity,
    "AssumeRole": neighbours.assume_role,
    "PutParameter": neighbours.put_parameter,
    "GetParameter": neighbours.get_parameter,
    "AddTagsToResource": neighbours.add_tags_to_resource,
    "ListTagsForResource": neighbours.list_tags_for_resource,
    "DescribeAlarms": neighbours.describe_alarms,
    "PutMetricAlarm": neighbours.put_metric_alarm,
    "SetAlarmState": neighbours.set_alarm_state,
}
_JSON: Final = {"ssm", "monitoring"}  # X-Amz-Target and a JSON body
_STATUS: Final = {  # where botocore's model says other than 200
    "PublishLayerVersion": 201,
    "AddLayerVersionPermission": 201,
    "CreateFunction": 201,
    "PublishVersion": 201,
    "CreateAlias": 201,
    "DeleteLayerVersion": 204,
    "RemoveLayerVersionPermission": 204,
    "TagResource": 204,
    "UntagResource": 204,
    "DeleteFunction": 204,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request understood. `service` is the signing name."""

    service: str
    operation: str
    parameters: Parameters
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def understand(service: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Read a request in its service's protocol. Raises ApiError."""
    parameters: Parameters
    if service == "lambda":
        model, parameters = wire.decode("lambda", method, target, body)
        operation = model.name
    elif service == "sts":
        parameters = dict(urllib.parse.parse_qsl(body.decode()))
        operation = parameters.pop("Action")
    elif service in _JSON:
        operation = headers["X-Amz-Target"].rpartition(".")[2]
        parameters = json.loads(body)
    else:
        operation, bucket, key = storage.operation(method, target)
        parameters = {"Bucket": bucket, "Key": key}
    return Request(
        service=service,
        operation=operation,
        parameters=parameters,
        method=method,
        target=target,
        headers=headers,
        body=body,
    )


def resource_of(request: Request, region: Region) -> str:
    """Return the ARN (or name) that IAM would hold a policy against."""
    given = request.parameters
    if "LayerName" in given:
        name = given["LayerName"]
        arn = name if name.startswith("arn:") else region.arn("layer", name)
        return f"{arn}:{given['VersionNumber']}" if "VersionNumber" in given else arn
    if "FunctionName" in given:
        name = given["FunctionName"]
        return name if name.startswith("arn:") else region.arn("function", name)
    if "Bucket" in given:
        return f"arn:{region.partition}:s3:::{given['Bucket']}" + (f"/{given['Key']}" if given["Key"] else "")
    if parameter := given.get("Name") or given.get("ResourceId"):
        return f"arn:{region.partition}:ssm:{region.name}:{region.account}:parameter/{parameter.lstrip('/')}"
    return str(given.get("Arn") or given.get("Resource") or given.get("RoleArn") or "*")


def perform(world: World, region: Region, request: Request, caller: str) -> Answer:
    """Do what a request asks. Raises ApiError."""
    if request.service == "s3":
        return storage.answer(world, region, request.method, request.target, request.headers, request.body)
    if request.service == "lambda":
        if request.operation == "PublishLayerVersion" and len(request.body) > world.limits.request_bytes:
            limit = world.limits.request_bytes
            message = f"Request must be smaller than {limit} bytes for the PublishLayerVersion operation"
            raise ApiError("RequestEntityTooLargeException", message)
        wire.check(wire.service_model("lambda").operation_model(request.operation), request.parameters)
    operation = OPERATIONS.get(request.operation)
    if operation is None:
        raise ApiError("UnknownOperationException", request.operation, status=404)
    return _answer(request, operation(world, region, request.parameters | {"_caller": caller}))


def _answer(request: Request, result: Parameters) -> Answer:
    if request.service == "sts":
        name = request.operation
        body = f"<{name}Response><{name}Result>{_xml(result)}</{name}Result></{name}Response>"
        return Answer(body=body.encode(), headers={"Content-Type": "text/xml"})
    status = _STATUS.get(request.operation, 200) if request.service == "lambda" else 200
    body_text = "" if status == 204 else json.dumps(result)
    return Answer(status=status, body=body_text.encode(), headers={"Content-Type": "application/json"})


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(item)}</{name}>" for name, item in value.items())
    return escape(str(value))


def refusal(service: str, error: ApiError) -> Answer:
    """Return a refusal in a service's protocol."""
    if service == "s3":
        return storage.refusal(error)
    if service == "sts":
        code = "AccessDenied" if error.code == "AccessDeniedException" else error.code
        code = "ExpiredToken" if error.code == "ExpiredTokenException" else code
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(error.message)}</Message>"
        end = f"</Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        return Answer(status=error.status, body=f"{body}{end}".encode())
    document = error.json() | ({"__type": error.code} if service in _JSON else {})
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return Answer(status=error.status, body=json.dumps(document).encode(), headers=headers)
