"""What to do about the refusals that AWS explains in prose only; the texts are AWS's own."""

from typing import Final

EC2_THROTTLE: Final = "throttled by EC2"
WRONG_CLOCK: Final = "Signature expired"
FROZEN_RUNTIME: Final = "no longer supported for creating or updating"
NO_ARCHITECTURES: Final = "CompatibleArchitectures are not supported"

_NO_CREDENTIALS_CODES: Final = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "IncompleteSignature",
)
CREDENTIALS_CODES: Final = frozenset(_NO_CREDENTIALS_CODES)
THROTTLING_CODES: Final = frozenset(
    {
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "SlowDown",
        "EC2ThrottledException",
    }
)

# part of AWS's text, and what the user does about it; the first that fits counts
_BY_TEXT: Final = (
    ("PermanentRedirect", "The bucket must be in the layer's region: write s3-bucket: name-{region}."),
    ("NoSuchBucket", "Create the bucket in the layer's region, or correct s3-bucket."),
    ("NoSuchKey", "Something removed the uploaded zip from the bucket; run again."),
    ("Unzipped size must be smaller", "Make the layer smaller: provided: [boto3, botocore], exclude, or two layers."),
    ("Zipped size must be smaller", "Set s3-bucket: larger zips go through S3."),
    ("Request must be smaller", "Set s3-bucket: larger zips go through S3."),
    ("combined with layers exceeds", "Make the layer or the function's code smaller, or hold the function by its tag."),
    ("Layers consume more", "Make the layer smaller, or take another layer off the function."),
    ("Two different versions of the same layer", "Remove one of the two from the function."),
    ("Cannot reference more than", "A function may have five layers; remove one from it, or merge two layers."),
    ("not in the same region", "List only layers of the function's own region."),
    ("container images", "A container image brings its own packages; it takes no layers."),
    ("Code storage limit", "Delete versions that nothing uses: lambda-layer-action prune."),
    (FROZEN_RUNTIME, "Move the function to a runtime that AWS still supports."),
    ("might be signed", "The function demands signed layers; this one is not signed by its signing profile."),
    ("KMS", "The function's KMS key refuses; check the key's policy and state."),
    ("'layerName'", "A layer's name has 1 to 140 letters, digits, - and _: see the key name."),
    ("'compatibleRuntimes'", "AWS does not know one of the runtimes; correct the key runtimes."),
    ("'description'", "A description has at most 256 characters."),
    ("'licenseInfo'", "A licence text has at most 512 characters."),
    ("'tags'", "A tag holds letters, digits, spaces and _ . : / = + - @ only."),
    ("resource tag limit", "The function has 50 tags already; remove one."),
)


def hint_of(code: str, message: str) -> str:
    """Return what to do about a refusal, "" when its text says it all."""
    if code == "CodeStorageExceededException":
        return "Delete layer versions that nothing uses: lambda-layer-action prune."
    # a deleted version that a function still lists blocks every change of its layers
    if "Layer version arn:" in message and message.rstrip().endswith("does not exist."):
        return "The function lists a layer version that was deleted; remove it from the function first."
    return next((hint for text, hint in _BY_TEXT if text in f"{code} {message}"), "")
