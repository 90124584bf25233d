# ruff: noqa: ARG001 - every operation has the same signature
"""What of STS, SSM and CloudWatch the tool asks for."""

import datetime as dt
from typing import Final

from tests.standins.aws.errors import ApiError, not_authorized
from tests.standins.aws.state import Region, World
from tests.standins.aws.wire import Parameters

_OTHER_REGION_SECONDS: Final = 3600


def get_caller_identity(world: World, region: Region, parameters: Parameters) -> Parameters:
    return {"Account": region.account, "Arn": parameters["_caller"], "UserId": "AIDA"}


def assume_role(world: World, region: Region, parameters: Parameters) -> Parameters:
    arn = parameters["RoleArn"]
    if world.roles is not None and arn not in world.roles:
        raise not_authorized(parameters["_caller"], "sts:AssumeRole", arn)
    account, role = arn.split(":")[4], arn.rpartition("/")[2]
    world.counters["sessions"] += 1
    key = f"ASIA{world.counters['sessions']:012d}"
    caller = f"arn:{region.partition}:sts::{account}:assumed-role/{role}/{parameters['RoleSessionName']}"
    world.sessions[key] = (account, caller)
    seconds = world.session_seconds
    if seconds is None:
        seconds = float(parameters.get("DurationSeconds", _OTHER_REGION_SECONDS))
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": f"secret-of-{key}",
            "SessionToken": f"token-of-{key}",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "AssumedRoleUser": {"Arn": caller, "AssumedRoleId": f"AROA:{parameters['RoleSessionName']}"},
    }


def put_parameter(world: World, region: Region, parameters: Parameters) -> Parameters:
    name = parameters["Name"]
    before = region.parameters.get(name)
    if before and not parameters.get("Overwrite"):
        raise ApiError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        )
    version = (before["Version"] if before else 0) + 1
    if before:
        before.update(Value=parameters["Value"], Version=version)
        return {"Version": version, "Tier": "Standard"}
    region.parameters[name] = {
        "Name": name,
        "Type": parameters.get("Type", "String"),
        "Value": parameters["Value"],
        "Version": version,
        "ARN": f"arn:{region.partition}:ssm:{region.name}:{region.account}:parameter/{name.lstrip('/')}",
    }
    return {"Version": version, "Tier": "Standard"}


def get_parameter(world: World, region: Region, parameters: Parameters) -> Parameters:
    found = region.parameters.get(parameters["Name"])
    if found is None:
        raise ApiError("ParameterNotFound", "")
    return {"Parameter": found}


def add_tags_to_resource(world: World, region: Region, parameters: Parameters) -> Parameters:
    tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
    region.parameter_tags.setdefault(_tagged(region, parameters), {}).update(tags)
    return {}


def list_tags_for_resource(world: World, region: Region, parameters: Parameters) -> Parameters:
    tags = region.parameter_tags.get(_tagged(region, parameters), {})
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tagged(region: Region, parameters: Parameters) -> str:
    name: str = parameters["ResourceId"]
    if parameters["ResourceType"] != "Parameter" or name not in region.parameters:
        raise ApiError("InvalidResourceId", "")
    return name


def put_metric_alarm(world: World, region: Region, parameters: Parameters) -> Parameters:
    region.alarms.setdefault(parameters["AlarmName"], "INSUFFICIENT_DATA")
    return {}


def set_alarm_state(world: World, region: Region, parameters: Parameters) -> Parameters:
    if parameters["AlarmName"] not in region.alarms:
        raise ApiError("ResourceNotFound", "", status=404)
    region.alarms[parameters["AlarmName"]] = parameters["StateValue"]
    return {}


def describe_alarms(world: World, region: Region, parameters: Parameters) -> Parameters:
    names = parameters.get("AlarmNames") or sorted(region.alarms)
    kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
    rows: dict[str, list[Parameters]] = {"MetricAlarms": [], "CompositeAlarms": []}
    for name in names:
        state = region.alarms.get(name)
        kind = "CompositeAlarm" if name.startswith("composite-") else "MetricAlarm"
        if state is not None and kind in kinds:
            arn = f"arn:{region.partition}:cloudwatch:{region.name}:{region.account}:alarm:{name}"
            rows[f"{kind}s"].append({"AlarmName": name, "AlarmArn": arn, "StateValue": state})
    return dict(rows)
