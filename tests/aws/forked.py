"""A run as a process of its own; what it would load at its start is there when it is forked from who imported this."""

import os
from pathlib import Path

import boto3

from layer_action.errors import EXIT_BUG
from tests.aws.shop import Run, Shape
from tests.standins.descriptions import read_once

read_once()
for service in ("lambda", "sts", "ssm"):
    boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").close()  # type: ignore[call-overload]


def in_a_process(env: dict[str, str], shape: Shape, version: str, folder: str) -> None:
    """Run, to be killed."""
    code = EXIT_BUG
    try:
        code = Run(env, shape, version, Path(folder)).code()
    finally:
        os._exit(code)
