import re

import botocore.session
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from layer_action.aws.iam import Feature, Scope, actions_of, partition_of, policy
from layer_action.aws.trust import Job, issuer_of, subjects, trust_policy
from layer_action.errors import InputError
from layer_action.model.command import Command

SCOPE = Scope(
    account="111122223333",
    regions=("eu-central-1", "us-east-1"),
    layers=("http", "data-{architecture}"),
    buckets=("zips-{region}",),
    parameters=("/layers/{layer}",),
    features=frozenset(Feature),
)
WRITES = {"Publish", "Update", "Tag", "Untag", "Delete", "Put", "Add"}


def writes(command: Command) -> set[str]:
    verbs = (action.partition(":")[2] for action in actions_of(command, frozenset(Feature)))
    return {verb for verb in verbs if any(verb.startswith(word) for word in WRITES)}


@pytest.mark.parametrize("command", [Command.PLAN, Command.STATUS, Command.SHOW])
def test_what_only_looks_may_write_nothing(command: Command) -> None:
    assert writes(command) == set()


def test_only_prune_may_delete() -> None:
    assert [command for command in Command if any("Delete" in verb for verb in writes(command))] == [Command.PRUNE]


def test_a_rollback_may_not_publish_layers() -> None:
    assert "PublishLayerVersion" not in writes(Command.ROLLBACK)


@pytest.mark.parametrize("command", [Command.IAM, Command.BUILD, Command.INIT])
def test_what_asks_no_aws_needs_no_policy(command: Command) -> None:
    assert policy(command, SCOPE).statements == ()


def test_a_function_named_in_full_may_be_read_by_its_aliases_too() -> None:
    scope = Scope(account="1", regions=("eu-west-1",), layers=(), functions=("shop", "api-*"))
    found = {action: s.resources for s in policy(Command.PLAN, scope).statements for action in s.actions}
    start = "arn:aws:lambda:eu-west-1:1:function:"
    assert found["lambda:GetFunction"] == (f"{start}shop", f"{start}api-*", f"{start}shop:*")
    assert found["lambda:ListTags"] == (f"{start}shop", f"{start}api-*")


def test_features_of_the_config_are_granted_only_when_used() -> None:
    plain = actions_of(Command.PUBLISH)
    assert not any(action.startswith(("s3:", "ssm:", "cloudwatch:")) for action in plain)
    assert set(actions_of(Command.PUBLISH, [Feature.BUCKET])) - set(plain) == {"s3:PutObject", "s3:GetObject"}


def test_resources_are_the_narrowest_that_the_action_knows() -> None:
    found = {action: s.resources for s in policy(Command.PUBLISH, SCOPE).statements for action in s.actions}
    assert found["lambda:PublishLayerVersion"] == (
        "arn:aws:lambda:eu-central-1:111122223333:layer:http",
        "arn:aws:lambda:eu-central-1:111122223333:layer:data-*",
        "arn:aws:lambda:us-east-1:111122223333:layer:http",
        "arn:aws:lambda:us-east-1:111122223333:layer:data-*",
    )
    assert found["lambda:ListFunctions"] == ("*",)
    assert found["s3:PutObject"] == (
        "arn:aws:s3:::zips-eu-central-1/lambda-layer-action/*",
        "arn:aws:s3:::zips-us-east-1/lambda-layer-action/*",
    )
    assert found["ssm:PutParameter"][0] == "arn:aws:ssm:eu-central-1:111122223333:parameter/layers/*"
    # each layer in a function's list is checked, also other people's
    assert found["lambda:GetLayerVersion"] == (
        "arn:aws:lambda:eu-central-1:*:layer:*:*",
        "arn:aws:lambda:us-east-1:*:layer:*:*",
    )


def test_a_policy_is_a_document_that_iam_reads() -> None:
    document = policy(Command.SHOW, Scope(account="*", regions=("eu-west-1",), layers=("http",))).json()
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ("lambda:GetLayerVersion",),
                "Resource": ("arn:aws:lambda:eu-west-1:*:layer:http:*",),
            },
            {
                "Effect": "Allow",
                "Action": ("lambda:ListLayerVersions",),
                "Resource": ("arn:aws:lambda:eu-west-1:*:layer:http",),
            },
        ],
    }


def test_the_subject_has_both_formats() -> None:
    job = Job(repository="shop/layers", environment="prod", owner_id="1", repository_id="2")
    assert subjects(job) == ("repo:shop/layers:environment:prod", "repo:shop@1/layers@2:environment:prod")


@pytest.mark.parametrize(
    ("job", "end"),
    [
        (Job(repository="a/b"), "ref:refs/heads/main"),
        (Job(repository="a/b", ref="refs/tags/v1"), "ref:refs/tags/v1"),
        (Job(repository="a/b", pull_requests=True), "pull_request"),
        (Job(repository="a/b", environment="eu:prod", pull_requests=True), "environment:eu%3Aprod"),
    ],
)
def test_the_subject_says_which_jobs(job: Job, end: str) -> None:
    assert subjects(job) == (f"repo:a/b:{end}",)


def test_trust_is_matched_exactly() -> None:
    document = trust_policy(Job(repository="a/b", owner_id="1", repository_id="2"), account="111122223333")
    (statement,) = document.statements
    issuer = "token.actions.githubusercontent.com"
    assert statement.principal == {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
    assert statement.conditions == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": ("repo:a/b:ref:refs/heads/main", "repo:a@1/b@2:ref:refs/heads/main"),
        }
    }


def test_a_token_for_china_is_meant_for_its_own_sts() -> None:
    document = trust_policy(Job(repository="a/b"), account="111122223333", partition="aws-cn")
    (statement,) = document.statements
    assert statement.principal["Federated"].startswith("arn:aws-cn:iam::")
    assert statement.conditions["StringEquals"]["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com.cn"


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("", "token.actions.githubusercontent.com"),
        ("https://github.com", "token.actions.githubusercontent.com"),
        ("https://octo.ghe.com", "token.actions.octo.ghe.com"),
        ("https://git.shop.example", "git.shop.example/_services/token"),
    ],
)
def test_each_github_signs_its_own_tokens(server: str, issuer: str) -> None:
    assert issuer_of(server) == issuer


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
        ("us-iso-east-1", "aws-iso"),
        ("eusc-de-east-1", "aws-eusc"),
        ("*", "aws"),
    ],
)
def test_a_region_is_of_one_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


def test_the_table_of_partitions_is_that_of_botocore() -> None:
    known = {
        region: partition
        for partition in botocore.session.get_session().get_available_partitions()
        for region in botocore.session.get_session().get_available_regions("lambda", partition_name=partition)
    }
    assert {region: partition_of(region) for region in known} == known
    assert len(known) > 20


@given(st.text("ab/*: .é", max_size=6))
def test_nothing_but_a_repository_is_trusted(text: str) -> None:
    assume(not re.fullmatch(r"[A-Za-z0-9-]+/[\w.-]+", text))
    with pytest.raises(InputError):
        subjects(Job(repository=text))
