"""One PyGithub client, set up so that nothing is posted twice and nothing sleeps for an hour."""

import logging
from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, Any, Final, Self

from github import Auth, Github, set_log_level
from github.GithubException import RateLimitExceededExceedsMaxWait
from github.GithubRetry import GithubRetry
from requests import ConnectionError  # noqa: A004 - the one that our callers translate
from urllib3.exceptions import MaxRetryError

from layer_action import __version__
from layer_action.errors import GitHubError, Location
from layer_action.record import record

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import HTTPResponse
    from urllib3.util import Retry

DEFAULT_API: Final = "https://api.github.com"
API_VERSION: Final = "2022-11-28"

_REFUSED: Final = (403, 429)  # refused before anything was done: safe to send again, whatever the method
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})


@record
class Patience:
    """How long to wait for what, in seconds; `attempts` counts repetitions, `unanswered` those without an answer.

    A run makes a few dozen requests; GitHub allows 80 writes a minute, and asks for a minute's pause after a secondary
    rate limit (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
    """

    between_requests: float = 0.0
    between_writes: float = 0.25
    secondary_limit: float = 60.0
    longest: float = 60.0
    backoff: float = 0.5
    attempts: int = 4
    unanswered: int = 2
    timeout: int = 30


PATIENCE: Final = Patience()


@record(frozen=False, kw_only=False)
class Health:
    """What one run has learnt of GitHub: `gone` where no answer comes, `ill` where it refuses or fails again and again.

    Nobody waits again for what was waited for in vain: a run asks dozens of questions.
    """

    gone: bool = False
    ill: bool = False


class WatchfulToken(Auth.Token):
    """A token that goes into no request to a GitHub that is gone."""

    def __init__(self, token: str, health: Health) -> None:
        """Ask `health` before each request."""
        super().__init__(token)
        self._health = health

    def authentication(self, headers: dict[str, str]) -> None:
        """Sign a request. Raises requests.ConnectionError where it would lead nowhere."""
        if self._health.gone:
            raise ConnectionError("no answer came before")
        super().authentication(headers)


class PatientRetry(GithubRetry):
    """Repeats what is safe to repeat, and waits at most `max_rate_limit_wait` seconds.

    POST is repeated only where GitHub refused it (rate limits), never after a 5xx or a lost answer. A longer wait than
    allowed raises RateLimitExceededExceedsMaxWait. Where all attempts of a request are in vain, `health` tells it.
    """

    def __init__(self, *, health: Health, **settings: Any) -> None:  # noqa: ANN401 - GithubRetry's own
        """Share `health` with the client and its copies; `settings` are GithubRetry's."""
        self._health = health
        super().__init__(**settings)

    def new(self, **changes: Any) -> Self:  # noqa: ANN401 - GithubRetry's own
        """Return a copy that shares the health."""
        return super().new(health=self._health, **changes)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002 - urllib3's signature
        """Tell whether an answer may lead to another attempt."""
        if self._health.ill:
            return False
        if status_code in _REFUSED:
            return True
        return super().is_retry(method, status_code, has_retry_after)

    def increment(  # type: ignore[override]
        self,
        method: str | None = None,
        url: str | None = None,
        response: "HTTPResponse | None" = None,
        error: Exception | None = None,
        _pool: "ConnectionPool | None" = None,
        _stacktrace: "TracebackType | None" = None,
    ) -> "Retry":
        """Count an attempt, or raise when the wait that GitHub asks for is too long."""
        if response is not None and response.status in _REFUSED:
            wait = _asked_wait(response.headers)
            if self.max_rate_limit_wait is not None and wait > self.max_rate_limit_wait:
                body = {"message": "API rate limit exceeded"}
                response.drain_conn()  # or the connection stays open
                raise RateLimitExceededExceedsMaxWait(response.status, body, dict(response.headers), wait=wait)
        try:
            return super().increment(method, url, response, error, _pool, _stacktrace)
        except MaxRetryError:
            if response is None:
                self._health.gone = True
            else:
                self._health.ill = True
            raise


def connect(env: Mapping[str, str], token: str, *, patience: Patience | None = None) -> Github:
    """Return a client for GITHUB_API_URL. Sends nothing yet. Raises GitHubError for an address that is none."""
    chosen = patience or PATIENCE
    address = (env.get("GITHUB_API_URL") or DEFAULT_API).rstrip("/")
    if not address.startswith(("https://", "http://")):
        raise GitHubError(
            f"`{address}` is no address of an API.",
            hint="GITHUB_API_URL looks like https://api.github.com.",
            location=Location("GITHUB_API_URL"),
        )
    # PyGithub prints answers to standard error, where the runner looks for commands; errors tell all that matters
    set_log_level(logging.CRITICAL)
    health = Health()
    return Github(
        auth=WatchfulToken(token, health) if token else None,
        base_url=address,
        timeout=chosen.timeout,
        user_agent=f"lambda-layer-action/{__version__}",
        per_page=100,
        verify=env.get("REQUESTS_CA_BUNDLE") or env.get("SSL_CERT_FILE") or True,
        retry=_retry(chosen, health),
        seconds_between_requests=chosen.between_requests,
        seconds_between_writes=chosen.between_writes,
        lazy=True,
        api_version=API_VERSION,
    )


def at_host(session: Github, address: str, *, timeout: int) -> Github:
    """Return a client like another one for another host: PyGithub leaves foreign hosts without any timeout."""
    return Github(**session.requester.kwargs | {"base_url": address, "timeout": timeout})


def _retry(patience: Patience, health: Health) -> PatientRetry:
    return PatientRetry(
        health=health,
        total=patience.attempts,
        connect=patience.unanswered,
        read=patience.unanswered,
        backoff_factor=patience.backoff,
        status_forcelist=[429, 500, 502, 503, 504],
        allowed_methods=_REPEATABLE,
        # the last answer says more than urllib3's "too many 502 error responses"
        raise_on_status=False,
        secondary_rate_wait=patience.secondary_limit,
        max_rate_limit_wait=patience.longest,
    )


def _asked_wait(headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer asks us to wait, 0 when it does not say."""
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(0.0, int(reset) - time())
    return 0.0
