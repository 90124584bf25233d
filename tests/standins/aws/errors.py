"""How AWS refuses: a code, a message, an HTTP status, and the one of four body shapes that the code uses."""

from typing import Final

# aws-lambda facts §7.3: where the message sits in the body depends on the code.
_TYPED_CAPITAL: Final = {
    "ResourceNotFoundException",
    "CodeVerificationFailedException",
    "InvalidCodeSignatureException",
    "ServiceException",
}
_BARE_LOWER: Final = {"ValidationException", "ExpiredTokenException", "UnrecognizedClientException"}
_STATUS: Final = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "UnrecognizedClientException": 403,
    "InvalidSignatureException": 403,
    "ResourceNotFoundException": 404,
    "ResourceConflictException": 409,
    "PreconditionFailedException": 412,
    "RequestEntityTooLargeException": 413,
    "TooManyRequestsException": 429,
    "ServiceException": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}
_TEXT: Final = {
    "TooManyRequestsException": "Rate exceeded",
    "ServiceException": "An error occurred and the request cannot be processed.",
    "InternalFailure": "",
    "ExpiredTokenException": "The security token included in the request is expired",
    "ResourceConflictException": "The operation cannot be performed at this time. An update is in progress.",
    "PreconditionFailedException": (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    ),
}
EC2_THROTTLE: Final = (
    "Your request has been throttled by EC2, please make sure you have enough API rate limit. "
    "EC2 Error Code: RequestLimitExceeded. EC2 Error Message: Request limit exceeded."
)


class ApiError(Exception):
    """One refusal."""

    def __init__(self, code: str, message: str | None = None, *, status: int | None = None) -> None:
        self.code = code
        self.message = _TEXT.get(code, code) if message is None else message
        self.status = _STATUS.get(code, 400) if status is None else status
        super().__init__(f"{code}: {self.message}")

    def json(self) -> dict[str, str]:
        """Return the body in the shape that this code has in rest-json."""
        if self.code in _BARE_LOWER:
            return {"message": self.message}
        if self.code == "AccessDeniedException":
            return {"Message": self.message}
        if self.code == "TooManyRequestsException":
            return {"Reason": "CallerRateLimitExceeded", "Type": "User", "message": self.message}
        kind = "Service" if self.status >= 500 else "User"
        return {"Type": kind, "Message" if self.code in _TYPED_CAPITAL else "message": self.message}


def invalid(message: str) -> ApiError:
    """Return the 400 that Lambda uses for nearly everything."""
    return ApiError("InvalidParameterValueException", message)


def not_authorized(caller: str, action: str, resource: str, *, policy: str = "identity-based") -> ApiError:
    """Return IAM's refusal, in its own words."""
    return ApiError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
        f"because no {policy} policy allows the {action} action",
    )
