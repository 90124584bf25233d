"""`iam`: what the config needs in AWS, as policies."""

from collections.abc import Iterable, Iterator

from layer_action.aws.iam import Feature, Json, Scope, partition_of, policy
from layer_action.aws.trust import AUDIENCE, Job, audience_of, issuer_of, trust_policy
from layer_action.cli.work import Work
from layer_action.commands.surroundings import default_branch, repository_of
from layer_action.decide.artifacts import former_names, layer_names
from layer_action.errors import EXIT_DONE, GitHubError, InputError, Location
from layer_action.model.command import Command
from layer_action.model.layer import LayerSpec

_ANY_ACCOUNT = "*"
_YOUR_ACCOUNT = "ACCOUNT_ID"  # IAM refuses a principal with a wildcard


def iam(work: Work) -> int:
    """Print the least policy of a command, and the trust policy of the role that has it."""
    prepared = work.prepared
    repository = (
        work.arguments.repository
        or prepared.event.repository
        or work.env.get("GITHUB_REPOSITORY")
        or repository_of(prepared.root)
    )
    if not repository:
        raise InputError(
            "whose jobs take the role is not known here",
            hint="Add `--repository OWNER/NAME`.",
            location=Location("--repository"),
        )
    scope = scope_of(work)
    rights = policy(work.arguments.policy_for, scope)
    if not rights.statements:
        raise InputError(
            f"`{work.arguments.policy_for}` needs no rights in AWS, and so no role",
            hint="`iam publish` prints those of the role that publishes, `iam plan` those of pull requests.",
            location=Location("COMMAND"),
        )
    job = _job(work, repository)
    trust = trust_policy(
        job,
        account=prepared.environment.account or _YOUR_ACCOUNT,
        partition=scope.partition,
        issuer=issuer_of(work.env.get("GITHUB_SERVER_URL", "")),
    )
    documents: dict[str, Json] = {
        "policy": rights.json(),
        "trust": trust.json(),
    }
    work.say_json(documents)
    for notice in _left_to_say(work, job, scope):
        work.services.console.notice(notice)
    return EXIT_DONE


def _job(work: Work, repository: str) -> Job:
    """Return whose job it is: a plan is a pull request's, everything else the default branch's or an environment's."""
    branch = work.prepared.event.default_branch or default_branch(work.prepared.root)
    owner_id, repository_id = _numbers(work, repository)
    return Job(
        repository=repository,
        environment=work.prepared.environment.name,
        ref=f"refs/heads/{branch}",
        pull_requests=work.arguments.policy_for is Command.PLAN,
        owner_id=owner_id,
        repository_id=repository_id,
    )


def _numbers(work: Work, repository: str) -> tuple[str, str]:
    """Return GitHub's numbers of the owner and the repository: from the environment, or asked for with a token."""
    env = work.env
    owner_id, repository_id = env.get("GITHUB_REPOSITORY_OWNER_ID", ""), env.get("GITHUB_REPOSITORY_ID", "")
    if env.get("GITHUB_REPOSITORY", repository).lower() != repository.lower():
        owner_id, repository_id = "", ""  # those of another repository
    if (owner_id and repository_id) or not work.inputs.token:
        return owner_id, repository_id
    from layer_action.github.numbers import numbers_of  # noqa: PLC0415 - PyGithub costs 0.3 s
    from layer_action.github.session import connect  # noqa: PLC0415 - as above

    try:
        return numbers_of(connect(env, work.inputs.token), repository)
    except GitHubError as error:
        work.services.console.notice(f"The numbers of {repository} could not be had. {error}")
        return "", ""


def _left_to_say(work: Work, job: Job, scope: Scope) -> Iterator[str]:
    if not work.prepared.environment.account:
        yield f"Write your account's number for {_YOUR_ACCOUNT}, or name it in the config: `environments.NAME.account`."
    if not (job.owner_id and job.repository_id):
        yield (
            "The subject is that of a repository made, and neither renamed nor transferred, before 2026-07-15. For "
            "others add `--token TOKEN`, or set GITHUB_REPOSITORY_OWNER_ID and GITHUB_REPOSITORY_ID, as every workflow "
            f"has them: `gh api repos/{job.repository} --jq '.owner.id, .id'` prints both."
        )
    if work.arguments.policy_for is Command.RELEASE and not job.environment:
        yield (
            "A tag's job has its tag in the subject. Let it run in an environment of GitHub's that the config has too, "
            "and add `--environment NAME`."
        )
    if (audience := audience_of(scope.partition)) != AUDIENCE:
        yield f"Give aws-actions/configure-aws-credentials `audience: {audience}`, as {scope.partition} wants it."


def scope_of(work: Work) -> Scope:
    """Return what the chosen layers touch."""
    specs = work.prepared.specs
    return Scope(
        account=work.prepared.environment.account or _ANY_ACCOUNT,
        regions=work.prepared.regions or ("*",),
        layers=tuple(name for spec in specs for name in (*layer_names(spec), *former_names(spec))),
        functions=tuple(dict.fromkeys(glob for spec in specs for glob in spec.rollout.include)) or ("*",),
        buckets=_given(spec.publication.s3_bucket for spec in specs),
        parameters=_given(spec.publication.ssm for spec in specs),
        features=frozenset(feature for spec in specs for feature in _features(spec)),
        partition=partition_of(next(iter(work.prepared.regions), "")),
    )


def _given(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _features(spec: LayerSpec) -> Iterator[Feature]:
    wanted = {
        Feature.BUCKET: spec.publication.s3_bucket,
        Feature.SHARE: spec.publication.share,
        Feature.PARAMETER: spec.publication.ssm,
        Feature.ALIAS: spec.rollout.alias,
        Feature.ALARMS: spec.rollout.alarms,
    }
    return (feature for feature, setting in wanted.items() if setting)
