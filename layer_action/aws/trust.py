"""Who may take the role: the jobs of one repository, by the token that GitHub gives them. Values only."""

import re
from typing import Final

from layer_action.aws.iam import Policy, Statement
from layer_action.errors import InputError
from layer_action.record import record

AUDIENCE: Final = "sts.amazonaws.com"
ISSUER: Final = "token.actions.githubusercontent.com"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


@record
class Job:
    """Whose jobs may take the role: those of one repository, and there of one environment, or of one ref.

    `owner_id` and `repository_id` are GitHub's numbers. `environment` outweighs `ref`, as in GitHub's own subject.
    """

    repository: str
    environment: str = ""
    ref: str = ""
    pull_requests: bool = False
    owner_id: str = ""
    repository_id: str = ""


def audience_of(partition: str) -> str:
    """Return whom the token must be meant for."""
    return f"{AUDIENCE}.cn" if partition == "aws-cn" else AUDIENCE


def issuer_of(server_url: str) -> str:
    """Return who signs the tokens of a GitHub server, "" being github.com, as IAM names it: without `https://`.

    https://docs.github.com/enterprise-server/actions/reference/security/oidc, and for ghe.com the same page of
    enterprise-cloud.
    """
    host = server_url.partition("://")[2].rstrip("/")
    if host in {"", "github.com"}:
        return ISSUER
    return f"token.actions.{host}" if host.endswith(".ghe.com") else f"{host}/_services/token"


def subjects(job: Job) -> tuple[str, ...]:
    """Return the `sub` claims of a job: by names, and by names with numbers (repositories made since 2026-07-15).

    https://docs.github.com/actions/reference/security/oidc. Raises InputError for a repository that is not owner/name.
    """
    owner, _, name = job.repository.partition("/")
    if not _REPOSITORY.fullmatch(job.repository):
        raise InputError(f"{job.repository!r} is not a repository.", hint="Write owner/name.")
    if job.environment:
        end = f"environment:{job.environment.replace(':', '%3A')}"
    else:
        end = "pull_request" if job.pull_requests else f"ref:{job.ref or 'refs/heads/main'}"
    old = f"repo:{owner}/{name}:{end}"
    if not (job.owner_id and job.repository_id):
        return (old,)
    return (old, f"repo:{owner}@{job.owner_id}/{name}@{job.repository_id}:{end}")


def trust_policy(job: Job, *, account: str, partition: str = "aws", issuer: str = ISSUER) -> Policy:
    """Return who may take the role: the job's own token alone, matched exactly, never by a wildcard."""
    claims: dict[str, str | tuple[str, ...]] = {f"{issuer}:aud": audience_of(partition), f"{issuer}:sub": subjects(job)}
    return Policy(
        statements=(
            Statement(
                actions=("sts:AssumeRoleWithWebIdentity",),
                principal={"Federated": f"arn:{partition}:iam::{account}:oidc-provider/{issuer}"},
                conditions={"StringEquals": claims},
            ),
        )
    )
