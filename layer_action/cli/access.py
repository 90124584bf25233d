"""`iam`: what the config needs in AWS, as policies."""

from collections.abc import Iterable, Iterator

from layer_action.aws.iam import Feature, Json, Scope, policy
from layer_action.aws.trust import Job, trust_policy
from layer_action.cli.work import Work
from layer_action.decide.artifacts import layer_names
from layer_action.errors import EXIT_DONE, InputError, Location
from layer_action.model.layer import LayerSpec

_ANY_ACCOUNT = "*"


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
    documents: dict[str, Json] = {
        "policy": policy(work.arguments.policy_for, scope_of(work)).json(),
        "trust": trust_policy(
            Job(
                repository=repository,
                environment=prepared.environment.name,
                owner_id=work.env.get("GITHUB_REPOSITORY_OWNER_ID", ""),
                repository_id=work.env.get("GITHUB_REPOSITORY_ID", ""),
            ),
            account=prepared.environment.account or _ANY_ACCOUNT,
        ).json(),
    }
    work.say_json(documents)
    return EXIT_DONE


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
