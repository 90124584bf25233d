"""`iam`: what the config needs in AWS, as policies."""

from collections.abc import Iterable, Iterator

from layer_action.aws.iam import Feature, Json, Scope, policy
from layer_action.aws.trust import Job, trust_policy
from layer_action.cli.work import Work
from layer_action.decide.artifacts import layer_names
from layer_action.errors import EXIT_DONE, InputError, Location
from layer_action.model.command import Command
from layer_action.model.layer import LayerSpec

_ANY_ACCOUNT = "*"
_YOUR_ACCOUNT = "ACCOUNT_ID"  # IAM refuses a principal with a wildcard


def iam(work: Work) -> int:
    """Print the least policy of a command, and the trust policy of the role that has it."""
    prepared = work.prepared
    repository = work.arguments.repository or prepared.event.repository or work.env.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise InputError(
            "whose jobs take the role is not known here",
            hint="Add `--repository OWNER/NAME`.",
            location=Location("--repository"),
        )
    job = _job(work, repository)
    documents: dict[str, Json] = {
        "policy": policy(work.arguments.policy_for, scope_of(work)).json(),
        "trust": trust_policy(job, account=prepared.environment.account or _YOUR_ACCOUNT).json(),
    }
    work.say_json(documents)
    for notice in _left_to_say(work, job):
        work.services.console.notice(notice)
    return EXIT_DONE


def _job(work: Work, repository: str) -> Job:
    """Return whose job it is: a plan is a pull request's, everything else the default branch's or an environment's."""
    branch = work.prepared.event.default_branch
    return Job(
        repository=repository,
        environment=work.prepared.environment.name,
        ref=f"refs/heads/{branch}" if branch else "",
        pull_requests=work.arguments.policy_for is Command.PLAN,
        owner_id=work.env.get("GITHUB_REPOSITORY_OWNER_ID", ""),
        repository_id=work.env.get("GITHUB_REPOSITORY_ID", ""),
    )


def _left_to_say(work: Work, job: Job) -> Iterator[str]:
    if not work.prepared.environment.account:
        yield f"Write your account's number for {_YOUR_ACCOUNT}, or name it in the config: `environments.NAME.account`."
    if not (job.owner_id and job.repository_id):
        yield (
            "The subject is that of a repository made before 2026-07-15. For a younger one set "
            "GITHUB_REPOSITORY_OWNER_ID and GITHUB_REPOSITORY_ID, as every workflow has them."
        )
    if work.arguments.policy_for is Command.RELEASE and not job.environment:
        yield (
            "A tag's job has its tag in the subject. Let it run in an environment of GitHub's that the config has too, "
            "and add `--environment NAME`."
        )


def scope_of(work: Work) -> Scope:
    """Return what the chosen layers touch."""
    specs = work.prepared.specs
    return Scope(
        account=work.prepared.environment.account or _ANY_ACCOUNT,
        regions=work.prepared.regions or ("*",),
        layers=tuple(name for spec in specs for name in (*layer_names(spec), *_former(spec))),
        functions=tuple(dict.fromkeys(glob for spec in specs for glob in spec.rollout.include)) or ("*",),
        buckets=_given(spec.publication.s3_bucket for spec in specs),
        parameters=_given(spec.publication.ssm for spec in specs),
        features=frozenset(feature for spec in specs for feature in _features(spec)),
    )


def _former(spec: LayerSpec) -> tuple[str, ...]:
    return (spec.rollout.replaces,) if spec.rollout.replaces else ()


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
