"""botocore's errors, made ours at one place: operation, resource, request id, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from layer_action.aws.hints import (
    CREDENTIALS_CODES,
    EC2_THROTTLE,
    FROZEN_RUNTIME,
    THROTTLING_CODES,
    WRONG_CLOCK,
    hint_of,
)
from layer_action.errors import (
    AccessDeniedError,
    AmbiguousError,
    AwsError,
    ConflictError,
    CredentialsError,
    FrozenRuntimeError,
    MissingResourceError,
    NoCredentialsError,
    StaleRevisionError,
    ThrottledError,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

LOGIN_HINT: Final = (
    "Log in with aws-actions/configure-aws-credentials before this step (permissions: id-token: write), "
    "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)
_EXPIRED_HINT: Final = (
    "Run the job again for a new session; long rollouts need a longer one (role-duration-seconds) "
    "and session-minutes to match."
)
_INVALID_HINT: Final = (
    "Check the keys, and whether the account has enabled this region: where it has not, AWS says the same."
)
_BY_CODE: Final[dict[str, type[AwsError]]] = {
    "AccessDenied": AccessDeniedError,
    "AccessDeniedException": AccessDeniedError,
    "UnauthorizedOperation": AccessDeniedError,
    "ResourceConflictException": ConflictError,
    "PreconditionFailedException": StaleRevisionError,
    "ResourceNotFoundException": MissingResourceError,
    "NoSuchBucket": MissingResourceError,
    "NoSuchKey": MissingResourceError,
}
# User … is not authorized to perform ACTION on resource ARN because no identity-based policy allows …
_DENIED: Final = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?")
# AWS reads an uploaded zip with the caller's rights
_DENIED_BY_S3: Final = re.compile(r"denied by S3.* GetObject for (?P<bucket>[^/\s]+)/")
# https://sts.eu-central-1.amazonaws.com/
_ADDRESS: Final = re.compile(r"//[a-z0-9-]+\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_READS: Final = ("Get", "List", "Describe", "Head")
_SERVER_ERROR: Final = 500


@contextmanager
def translating(operation: str, resource: str) -> Iterator[None]:
    """Raise AwsError and its kinds for what botocore raises inside.

    `operation` is the IAM action, `lambda:PublishLayerVersion`; `resource` an ARN or a name. A lost answer or a server
    error is AmbiguousError, unless the operation only reads.
    """
    from botocore import exceptions as botocore  # noqa: PLC0415 - costs 0.3 s

    try:
        yield
    except botocore.ClientError as error:
        raise _refused(error, operation, resource) from error
    except (botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.ProfileNotFound) as error:
        raise NoCredentialsError(
            f"There are no AWS credentials: {_sentence(str(error))}",
            operation=operation,
            resource=resource,
            hint=LOGIN_HINT,
        ) from error
    except (botocore.CredentialRetrievalError, botocore.TokenRetrievalError, botocore.SSOError) as error:
        raise CredentialsError(
            f"The AWS credentials cannot be had: {_sentence(str(error))}",
            operation=operation,
            resource=resource,
            hint=LOGIN_HINT,
        ) from error
    except (botocore.EndpointConnectionError, botocore.ConnectTimeoutError, botocore.ProxyConnectionError) as error:
        raise AwsError(
            f"AWS cannot be reached for {_call(operation, resource)}: {_sentence(str(error))}",
            operation=operation,
            resource=resource,
            hint=f"{_nearest_region(str(error))}Check the region's name, the network and the proxy settings.",
        ) from error
    except botocore.HTTPClientError as error:
        raise _lost(str(error), operation, resource) from error
    except botocore.BotoCoreError as error:
        message = f"{_call(operation, resource)} cannot be asked for: {_sentence(str(error))}"
        hint = "Check the settings that AWS's own tools read as well: the variables AWS_*, and their files."
        raise AwsError(message, operation=operation, resource=resource, hint=hint) from error


def _call(operation: str, resource: str) -> str:
    return operation if resource == "*" else f"{operation} on {resource}"


def _nearest_region(text: str) -> str:
    """Return `Did you mean ...? ` for an address of a region that botocore does not know, else ""."""
    named = _ADDRESS.search(text)
    if not named:
        return ""
    import difflib  # noqa: PLC0415 - few ask

    import botocore.session  # noqa: PLC0415 - costs 0.3 s

    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    known = [name for part in partitions for name in session.get_available_regions("lambda", partition_name=part)]
    close = difflib.get_close_matches(named["region"], known, n=1)
    return f"Did you mean {close[0]}? " if close and named["region"] not in known else ""


def retried(error: BaseException) -> bool:
    """Tell whether botocore had asked more than once when an answer came: the first may have been done unheard."""
    response = getattr(error.__cause__, "response", None)
    return isinstance(response, dict) and response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def _refused(error: "ClientError", operation: str, resource: str) -> AwsError:
    answer = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata")
    code, text = answer.get("Code", ""), answer.get("Message", "")
    status = metadata.get("HTTPStatusCode", 0) if metadata else 0
    request_id = metadata.get("RequestId", "") if metadata else ""
    if status >= _SERVER_ERROR:
        return _lost(f"{code} {text}".strip(), operation, resource, request_id)
    kind = _kind(code, text)
    message = f"AWS refused {_call(operation, resource)}: {_sentence(text or code)}"
    return kind(
        f"{message}{_request(request_id)}",
        operation=operation,
        resource=resource,
        request_id=request_id,
        hint=_hint(kind, code, text, operation, resource),
    )


def _kind(code: str, text: str) -> type[AwsError]:
    if code in CREDENTIALS_CODES:
        return CredentialsError
    if code in THROTTLING_CODES or EC2_THROTTLE in text:
        return ThrottledError
    if FROZEN_RUNTIME in text:
        return FrozenRuntimeError
    # HEAD has no body: botocore then gives the bare status
    return _BY_CODE.get(code) or {"403": AccessDeniedError, "404": MissingResourceError}.get(code, AwsError)


def _hint(kind: type[AwsError], code: str, text: str, operation: str, resource: str) -> str:
    if WRONG_CLOCK in text or code == "RequestTimeTooSkewed":
        return "The clock of this machine is wrong: AWS takes no request that is more than some minutes off. Set it."
    if kind is CredentialsError:
        return _EXPIRED_HINT if "xpired" in code else _INVALID_HINT
    if kind is ThrottledError:
        return "Something else uses up the account's calls in this region; run again later."
    if kind is ConflictError:
        return "Another update of it is in progress; run again when that is over."
    if kind is StaleRevisionError:
        return "Somebody changed it meanwhile; run again."
    return _denied_hint(text, operation, resource) if kind is AccessDeniedError else hint_of(code, text)


def _denied_hint(text: str, operation: str, resource: str) -> str:
    if by_s3 := _DENIED_BY_S3.search(text):
        partition = resource.split(":")[1] if resource.startswith("arn:") else "aws"
        operation, resource = "s3:GetObject", f"arn:{partition}:s3:::{by_s3['bucket']}/*"
    found = _DENIED.search(text)
    action = (found and found["action"]) or operation
    target = ((found and found["resource"]) or resource).rstrip(".")
    if "no resource-based policy" in text:
        return (
            f"Another account owns {target}, and it does not share that version with this one (or has deleted it): "
            "take it off the function, or ask its owner for lambda:AddLayerVersionPermission."
        )
    if "explicit deny" in text:
        return f"A policy denies {action} on {target} explicitly; no grant can outweigh that."
    return f"Allow {action} on {target} for the role of this job; lambda-layer-action iam prints the whole policy."


def _lost(text: str, operation: str, resource: str, request_id: str = "") -> AwsError:
    reads = operation.partition(":")[2].startswith(_READS)
    kind, end = (AwsError, "") if reads else (AmbiguousError, "; it may or may not have been done")
    return kind(
        f"AWS gave no answer to {_call(operation, resource)}{end}: {_sentence(text)}{_request(request_id)}",
        operation=operation,
        resource=resource,
        request_id=request_id,
        hint="Run again: what was done is found and not done twice.",
    )


def _request(request_id: str) -> str:
    """Return what AWS's support asks for, "" where AWS did not say."""
    return f" (request {request_id})" if request_id else ""


def _sentence(text: str) -> str:
    """Return AWS's text as the end of a sentence of ours."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!")) else f"{text}."
