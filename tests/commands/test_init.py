"""Beginning: a config that is read back, and a workflow, from what the repository and AWS show."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layer_action.commands.init import CONFIG, WORKFLOW, config_text, initial_files, next_steps, write
from layer_action.commands.surroundings import Surroundings, listed_functions, look_around
from layer_action.config.load import load
from layer_action.errors import AccessDeniedError, InputError, Location
from layer_action.model.layer import LayerSpec
from layer_action.ports.services import Unavailable
from tests.factories import REGION, make_function
from tests.fakes import Stage, make_services

ROOT = Path(__file__).parents[2]


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    return root


def layers(root: Path) -> dict[str, str]:
    return dict(look_around(root, (), ()).layers)


def declared(found: Surroundings) -> dict[str, LayerSpec]:
    """Return what the config reader makes of the config."""
    return {spec.name: spec for spec in load(config_text(found), CONFIG).layers}


def test_each_folder_of_layers_is_a_layer_and_a_lock_comes_first(tmp_path: Path) -> None:
    touch(
        tmp_path, "layers/http/requirements.txt", "layers/http/pylock.toml", "layers/data/uv.lock", "requirements.txt"
    )
    assert layers(tmp_path) == {"http": "layers/http/pylock.toml", "data": "layers/data/uv.lock"}


def test_without_such_folders_every_folder_with_requirements_is_one(tmp_path: Path) -> None:
    touch(tmp_path, "requirements.txt", "functions/checkout/requirements.in", ".venv/x/requirements.txt")
    touch(tmp_path, "layers/notes.md", "layers/empty/notes.md", "tests/requirements.txt")
    assert layers(tmp_path) == {"dependencies": "requirements.txt", "checkout": "functions/checkout/requirements.in"}


def test_folders_of_one_name_are_told_apart_by_those_above(tmp_path: Path) -> None:
    touch(tmp_path, "a/common/requirements.txt", "b/common/requirements.txt")
    assert layers(tmp_path) == {"common": "a/common/requirements.txt", "b-common": "b/common/requirements.txt"}


def test_a_folder_whose_name_aws_would_not_take_gets_one_that_it_does(tmp_path: Path) -> None:
    touch(tmp_path, "layers/my layer.v2: new #1/requirements.txt")
    found = look_around(tmp_path, (), ())
    assert declared(found)["my-layer-v2-new-1"].requirements == ("layers/my layer.v2: new #1/requirements.txt",)


def test_runtimes_and_architectures_are_those_that_most_functions_have(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    functions = [
        make_function("a", runtime="python3.11", architecture="arm64"),
        make_function("b", runtime="python3.12", architecture="arm64"),
        make_function("c", runtime="python3.12", architecture="x86_64"),
        make_function("d", runtime="nodejs22.x", architecture="x86_64"),
    ]
    found = look_around(tmp_path, functions, [REGION])
    assert [str(target) for target in declared(found)["http"].targets] == ["3.12 arm64"]
    assert "# functions here also use python3.11" in config_text(found)
    assert declared(found)["http"].publication.regions == (REGION,)


def test_without_functions_the_usual_target_is_written(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    assert [str(t) for t in declared(look_around(tmp_path, (), ()))["http"].targets] == ["3.13 x86_64"]


SAM = """\
Globals: {Function: {Architectures: [arm64]}}
Resources:
  Hello: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12}}
  Old: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.6}}
  Web: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x}}
