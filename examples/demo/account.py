"""The shop's AWS account: its functions, other people's layers, and what the functions hold right now."""

import io
import json
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ACCOUNT: Final = "111122223333"
VENDOR: Final = "999988887777"
REGION: Final = "eu-central-1"
_VENDOR_LAYERS: Final = ("vendor-tracing", "vendor-secrets", "vendor-metrics")
_LEGACY_LAYER: Final = "shop-http-x86_64-legacy"
_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/shop-functions"
_RUNTIME: Final = "python3.12"


def environment(address: str, account: str = ACCOUNT) -> dict[str, str]:
    """Return the settings that reach the local AWS: a 12-digit access key is the account there."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "of-the-demo",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One function as functions.toml wants it. `layers` are layer ARNs or names, in order."""

    name: str
    layers: tuple[str, ...]
    architecture: str = "x86_64"
    tags: Mapping[str, str]
    stack: str = ""
    alias: str = ""
    image: bool = False


class Account:
    """A few boto3 calls, as the team's own deployment makes them."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lambda = self._client(ACCOUNT)

    def _client(self, account: str) -> "LambdaClient":
        return boto3.client(
            "lambda",
            endpoint_url=self._address,
            region_name=REGION,
            aws_access_key_id=account,
            aws_secret_access_key="of-the-demo",
        )

    # -- layers --------------------------------------------------------------

    def publish_foreign_layers(self) -> dict[str, str]:
        """Publish a vendor's layers, and one that was made by hand long ago; return their ARNs by name."""
        vendor = self._client(VENDOR)
        arns = {}
        for name in _VENDOR_LAYERS:
            arns[name] = _published(vendor, name)
            vendor.add_layer_version_permission(
                LayerName=name, VersionNumber=1, StatementId="shop", Action="lambda:GetLayerVersion", Principal=ACCOUNT
            )
        arns[_LEGACY_LAYER] = _published(self._lambda, _LEGACY_LAYER)
        return arns

    def versions(self, layer: str) -> list[tuple[int, str]]:
        """Return number and description of a layer's versions, the newest first."""
        pages = self._lambda.get_paginator("list_layer_versions").paginate(LayerName=layer)
        return [(found["Version"], found.get("Description", "")) for page in pages for found in page["LayerVersions"]]

    def arn(self, layer: str) -> str:
        """Return the ARN of the newest version."""
        return self._lambda.list_layer_versions(LayerName=layer)["LayerVersions"][0]["LayerVersionArn"]

    def code_sha256(self, layer: str) -> tuple[str, str]:
        """Return what AWS says the newest version's SHA-256 is, and where the zip lies."""
        number = self.versions(layer)[0][0]
        content = self._lambda.get_layer_version(LayerName=layer, VersionNumber=number)["Content"]
        return content["CodeSha256"], content["Location"]

    # -- functions -----------------------------------------------------------

    def deploy(self, deployments: Sequence[Deployment], functions: Path) -> None:
        """Create the functions, each with the layers it asks for."""
        for deployment in deployments:
            if deployment.stack:
                self._deploy_stack(deployment)
            elif deployment.image:
                # AWS itself refuses layers on images since long ago; functions older than that still list them.
                self._lambda.create_function(
                    FunctionName=deployment.name,
                    Role=_ROLE,
                    PackageType="Image",
                    Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{deployment.name}:1"},
                    Layers=list(deployment.layers),
                )
            else:
                self._create(deployment, functions)
        for deployment in deployments:
            self._lambda.get_waiter("function_active_v2").wait(
                FunctionName=deployment.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
            if deployment.alias:
                version = self._lambda.publish_version(FunctionName=deployment.name)["Version"]
                self._lambda.create_alias(FunctionName=deployment.name, Name=deployment.alias, FunctionVersion=version)

    def _create(self, deployment: Deployment, functions: Path) -> None:
        self._lambda.create_function(
            FunctionName=deployment.name,
            Role=_ROLE,
            Runtime=_RUNTIME,
            Handler="app.handler",
            Code={"ZipFile": _code(functions / deployment.name.replace("-", "_"))},
            Layers=list(deployment.layers),
            Architectures=["arm64" if deployment.architecture == "arm64" else "x86_64"],
            Tags=dict(deployment.tags),
        )

    def _deploy_stack(self, deployment: Deployment) -> None:
        properties = {
            "FunctionName": deployment.name,
            "Role": _ROLE,
            "Runtime": _RUNTIME,
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context):\n    return event\n"},
            "Layers": list(deployment.layers),
        }
        template = {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
        stacks = boto3.client(
            "cloudformation",
            endpoint_url=self._address,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="of-the-demo",
        )
        stacks.create_stack(StackName=deployment.stack, TemplateBody=json.dumps(template))
        stacks.get_waiter("stack_create_complete").wait(
            StackName=deployment.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )

    def layers(self) -> dict[str, tuple[str, ...]]:
        """Return what every function holds, in its order: the layers' ARNs by function name."""
        pages = self._lambda.get_paginator("list_functions").paginate()
        return {
            function["FunctionName"]: tuple(layer["Arn"] for layer in function.get("Layers", []))
            for page in pages
            for function in page["Functions"]
        }

    def alias_version(self, function: str, alias: str) -> str:
        """Return the function version that an alias points to."""
        return self._lambda.get_alias(FunctionName=function, Name=alias)["FunctionVersion"]


def short(arn: str) -> str:
    """Return `name:number` of a layer version's ARN."""
    return ":".join(arn.split(":")[-2:])


def deployments(file: Path, arns: Mapping[str, str]) -> Iterator[Deployment]:
    """Read functions.toml. `arns` maps each layer, ours (`http x86_64`) and foreign, to a version's ARN."""
    for name, wanted in tomllib.loads(file.read_text(encoding="utf-8")).items():
        architecture = wanted.get("architecture", "x86_64")
        layers_of = wanted.get("layers-of", architecture)
        layers = tuple(arns.get(f"{layer} {layers_of}") or arns[layer] for layer in wanted["layers"])
        for number in range(1, wanted.get("copies", 1) + 1):
            yield Deployment(
                name=f"{name}-{number:02}" if "copies" in wanted else name,
                layers=layers,
                architecture=architecture,
                tags=wanted.get("tags", {}),
                stack=wanted.get("stack", ""),
                alias=wanted.get("alias", ""),
                image=wanted.get("image", False),
            )


def _published(client: "LambdaClient", name: str) -> str:
    content = _zipped({f"python/{name.replace('-', '_')}.py": b"# somebody else's\n"})
    return client.publish_layer_version(LayerName=name, Content={"ZipFile": content})["LayerVersionArn"]


def _code(folder: Path) -> bytes:
    """Return a function's code; small functions without a folder of their own share one line."""
    files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    return _zipped(files or {"app.py": b"def handler(event, context):\n    return event\n"})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
