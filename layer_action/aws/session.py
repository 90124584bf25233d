"""Credentials, regions and clients: everything that boto3 would look for by itself is given to it."""

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import urlsplit

from layer_action import __version__
from layer_action.aws.login import assume, log_in, session_of
from layer_action.aws.pacing import Pacing
from layer_action.aws.recent import RecentVersions
from layer_action.aws.translate import translating
from layer_action.errors import InputError, WrongAccountError
from layer_action.ports.speaking import Clock
from layer_action.record import record

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

_CONNECTIONS: Final = 50
_PREFLIGHT_ATTEMPTS: Final = 3  # who we are is asked first: a wrong region should be told soon


@record
class Patience:
    """How often and how long a client tries. Seconds; `publish_read` covers the upload of 50 MB on a slow line."""

    attempts: int = 8
    connect: float = 10.0
    read: float = 60.0
    publish_read: float = 300.0


def region_of(env: Mapping[str, str]) -> str:
    """Return the region of the environment, "" for none: users set AWS_REGION, boto3 reads only AWS_DEFAULT_REGION."""
    return env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname)


class AwsSession:
    """One account's credentials and its clients, made when first used. May be shared by threads; close it at the end.

    `env` is the whole environment: an empty variable is an unset one. `role` is assumed on top of its credentials, and
    renewed before it expires; its secrets go to `mask` before they are used.
    """

    def __init__(  # noqa: PLR0913 - three are for tests and wiring
        self,
        env: Mapping[str, str],
        *,
        clock: Clock,
        region: str = "",
        account_expected: str = "",
        role: str = "",
        mask: Callable[[str], None] = lambda _secret: None,
        patience: Patience | None = None,
    ) -> None:
        """Remember the settings; nothing is asked yet. Raises InputError without a region."""
        self.env = {name: value for name, value in env.items() if value}
        self.region = region or region_of(self.env)
        if not self.region:
            raise InputError(
                "No AWS region is given.",
                hint="Set the input regions, the config key regions, or the variable AWS_REGION.",
            )
        self.clock = clock
        self.role = role
        self.patience = patience or Patience()
        self._account_expected = account_expected
        self._mask = mask
        self.recent = RecentVersions(clock)
        self._pacing = Pacing(clock)
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._session: boto3.Session | None = None
        self._identity: tuple[str, str] | None = None

    # -- who we are -----------------------------------------------------------

    def account(self) -> str:
        """Return the account id of the credentials. Raises CredentialsError, WrongAccountError."""
        return self._who()[0]

    def partition(self) -> str:
        """Return `aws`, `aws-cn` or `aws-us-gov`, as the credentials' own ARN has it."""
        return self._who()[1]

    def _who(self) -> tuple[str, str]:
        with self._lock:
            if self._identity is None:
                with translating("sts:GetCallerIdentity", "*"):
                    answer = self.sts().get_caller_identity()
                account = answer["Account"]
                if self._account_expected not in {"", account}:
                    raise WrongAccountError(
                        f"The AWS credentials belong to account {account}; "
                        f"the config expects {self._account_expected}.",
                        hint="Log in to that account, or correct the key account of the environment.",
                    )
                self._identity = account, answer["Arn"].split(":")[1]
            return self._identity

    # -- clients --------------------------------------------------------------

    def lambda_(self, region: str) -> "LambdaClient":
        """Return the client for everything that may be asked twice."""
        return cast("LambdaClient", self._client("lambda", region))

    def publisher(self, region: str) -> "LambdaClient":
        """Return the client that asks once: what it does is not idempotent."""
        return cast("LambdaClient", self._client("lambda", region, once=True))

    def s3(self, region: str) -> "S3Client":
        """Return the client of a region's buckets."""
        return cast("S3Client", self._client("s3", region))

    def ssm(self, region: str) -> "SSMClient":
        """Return the client of a region's parameters."""
        return cast("SSMClient", self._client("ssm", region))

    def cloudwatch(self, region: str) -> "CloudWatchClient":
        """Return the client of a region's alarms."""
        return cast("CloudWatchClient", self._client("cloudwatch", region))

    def sts(self) -> "STSClient":
        """Return the client that tells who we are."""
        return cast("STSClient", self._client("sts", self.region))

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.close()

    def _client(self, service: str, region: str, *, once: bool = False) -> Any:  # noqa: ANN401 - cast by the callers
        # boto3 sessions are not safe for threads, their clients are
        with self._lock:
            key = (service, region, once)
            if key not in self._clients:
                if self._session is None:
                    self._session = self._log_in()
                self._clients[key] = self._make(self._session, service, region, once=once)
            return self._clients[key]

    def _make(self, session: "boto3.Session", service: str, region: str, *, once: bool) -> Any:  # noqa: ANN401
        with translating(f"{service}:*", region):
            client = session.client(
                cast("Any", service),
                region_name=region,
                endpoint_url=self._endpoint(service),
                verify=self.env.get("AWS_CA_BUNDLE"),
                config=self._config(service, once=once),
            )
        if service == "lambda":

            def pace(event_name: str, **_: object) -> None:
                self._pacing.take(region, event_name.rpartition(".")[2])

            # sent for each attempt, botocore's own retries among them
            client.meta.events.register("before-send.lambda", pace)
        return client

    def _endpoint(self, service: str) -> str | None:
        if self.env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return None
        names = (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL")
        name = next((name for name in names if name in self.env), "")
        address = self.env.get(name)
        if address and not _is_address(address):
            raise InputError(
                f"{name} is {address!r}, and no address.",
                hint="Write it with https://, or unset it: AWS's own addresses need no such variable.",
            )
        return address

    def _config(self, service: str, *, once: bool) -> "Config":
        from botocore.config import Config  # noqa: PLC0415 - costs 0.3 s

        patience = self.patience
        attempts = min(patience.attempts, _PREFLIGHT_ATTEMPTS) if service == "sts" else patience.attempts
        return Config(
            user_agent_extra=f"lambda-layer-action/{__version__}",
            connect_timeout=patience.connect,
            read_timeout=patience.publish_read if once or service == "s3" else patience.read,
            # botocore's default mode and count changed between versions
            retries={"mode": "standard", "total_max_attempts": 1 if once else attempts},
            max_pool_connections=_CONNECTIONS,
            # virtual host names do not exist below a custom endpoint
            s3={"addressing_style": "path"} if self._endpoint(service) else None,
        )

    def _log_in(self) -> "boto3.Session":
        base = log_in(self.env)
        if not self.role:
            return session_of(base, self.region)
        source = self._make(session_of(base, self.region), "sts", self.region, once=False)
        self._clients["sts", self.region, True] = source  # closed with the others
        return session_of(assume(self.env, source, self.role, self._mask), self.region)
