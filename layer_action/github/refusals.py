"""GitHub's refusals, translated into sentences that a user can act on.

Nothing of a token or of a signed URL is repeated.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from github import GithubException
from github.GithubException import RateLimitExceededException
from requests import RequestException

from layer_action.errors import GitHubError, TokenPermissionError

COMMENT: Final = ("contents: read", "pull-requests: write")
RELEASE: Final = ("contents: write",)
PULL_REQUEST: Final = ("contents: write", "pull-requests: write")
READ: Final = ("contents: read",)

_MAY_CREATE: Final = (
    "In the repository's settings, under Actions > General > Workflow permissions, "
    "tick `Allow GitHub Actions to create and approve pull requests`."
)
_FORBIDDEN: Final = ("not accessible by", "must have admin", "must have push", "requires authentication", "saml")


class RefusedError(GitHubError):
    """An answer of GitHub with a status."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        """Keep the HTTP status; 0 when no answer came."""
        super().__init__(message, hint=hint)
        self.status = status

    @property
    def is_ambiguous(self) -> bool:
        """Whether the request may have been carried out all the same."""
        return self.status == 0 or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


@contextmanager
def translated(doing: str, *, needs: tuple[str, ...] = READ) -> Iterator[None]:
    """Turn PyGithub's and requests' errors into ours. `doing` completes "GitHub refused to …"."""
    try:
        yield
    except GitHubError:
        raise
    except GithubException as error:
        raise _of_answer(error, doing, needs) from error
    except RequestException as error:
        raise RefusedError(
            f"GitHub could not be reached to {doing}: {type(error).__name__}.",
            status=0,
            hint="If GitHub is up, check the proxy and certificate settings of the runner.",
        ) from error
    except Exception as error:  # the border: PyGithub raises whatever a strange answer leads to
        raise RefusedError(
            f"GitHub's answer could not be understood while trying to {doing}: {type(error).__name__}.",
            status=-1,
            hint="Check that GITHUB_API_URL is the address of a GitHub API.",
        ) from error


def _of_answer(error: GithubException, doing: str, needs: tuple[str, ...]) -> GitHubError:
    status, said = error.status, _said(error)
    if isinstance(error, RateLimitExceededException) or status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = _until(error.headers or {})
        return RefusedError(f"GitHub's rate limit is used up: refused to {doing}.", status=status, hint=hint)
    message = f"GitHub refused to {doing}: {said} ({status})."
    if status == HTTPStatus.UNAUTHORIZED:
        hint = "The input `token` is wrong or has expired. Leave it out: the job's own token is its default."
        return TokenPermissionError(message, hint=hint)
    if status == HTTPStatus.FORBIDDEN and any(word in said.lower() for word in _FORBIDDEN):
        return TokenPermissionError(message, hint=permissions_hint(needs))
    if status == HTTPStatus.FORBIDDEN and "not permitted to create or approve" in said:
        return TokenPermissionError(message, hint=_MAY_CREATE)
    return RefusedError(message, status=status, hint=_hint(status, said, needs))


def _hint(status: int, said: str, needs: tuple[str, ...]) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "It does not exist, or the token cannot see it. " + permissions_hint(needs)
    if "immutable" in said:
        return "A tag of an immutable release is used up for good: release under the next version."
    if status == HTTPStatus.GONE:
        return "It was deleted."
    return "Run the job again later." if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""


def permissions_hint(needs: tuple[str, ...]) -> str:
    """Return the block to paste: what is not named there, the token does not get."""
    lines = "\n".join(f"    {need}" for need in needs)
    return (
        f"Give the job's token what it needs:\n  permissions:\n{lines}\n"
        "    id-token: write  # where the job takes AWS credentials by OIDC\n"
        "  A fork's run has a read-only token, whatever is written there."
    )


def _said(error: GithubException) -> str:
    content = error.data if isinstance(error.data, dict) else {}
    message = str(content.get("message") or error.message or "no reason given").rstrip(".")
    details = content.get("errors")
    if not isinstance(details, list):
        return message
    return "; ".join([message, *(_detail(detail) for detail in details)])


def _detail(detail: object) -> str:
    if not isinstance(detail, dict):
        return str(detail)
    parts = (detail.get("message") or detail.get("field"), None if detail.get("message") else detail.get("code"))
    return " ".join(str(part) for part in parts if part)


def _until(headers: Mapping[str, str]) -> str:
    lower = {name.lower(): value for name, value in headers.items()}
    reset = lower.get("x-ratelimit-reset", "")
    if reset.isdecimal():
        when = datetime.fromtimestamp(int(reset), UTC)
        return f"Run the job again after {when:%H:%M} UTC."
    return "Run the job again in a few minutes."
