"""The way around Lambda's limit on direct uploads: a bucket in the layer's region."""

import base64
from typing import TYPE_CHECKING, BinaryIO, Final

from layer_action.aws.translate import translating
from layer_action.errors import ConflictError
from layer_action.model.layer import Artifact

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from layer_action.aws.session import AwsSession

KEY_PREFIX: Final = "lambda-layer-action"
_ATTEMPTS: Final = 5
_PAUSE: Final = 2.0  # seconds


def bucket_name(template: str, region: str) -> str:
    """Return the bucket of a region: `{region}` in the config is filled in."""
    return template.replace("{region}", region)


def object_key(code_sha256: str) -> str:
    """Return the key of a zip, by its content: the same zip is stored once. `code_sha256` is base64."""
    return f"{KEY_PREFIX}/{base64.b64decode(code_sha256).hex()}.zip"


def upload(session: "AwsSession", artifact: Artifact, *, template: str, region: str) -> tuple[str, str]:
    """Store a zip, unless it is there already, and return its bucket and key. Raises AwsError.

    S3 checks the bytes against their sha256 as they arrive.
    """
    bucket, key = bucket_name(template, region), object_key(artifact.code_sha256)
    resource = f"arn:{session.partition()}:s3:::{bucket}/{key}"
    with translating("s3:PutObject", resource), artifact.path.open("rb") as body:
        for _ in range(_ATTEMPTS):
            if _put(session.s3(region), bucket, key, body, artifact.code_sha256):
                break
            # another run is storing the same zip this moment
            session.clock.sleep(_PAUSE)
            body.seek(0)
        else:
            raise ConflictError(
                f"Another run is storing the same zip in {bucket}, and does not end.",
                hint="Run it again in a few minutes.",
            )
    return bucket, key


def _put(client: "S3Client", bucket: str, key: str, body: BinaryIO, code_sha256: str) -> bool:
    """Store an object unless it exists; return False when S3 cannot tell yet."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - costs 0.3 s

    try:
        client.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=code_sha256, IfNoneMatch="*")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code not in {"PreconditionFailed", "ConditionalRequestConflict"}:
            raise
        return code == "PreconditionFailed"
    return True
