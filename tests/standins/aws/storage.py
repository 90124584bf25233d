"""S3, path style: as much as uploading a layer needs, with checksums, conditions and ranges."""

import base64
import hashlib
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from tests.standins.aws.errors import ApiError
from tests.standins.aws.state import BucketRecord, Region, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def operation(method: str, target: str) -> tuple[str, str, str]:
    """Return the operation, the bucket and the key that a request means."""
    bucket, _, key = urllib.parse.unquote(target.partition("?")[0]).lstrip("/").partition("/")
    if method == "GET" and not bucket:
        return "ListBuckets", "", ""
    noun = "Object" if key else "Bucket"
    verb = {"PUT": "Put" if key else "Create", "GET": "Get", "HEAD": "Head", "DELETE": "Delete"}[method]
    return f"{verb}{noun}", bucket, key


def answer(world: World, region: Region, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Do one S3 operation."""
    name, bucket_name, key = operation(method, target)
    if name == "CreateBucket":
        world.buckets[bucket_name] = BucketRecord(name=bucket_name, region=region.name, account=region.account)
        return Answer(headers={"Location": f"/{bucket_name}"})
    bucket = world.buckets.get(bucket_name)
    if bucket is None:
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", status=404)
    if bucket.account != region.account:
        raise ApiError("AccessDenied", "Access Denied", status=403)
    if name == "HeadBucket":
        return Answer(headers={"x-amz-bucket-region": bucket.region})
    if name == "PutObject":
        return _put(bucket, key, headers, body)
    if key not in bucket.objects:
        raise ApiError("NoSuchKey", "The specified key does not exist.", status=404)
    if name == "DeleteObject":
        del bucket.objects[key]
        return Answer(status=204)
    return ranged(bucket.objects[key], headers)


def _put(bucket: BucketRecord, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
    if "aws-chunked" in headers.get("Content-Encoding", ""):
        body = _unchunked(body)
    if headers.get("If-None-Match") == "*" and key in bucket.objects:
        raise ApiError(
            "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status=412
        )
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    claimed = headers.get("x-amz-checksum-sha256")
    if claimed not in {None, checksum}:
        raise ApiError("BadDigest", "The SHA256 you specified did not match the calculated checksum.", status=400)
    bucket.objects[key] = body
    return Answer(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})


def _unchunked(body: bytes) -> bytes:
    content, at = b"", 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].partition(b";")[0], 16)
        if not size:
            return content
        content += body[end + 2 : end + 2 + size]
        at = end + 4 + size


def ranged(content: bytes, headers: Mapping[str, str]) -> Answer:
    """Serve bytes as S3 does: 206 for one range, 416 for one beyond the end."""
    size, wanted = len(content), re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("Range", ""))
    if not wanted or wanted.groups() == ("", ""):
        return Answer(body=content, headers={"Accept-Ranges": "bytes", "Content-Type": "application/zip"})
    first, last = wanted.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) if first and last else size - 1, size - 1)
    if start >= size:
        return Answer(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = content[start : end + 1]
    return Answer(status=206, body=part, headers={"Content-Range": f"bytes {start}-{end}/{size}"})


def refusal(error: ApiError) -> Answer:
    """Return an error as S3 writes it."""
    body = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
    return Answer(status=error.status, body=body.encode(), headers={"Content-Type": "application/xml"})
