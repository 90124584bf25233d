"""Credentials: the keys of the environment, what boto3 finds where there are none, and a role on top."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from layer_action.aws.translate import LOGIN_HINT, translating
from layer_action.errors import CredentialsError, NoCredentialsError

if TYPE_CHECKING:
    import boto3
    import botocore.credentials
    import botocore.session
    from mypy_boto3_sts import STSClient

SESSION_NAME: Final = "lambda-layer-action"
_LOCAL_HINT: Final = (
    "Log in with the AWS CLI and name the profile in AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)
_KEY: Final = re.compile(r"[!-~]*")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: RoleSessionName has 2 to 64 characters.
_LONGEST_SESSION_NAME: Final = 64


def log_in(env: Mapping[str, str]) -> "botocore.session.Session":
    """Return a session with credentials. Raises CredentialsError, with what to do, when there are none."""
    base = _bare(env)
    key, secret, token = (
        _key(env, name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    )
    if key and secret:
        base.set_credentials(key, secret, token or None)
        return base
    try:
        with translating("sts:GetCallerIdentity", "*"):
            found = _search(base, env)
    except NoCredentialsError as error:
        raise NoCredentialsError(error.message, hint=_login_hint(env)) from error
    if found is None:
        raise NoCredentialsError("There are no AWS credentials.", hint=_login_hint(env))
    return base


def _key(env: Mapping[str, str], name: str) -> str:
    """Return a key without the line end that pasting leaves; "" for none. Raises CredentialsError, never with the key.

    Sent as it is, a key that no header can hold would stand in botocore's error, and so in the log.
    """
    value = env.get(name, "").strip()
    if not _KEY.fullmatch(value):
        raise CredentialsError(
            f"{name} holds a character that no key has, such as a blank or a line end.",
            hint="Paste the secret anew, as one line.",
        )
    return value


def _search(base: "botocore.session.Session", env: Mapping[str, str]) -> "botocore.credentials.Credentials | None":
    """Look where boto3 would: a profile, a web identity, a container's own."""
    resolver = base.get_component("credential_provider")
    resolver.remove("env")
    if env.get("AWS_EC2_METADATA_DISABLED", "").lower() != "false":
        # a job on somebody's server must not find that server's own role
        resolver.remove("iam-role")
    return base.get_credentials()


def assume(
    env: Mapping[str, str], source: "STSClient", role: str, mask: Callable[[str], None]
) -> "botocore.session.Session":
    """Return a session of a role, asked for at its first use and renewed before it expires.

    Each renewal's secrets go to `mask` before they are used. The first use raises AccessDeniedError, CredentialsError.
    """
    from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415 - costs 0.3 s

    name = f"{SESSION_NAME}-{env.get('GITHUB_RUN_ID', '')}".rstrip("-")[:_LONGEST_SESSION_NAME]

    def renew() -> dict[str, str]:
        with translating("sts:AssumeRole", role):
            given = source.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        for secret in (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]):
            mask(secret)
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    assumed = _bare(env)
    # botocore takes ready-made credentials only through this attribute
    assumed._credentials = DeferredRefreshableCredentials(renew, "sts-assume-role")  # type: ignore[attr-defined]  # noqa: SLF001
    return assumed


def session_of(base: "botocore.session.Session", region: str) -> "boto3.Session":
    """Return boto3's face of a session."""
    import boto3  # noqa: PLC0415 - costs 0.3 s

    return boto3.Session(botocore_session=base, region_name=region)


def _bare(env: Mapping[str, str]) -> "botocore.session.Session":
    """Return a session whose profile is that of `env`: boto3 would look an empty AWS_PROFILE up as a name."""
    import botocore.session  # noqa: PLC0415 - costs 0.3 s
    from botocore.configprovider import ConstantProvider  # noqa: PLC0415

    bare = botocore.session.Session()
    profile = None if env.get("AWS_ACCESS_KEY_ID") else env.get("AWS_PROFILE")
    bare.get_component("config_store").set_config_provider("profile", ConstantProvider(profile))
    return bare


def _login_hint(env: Mapping[str, str]) -> str:
    if env.get("AWS_PROFILE") and env.get("GITHUB_ACTIONS") == "true":
        return (
            "AWS_PROFILE names a profile of the runner, which a container cannot see: "
            "give configure-aws-credentials output-env-credentials: true."
        )
    return LOGIN_HINT if env.get("GITHUB_ACTIONS") == "true" else _LOCAL_HINT
