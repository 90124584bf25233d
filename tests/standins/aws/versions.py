"""Published versions and aliases of functions."""

import copy
import uuid

from tests.standins.aws.errors import ApiError, invalid
from tests.standins.aws.functions import check_revision, record_of, refuse_while_busy, shown
from tests.standins.aws.state import AliasRecord, FunctionRecord, Region, World, page
from tests.standins.aws.wire import Parameters


def publish_version(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    refuse_while_busy(record)
    check_revision(record, parameters)
    current = record.configuration.code_sha256
    if parameters.get("CodeSha256") not in {None, current}:
        raise invalid(
            f"CodeSHA256 ({parameters['CodeSha256']}) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    if record.changed_since_version:
        record.newest_version += 1
        version = copy.deepcopy(record.configuration)
        version.revision_id = str(uuid.uuid4())
        version.description = parameters.get("Description", version.description)
        version.does_not_start = world.failing_versions.get(record.name, "")
        record.versions[str(record.newest_version)] = version
        record.changed_since_version = False
        record.renew_revision()
    number = str(record.newest_version)
    return shown(world, record, record.versions[number], version=number)


def list_versions_by_function(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    latest = shown(world, record, record.configuration, version="$LATEST", listed=True)
    rows = [latest | {"FunctionArn": f"{record.arn}:$LATEST"}]
    rows += [shown(world, record, c, version=v, listed=True) for v, c in record.versions.items()]
    items, marker = page(rows, parameters.get("Marker"), parameters.get("MaxItems"), world.limits)
    return {"Versions": items} | ({"NextMarker": marker} if marker else {})


def list_aliases(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    aliases = [_shown(record, alias) for _, alias in sorted(record.aliases.items())]
    items, marker = page(aliases, parameters.get("Marker"), parameters.get("MaxItems"), world.limits)
    return {"Aliases": items} | ({"NextMarker": marker} if marker else {})


def get_alias(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    alias = record.aliases.get(parameters["Name"])
    if alias is None:
        raise ApiError("ResourceNotFoundException", f"Cannot find alias arn: {record.arn}:{parameters['Name']}")
    return _shown(record, alias)


def create_alias(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    name = parameters["Name"]
    if name in record.aliases:
        raise ApiError("ResourceConflictException", f"Alias already exists: {record.arn}:{name}")
    alias = AliasRecord(name=name, version=parameters["FunctionVersion"])
    _set(record, alias, parameters)
    record.aliases[name] = alias
    return _shown(record, alias)


def update_alias(world: World, region: Region, parameters: Parameters) -> Parameters:
    record, _ = record_of(world, region, parameters)
    alias = record.aliases.get(parameters["Name"])
    if alias is None:
        raise ApiError("ResourceNotFoundException", f"Alias not found: {record.arn}:{parameters['Name']}")
    if parameters.get("RevisionId") not in {None, alias.revision_id}:
        raise ApiError("PreconditionFailedException")
    _set(record, alias, parameters)
    return _shown(record, alias)


def _set(record: FunctionRecord, alias: AliasRecord, parameters: Parameters) -> None:
    version = parameters.get("FunctionVersion", alias.version)
    routing = parameters.get("RoutingConfig")
    weights = alias.weights if routing is None else routing.get("AdditionalVersionWeights", {})
    for wanted in (version, *weights):
        if wanted != "$LATEST" and wanted not in record.versions:
            raise ApiError("ResourceNotFoundException", f"Function not found: {record.arn}:{wanted}")
        if wanted in record.versions and record.versions[wanted].does_not_start:
            raise ApiError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the following "
                "state: 'Failed', StateReasonCode: 'FunctionError'",
            )
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if weights and "$LATEST" in (version, *weights):
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise invalid(
            f"Invalid function version {version}. "
            f"Function version {version} is already included in routing configuration."
        )
    alias.version, alias.weights = version, dict(weights)
    alias.description = parameters.get("Description", alias.description)
    alias.revision_id = str(uuid.uuid4())


def _shown(record: FunctionRecord, alias: AliasRecord) -> Parameters:
    answer: Parameters = {
        "AliasArn": f"{record.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    return answer | ({"RoutingConfig": {"AdditionalVersionWeights": alias.weights}} if alias.weights else {})
