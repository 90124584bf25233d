import pytest
from botocore import exceptions as botocore

from layer_action import errors
from layer_action.aws.translate import translating

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:shop"


def refused(
    code: str, message: str = "Sorry", *, status: int = 400, operation: str = "lambda:UpdateFunctionConfiguration"
) -> errors.AwsError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "abc-1"},
    }
    with pytest.raises(errors.AwsError) as caught, translating(operation, ARN):
        raise botocore.ClientError(answer, "X")  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 403, errors.AccessDeniedError),
        ("AccessDenied", 403, errors.AccessDeniedError),
        ("403", 403, errors.AccessDeniedError),
        ("ExpiredTokenException", 403, errors.CredentialsError),
        ("UnrecognizedClientException", 403, errors.CredentialsError),
        ("InvalidClientTokenId", 403, errors.CredentialsError),
        ("ResourceConflictException", 409, errors.ConflictError),
        ("PreconditionFailedException", 412, errors.StaleRevisionError),
        ("ResourceNotFoundException", 404, errors.MissingResourceError),
        ("404", 404, errors.MissingResourceError),
        ("TooManyRequestsException", 429, errors.ThrottledError),
        ("SlowDown", 503, errors.AmbiguousError),
        ("ServiceException", 500, errors.AmbiguousError),
        ("InvalidParameterValueException", 400, errors.AwsError),
        ("SomethingNew", 400, errors.AwsError),
    ],
)
def test_each_code_has_its_error(code: str, status: int, kind: type[errors.AwsError]) -> None:
    error = refused(code, status=status)
    assert type(error) is kind
    assert (error.operation, error.resource, error.request_id) == ("lambda:UpdateFunctionConfiguration", ARN, "abc-1")


def test_a_refusal_is_one_sentence_with_all_that_support_asks_for() -> None:
    assert refused("SomethingNew", "That is\n  odd").message == (
        f"AWS refused lambda:UpdateFunctionConfiguration on {ARN}: That is odd. (request abc-1)"
    )


def test_an_answer_that_is_none_has_its_request_too() -> None:
    error = refused("ServiceException", "Sorry", status=500, operation="lambda:ListFunctions")
    assert (
        error.message == f"AWS gave no answer to lambda:ListFunctions on {ARN}: ServiceException Sorry. (request abc-1)"
    )


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("SignatureDoesNotMatch", "Signature expired: 20261124T000000Z is now earlier than 20261124T010000Z"),
        ("InvalidSignatureException", "Signature expired: 20261124T000000Z is now earlier than 20261124T010000Z"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    ],
)
def test_a_wrong_clock_is_named_as_the_cause(code: str, text: str) -> None:
    error = refused(code, text, status=403)
    assert isinstance(error, errors.CredentialsError)
    assert error.hint.startswith("The clock of this machine is wrong")


def test_a_denial_names_the_action_and_resource_that_aws_names() -> None:
    layer = "arn:aws:lambda:eu-west-1:111122223333:layer:http:3"
    text = (
        f"User: x is not authorized to perform: lambda:GetLayerVersion on resource: {layer} "
        "because no identity-based policy allows the lambda:GetLayerVersion action"
    )
    assert refused("AccessDeniedException", text).hint.startswith(
        f"Allow lambda:GetLayerVersion on {layer} for the role"
    )


def test_a_denial_without_words_names_what_was_asked() -> None:
    assert f"Allow lambda:UpdateFunctionConfiguration on {ARN}" in refused("AccessDeniedException", "").hint


def test_another_accounts_layer_is_for_its_owner_to_share() -> None:
    text = (
        "User: x is not authorized to perform: lambda:GetLayerVersion on resource: arn:aws:lambda:eu-west-1:9:layer:a:1"
        " because no resource-based policy allows the lambda:GetLayerVersion action"
    )
    hint = refused("AccessDeniedException", text).hint
    assert hint.startswith("Another account owns arn:aws:lambda:eu-west-1:9:layer:a:1")


def test_an_explicit_deny_is_not_answered_with_a_grant() -> None:
    text = f"User: x is not authorized to perform: lambda:TagResource on resource: {ARN} with an explicit deny"
    assert "no grant can outweigh" in refused("AccessDeniedException", text).hint


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (botocore.NoCredentialsError(), errors.NoCredentialsError),
        (botocore.EndpointConnectionError(endpoint_url="http://x"), errors.AwsError),
        (botocore.ConnectTimeoutError(endpoint_url="http://x"), errors.AwsError),
        (botocore.ReadTimeoutError(endpoint_url="http://x"), errors.AmbiguousError),
        (botocore.ConnectionClosedError(endpoint_url="http://x"), errors.AmbiguousError),
        (botocore.ParamValidationError(report="bad name"), errors.AwsError),
    ],
)
def test_what_never_reached_aws_is_not_ambiguous(error: Exception, kind: type[errors.AwsError]) -> None:
    with pytest.raises(errors.AwsError) as caught, translating("lambda:PublishLayerVersion", "http"):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("host", "suggested"),
    [
        ("sts.us-eats-1.amazonaws.com", "Did you mean us-east-1? "),
        ("lambda.cn-nroth-1.amazonaws.com.cn", "Did you mean cn-north-1? "),
        ("lambda.us-east-1.amazonaws.com", ""),
        ("127.0.0.1:9", ""),
    ],
)
def test_an_address_of_no_region_is_answered_with_the_nearest(host: str, suggested: str) -> None:
    with pytest.raises(errors.AwsError) as caught, translating("sts:GetCallerIdentity", "*"):
        raise botocore.EndpointConnectionError(endpoint_url=f"https://{host}/")
    assert caught.value.hint == f"{suggested}Check the region's name, the network and the proxy settings."
    assert caught.value.message.startswith("AWS cannot be reached for sts:GetCallerIdentity: ")


def test_our_own_errors_pass_through() -> None:
    with pytest.raises(errors.InputError), translating("lambda:GetFunction", ARN):
        raise errors.InputError("ours")
