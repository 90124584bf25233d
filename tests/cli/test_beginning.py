"""`init` and `iam` together: each job that the workflow has is one that its role trusts."""

import pytest
import yaml

from tests.cli.door import Door


def trusted(door: Door, command: str) -> str:
    [statement] = door.run("iam", command, "--repository", "octo/shop").json["trust"]["Statement"]
    found = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    return found if isinstance(found, str) else found[0]


def test_each_job_of_the_workflow_has_the_subject_that_its_role_trusts(door: Door) -> None:
    door.checkout.git("branch", "-m", "master")
    (door.root / ".github" / "lambda-layers.yml").unlink()
    assert door.run("init").code == 0
    text = (door.root / ".github" / "workflows" / "lambda-layers.yml").read_text(encoding="utf-8")
    workflow = yaml.load(text, Loader=yaml.BaseLoader)
    [branch] = workflow["on"]["push"]["branches"]
    assert workflow["jobs"]["plan"]["if"] == "github.event_name == 'pull_request'"
    assert workflow["jobs"]["publish"]["if"] == "github.event_name == 'push'"
    assert not any("environment" in job for job in workflow["jobs"].values())
    assert trusted(door, "plan") == "repo:octo/shop:pull_request"
    assert trusted(door, "publish") == f"repo:octo/shop:ref:refs/heads/{branch}"
    assert branch == "master"


@pytest.mark.parametrize("command", ["init", "build", "iam"])
def test_a_command_that_needs_no_rights_gets_no_empty_policy(door: Door, command: str) -> None:
    ran = door.run("iam", command, "--repository", "octo/shop")
    assert (ran.code, ran.out, ran.places) == (2, "", ["COMMAND"])
    assert f"`{command}` needs no rights" in ran.err