"""
SERVERLESS = "provider:\n  runtime: python3.11\n  architecture: arm64\n  region: eu-west-1\n"
TERRAFORM = """\
provider "aws" { region = "ap-southeast-2" }
resource "aws_lambda_function" "api" {
  runtime       = "python3.13"
  architectures = ["arm64"]
}
"""
CDK = "lambda_.Function(self, 'f', runtime=lambda_.Runtime.PYTHON_3_14, architecture=lambda_.Architecture.ARM_64)\n"


@pytest.mark.parametrize(
    ("name", "text", "target", "regions"),
    [
        ("template.yaml", SAM, "3.12 arm64", ()),
        ("serverless.yml", SERVERLESS, "3.11 arm64", ("eu-west-1",)),
        ("infra/main.tf", TERRAFORM, "3.13 arm64", ("ap-southeast-2",)),
        ("infra/stack.py", CDK, "3.14 arm64", ()),
        ("samconfig.toml", '[default.deploy.parameters]\nregion = "us-west-2"\n', "3.13 x86_64", ("us-west-2",)),
    ],
)
def test_without_functions_templates_tell_what_they_run_on(
    tmp_path: Path, name: str, text: str, target: str, regions: tuple[str, ...]
) -> None:
    touch(tmp_path, "layers/http/requirements.txt", name)
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = look_around(tmp_path, (), ())
    assert [str(target) for target in declared(found)["http"].targets] == [target]
    assert found.regions == regions


def test_what_aws_tells_comes_before_what_templates_tell(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt", "serverless.yml")
    (tmp_path / "serverless.yml").write_text(SERVERLESS, encoding="utf-8")
    found = look_around(tmp_path, [make_function(runtime="python3.12", architecture="x86_64")], [REGION])
    assert (found.runtimes, found.architectures, found.regions) == (("python3.12",), ("x86_64",), (REGION,))


def test_what_earlier_runs_of_ours_wrote_is_no_template(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt", "serverless.yml")
    write(tmp_path, initial_files(look_around(tmp_path, (), ["us-east-1"])), replace=False)
    write(tmp_path, {".lambda-layer-action/plan.json": '{"runtime": "python3.9"}'}, replace=False)
    (tmp_path / "serverless.yml").write_text(SERVERLESS, encoding="utf-8")
    found = look_around(tmp_path, (), ())
    assert (found.runtimes, found.architectures, found.regions) == (("python3.11",), ("arm64",), ("eu-west-1",))


def test_what_other_tools_built_is_not_looked_at(tmp_path: Path) -> None:
    touch(tmp_path, "src/hello/requirements.txt", ".aws-sam/build/Hello/requirements.txt")
    touch(tmp_path, "cdk.out/asset.1/requirements.txt", ".serverless/requirements.txt", ".terraform/x/requirements.txt")
    (tmp_path / "cdk.out" / "stack.json").write_text('{"Runtime": "python3.9"}', encoding="utf-8")
    found = look_around(tmp_path, (), ())
    assert layers(tmp_path) == {"hello": "src/hello/requirements.txt"}
    assert found.runtimes == ("python3.13",)


_FOLDERS = st.text(st.characters(codec="utf-8", exclude_characters="/\0\\"), min_size=1, max_size=20)


@given(st.lists(_FOLDERS.filter(lambda name: name.strip(". ") != ""), min_size=1, max_size=4, unique=True))
def test_any_path_survives_the_config(folders: Sequence[str]) -> None:
    paths = {f"layer{number}": f"layers/{folder}/requirements.txt" for number, folder in enumerate(folders)}
    found = Surroundings(layers=paths, runtimes=("python3.12",), architectures=("arm64",), regions=())
    assert {name: spec.requirements[0] for name, spec in declared(found).items()} == paths


def test_the_workflow_comments_and_publishes_with_the_least_rights(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    files = initial_files(look_around(tmp_path, (), [REGION]))
    workflow = yaml.load(files[WORKFLOW], Loader=yaml.BaseLoader)
    assert set(workflow["on"]) == {"pull_request", "push"}
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "plan": {"contents": "read", "pull-requests": "write", "id-token": "write"},
        "publish": {"contents": "read", "id-token": "write"},
    }
    assert files[WORKFLOW].count(f"aws-region: {REGION}") == 2


@pytest.mark.parametrize(
    ("head", "origin", "branch"),
    [
        ("refs/heads/feature", None, "main"),
        ("refs/heads/master", None, "master"),
        ("refs/heads/master", "refs/remotes/origin/trunk", "trunk"),
    ],
)
def test_the_workflow_publishes_from_the_default_branch(
    tmp_path: Path, head: str, origin: str | None, branch: str
) -> None:
    touch(tmp_path, "layers/http/requirements.txt", ".git/HEAD", ".git/refs/remotes/origin/main")
    (tmp_path / ".git/HEAD").write_text(f"ref: {head}\n", encoding="utf-8")
    if origin:
        (tmp_path / ".git/refs/remotes/origin/HEAD").write_text(f"ref: {origin}\n", encoding="utf-8")
    workflow = yaml.load(initial_files(look_around(tmp_path, (), ()))[WORKFLOW], Loader=yaml.BaseLoader)
    assert workflow["on"]["push"]["branches"] == [branch]


def test_the_workflow_pins_what_the_example_pins(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    workflow = initial_files(look_around(tmp_path, (), ()))[WORKFLOW]
    example = (ROOT / "examples/shop/.github/workflows/layers.yml").read_text(encoding="utf-8")
    pins = re.findall(r"uses: (\S+ # .+)", workflow)
    assert len(pins) == 6
    assert [pin for pin in pins if f"uses: {pin}" not in example] == []


def test_the_workflow_passes_the_linters_of_workflows(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    write(tmp_path, initial_files(look_around(tmp_path, (), ())), replace=False)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for linter in (["zizmor", "--offline", "--quiet", "--no-progress", ".github/workflows"], ["jactionlint"]):
        ran = subprocess.run(
            [Path(sys.executable).parent / linter[0], *linter[1:]],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_is_left_to_do_is_told_and_a_guessed_region_is_called_one(tmp_path: Path) -> None:
    touch(tmp_path, "layers/http/requirements.txt")
    assert "a guess" in next_steps(look_around(tmp_path, (), ()))
    told = next_steps(look_around(tmp_path, (), [REGION]))
    assert "a guess" not in told
    words = ("build --all", "iam plan", "LAMBDA_LAYERS_PLAN_ROLE", "iam publish", "LAMBDA_LAYERS_ROLE")
    assert [word for word in words if word not in told] == []


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/octo/shop.git", "octo/shop"),
        ("https://token@github.com/octo/shop", "octo/shop"),
        ("git@github.com:octo/shop.git", "octo/shop"),
        ("ssh://git@git.example.com:2222/octo/my.shop.git", "octo/my.shop"),
        ("/srv/git/shop.git", ""),
        ("../origin.git", ""),
    ],
)
def test_the_remote_tells_which_repository_it_is(tmp_path: Path, url: str, repository: str) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "other", "https://github.com/mallory/shop"], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", url], check=True)
    found = look_around(tmp_path, (), ())
    assert found.repository == repository
    assert ("OWNER/NAME" in next_steps(found)) == (not repository)


def test_a_repository_without_requirements_is_told_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        initial_files(look_around(tmp_path, (), ()))
    assert "layers/NAME/requirements.txt" in caught.value.hint


def test_files_that_exist_are_kept_all_or_none(tmp_path: Path) -> None:
    touch(tmp_path, WORKFLOW)
    with pytest.raises(InputError, match="already exists") as caught:
        write(tmp_path, {CONFIG: "new", WORKFLOW: "new"}, replace=False)
    assert "--yes" in caught.value.hint
    assert not (tmp_path / CONFIG).exists()


def test_a_checkout_that_cannot_be_written_to_is_told_and_gets_neither_file(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "workflows").write_text("a file where the folder belongs", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written") as caught:
        write(tmp_path, {CONFIG: "new", WORKFLOW: "new"}, replace=False)
    assert caught.value.location == Location(WORKFLOW)
    assert not (tmp_path / CONFIG).exists()


def test_files_that_exist_are_replaced_on_request(tmp_path: Path) -> None:
    touch(tmp_path, CONFIG)
    assert write(tmp_path, {CONFIG: "new"}, replace=True) == (tmp_path / CONFIG,)
    assert (tmp_path / CONFIG).read_text(encoding="utf-8") == "new"


def test_the_functions_of_all_regions_are_looked_at() -> None:
    stage = Stage()
    for region in (REGION, "us-east-1"):
        stage.functions.add(make_function(region=region))
    assert len(listed_functions(stage.services(), [REGION, "us-east-1"])) == 2


def test_without_aws_it_goes_on_and_says_so() -> None:
    stage = Stage()
    assert listed_functions(make_services(stage, functions=Unavailable(reason="no credentials")), [REGION]) == ()
    assert "no credentials" in stage.console.texts("info")[0]


def test_functions_that_may_not_be_listed_are_no_reason_to_fail() -> None:
    stage = Stage()
    stage.calls.fail = lambda _: AccessDeniedError("You may not list functions.")
    assert listed_functions(stage.services(), [REGION]) == ()
    assert "may not list" in stage.console.texts("notice")[0]
