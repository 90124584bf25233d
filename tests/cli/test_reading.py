"""Commands that change nothing in AWS, without AWS: plan, build, init and iam, as a user starts them."""

import json
import os
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.door import CONFIG, Door, Ran
from tests.standins.github.server import FakeGitHub
from tests.standins.index import Index, running_index
from tests.standins.small_disk import full_disk, needs_mounts

CONFIG_FILE = ".github/lambda-layers.yml"


@pytest.fixture
def index() -> Iterator[Index]:
    with running_index() as index:
        index.wheel("requests", "2.32.3", "urllib3<3")
        index.wheel("urllib3", "2.8.0")
        yield index


@pytest.mark.parametrize(
    ("line", "number", "reason"),
    [("nosuchthing>=1", 3, "nosuchthing"), ("urllib3>=3", 2, "all versions of requests depend on urllib3<3")],
    ids=["does not exist", "conflicts"],
)
def test_what_cannot_be_resolved_gives_the_reason_and_the_line_and_loses_no_other_layer(
    door: Door, index: Index, line: str, number: int, reason: str
) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG + "  web: layers/web/requirements.txt\n")
    door.checkout.write("layers/web/requirements.txt", f"# the web\nrequests\n{line}\n")
    ran = door.run("build", "--json", "--base", "HEAD", "--all", env=index.env())
    assert ran.code == 3
    assert f"✗ layers/web/requirements.txt:{number}: " in ran.err
    assert reason in " ".join(ran.err.split())
    told = re.findall(r"^✗ (layers/web\S+): (.+)", ran.err, re.MULTILINE)
    assert len(told) == len(set(told)), "told once"
    assert [row["name"] for row in ran.json if row["affected"]] == []
    assert [path.name for path in (door.root / ".lambda-layer-action" / "build").glob("*.zip")] == ["parcel.zip"]


def test_a_lock_without_a_wheel_for_the_target_is_an_error_of_that_layer(door: Door) -> None:
    lock = door.root / "layers" / "parcel" / "pylock.toml"
    lock.write_text(lock.read_text(encoding="utf-8").replace("py3-none-any", "cp312-cp312-win_amd64"), encoding="utf-8")
    wheel = next((door.root / "wheels").iterdir())
    wheel.rename(wheel.with_name(wheel.name.replace("py3-none-any", "cp312-cp312-win_amd64")))
    ran = door.run("build")
    assert ran.code == 3
    assert "✗ layers/parcel/pylock.toml" in ran.out
    assert "Traceback" not in ran.said


@needs_mounts
def test_a_plan_that_a_full_disk_cannot_take_leaves_the_one_that_is_there(door: Door) -> None:
    folder = door.folder / "plans"
    with full_disk(folder, keeping="plan.json"):
        ran = door.run("plan", "--out", str(folder / "plan.json"))
        assert (folder / "plan.json").read_text(encoding="utf-8") == "kept\n"
        assert len(list(folder.iterdir())) == 2
    assert ran.code == 3
    assert "No space left on device" in ran.err


@needs_mounts
def test_a_cache_without_room_is_no_name_among_the_requirements(door: Door, index: Index) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG.replace("pylock.toml", "requirements.txt"))
    door.checkout.write("layers/parcel/requirements.txt", "requests\n")
    door.checkout.commit("Require requests")
    with full_disk(Path(door.env["INPUT_CACHE-DIR"])):
        ran = door.run("build", "--all", "--base", "HEAD", env=index.env())
    assert ran.code == 3
    assert "This machine cannot write any more: No space left on device." in " ".join(ran.said.split())
    assert "Look for the name" not in ran.said


def test_a_plan_goes_to_a_pipe_as_to_a_file(door: Door) -> None:
    pipe = door.folder / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(pipe.read_text, encoding="utf-8")
        assert door.run("plan", "--out", str(pipe)).code == 0
        assert isinstance(json.loads(reader.result(timeout=10)), dict)
    assert pipe.is_fifo()


def test_what_only_a_build_finds_out_is_part_of_its_report(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG.replace("parcel: ", "parcel:\n    budget: 1\n    requirements: "))
    door.checkout.commit("Allow one byte")
    ran = door.run("build", "--all", "--base", "HEAD")
    assert ran.code == 3
    assert "Lambda layers: nothing changes, 1 problem" in ran.out
    assert ran.said.count("bytes unzipped; its budget is 1 byte.") == 1


def test_a_file_that_cannot_be_written_is_told(door: Door) -> None:
    ran = door.run("plan", "--out", "no/such/folder/plan.json")
    assert ran.code == 2
    assert "no/such/folder/plan.json: error: the plan cannot be written" in ran.err
    (door.checkout.root / ".lambda-layer-action" / "plan.json").mkdir(parents=True)
    assert "or name another file with `--out`" in door.run("plan").err
    ran = door.run("build", "--dir", f"{CONFIG_FILE}/zips")
    assert ran.code == 2
    assert "cannot be written to" in ran.err


def test_a_plan_compares_with_the_merge_base_without_aws(door: Door) -> None:
    door.checkout.git("switch", "--quiet", "--create", "raise")
    assert "nothing changes" in door.run("plan").out
    door.raise_parcel("1.1.0")
    ran = door.run("plan", "--json")
    [row] = ran.json
    assert (ran.code, row["affected"], row["bump"], row["region"]) == (0, True, "minor", "")


def test_a_detailed_exit_code_tells_a_change(door: Door) -> None:
    assert door.run("plan", "--detailed-exitcode", "--base", "HEAD").code == 0
    door.raise_parcel("1.1.0")
    assert door.run("plan", "--detailed-exitcode", "--base", "HEAD~").code == 10
    assert door.run("plan", "--base", "HEAD~").code == 0


@pytest.mark.parametrize("argv", [("plan",), ("build",), ("iam", "--repository", "octo/shop")])
def test_with_json_there_is_nothing_else_on_standard_output(door: Door, argv: tuple[str, ...]) -> None:
    assert door.run(*argv, "--json").json


def test_a_plan_goes_to_the_file_named_from_the_folder_one_is_in(door: Door) -> None:
    ran = door.run("plan", "--out", "plan.json", here=door.root / "layers")
    assert ran.code == 0
    assert (door.root / "layers" / "plan.json").is_file()


def test_build_works_without_git_and_without_aws(door: Door) -> None:
    door.checkout.git("config", "user.name", "nobody")
    (door.root / ".git").rename(door.folder / "elsewhere")
    ran = door.run("build", "--dir", "zips", "--all")
    assert ran.code == 0, ran.said
    [row] = json.loads((door.root / "zips" / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    assert (row["layer"], row["zip"], row["lock"]) == ("parcel", "parcel.zip", "pylock.parcel.toml")
    with zipfile.ZipFile(door.root / "zips" / row["zip"]) as archive:
        assert "python/parcel.py" in archive.namelist()


AWS_THAT_NOBODY_MAY_ASK = {
    "AWS_ACCESS_KEY_ID": "111122223333",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9/no-aws",
}


def test_a_revision_that_is_named_is_compared_with_also_where_there_is_aws(door: Door) -> None:
    before = door.checkout.git("rev-parse", "HEAD")
    door.raise_parcel("2.0.0")
    ran = door.run("plan", "--base", before, env=AWS_THAT_NOBODY_MAY_ASK)
    assert ran.code == 0, ran.said
    assert f"Compared with the base commit {before[:12]} (no AWS: `--base` says" in ran.out
    assert "parcel 1.0.0 → 2.0.0" in ran.out
    assert door.run("plan", "--base", "nope", env=AWS_THAT_NOBODY_MAY_ASK).code == 2


def test_a_head_that_is_its_own_base_is_told_so_because_nothing_committed_can_differ(door: Door) -> None:
    head = door.raise_parcel("2.0.0")
    ran = door.run("plan")
    assert ran.code == 0, ran.said
    told = " ".join(ran.out.split())
    assert f"Compared with the base commit {head[:12]}, the very one checked out: `--base` names another (no" in told
    without_keys = door.run("plan", env={"AWS_REGION": "us-east-1"}).out
    assert "(no AWS: there are no AWS credentials). Commit" in " ".join(without_keys.split())


def test_init_writes_a_config_and_a_workflow_that_a_plan_then_reads(door: Door) -> None:
    (door.root / CONFIG_FILE).unlink()
    ran = door.run("init")
    assert ran.code == 0, ran.said
    assert "Wrote .github/lambda-layers.yml" in ran.out
    assert "Next:" in ran.out
    assert door.run("init", "--yes", "--json").json == [CONFIG_FILE, ".github/workflows/lambda-layers.yml"]
    assert (door.root / ".github" / "workflows" / "lambda-layers.yml").is_file()
    assert "parcel" in door.run("plan").out


def test_init_replaces_nothing_unasked(door: Door) -> None:
    ran = door.run("init")
    assert ran.code == 2
    assert "already exists" in ran.err
    assert door.checkout.git("status", "--porcelain") == ""


def test_iam_prints_the_policy_and_the_trust_of_a_command(door: Door) -> None:
    found = door.run("iam", "publish", "--repository", "octo/shop").json
    actions = {action for statement in found["policy"]["Statement"] for action in statement["Action"]}
    assert "lambda:PublishLayerVersion" in actions
    assert "octo/shop" in json.dumps(found["trust"])
    assert "lambda:PublishLayerVersion" not in json.dumps(door.run("iam", "plan", "--repository", "octo/shop").json)


def test_the_trust_is_of_the_jobs_that_run_the_command(door: Door) -> None:
    for command, end in (("plan", "pull_request"), ("publish", "ref:refs/heads/main")):
        trust = json.dumps(door.run("iam", command, "--repository", "octo/shop").json["trust"])
        assert f'"repo:octo/shop:{end}"' in trust


def test_iam_says_what_is_left_to_write(door: Door) -> None:
    ran = door.run("iam", "release", "--repository", "octo/shop")
    [statement] = ran.json["trust"]["Statement"]
    assert statement["Principal"]["Federated"].startswith("arn:aws:iam::ACCOUNT_ID:"), "IAM takes no wildcard there"
    for left in ("ACCOUNT_ID", "GITHUB_REPOSITORY_ID", "--environment NAME"):
        assert left in ran.err


def subjects_of(ran: Ran) -> list[str]:
    [statement] = ran.json["trust"]["Statement"]
    found: str | list[str] = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    return found if isinstance(found, list) else [found]


def test_iam_gives_both_subjects_where_the_numbers_are_known(door: Door) -> None:
    numbers = {"GITHUB_REPOSITORY_OWNER_ID": "1", "GITHUB_REPOSITORY_ID": "2"}
    main = "ref:refs/heads/main"
    both = [f"repo:octo/shop:{main}", f"repo:octo@1/shop@2:{main}"]
    assert subjects_of(door.run("iam", "--repository", "octo/shop", env=numbers)) == both
    other = door.run("iam", "--repository", "octo/shop", env=numbers | {"GITHUB_REPOSITORY": "octo/other"})
    assert subjects_of(other) == both[:1], "the numbers are another repository's"


def test_iam_asks_github_for_the_numbers_with_a_token(door: Door) -> None:
    with FakeGitHub() as github:
        env = {"GITHUB_API_URL": github.url}
        ran = door.run("iam", "--repository", "octo/shop", "--token", "person", env=env)
        assert "repo:octo@9/shop@1:ref:refs/heads/main" in subjects_of(ran)
        assert "GITHUB_REPOSITORY_ID" not in ran.err
        unknown = door.run("iam", "--repository", "octo/none", "--token", "person", env=env)
        assert (unknown.code, len(subjects_of(unknown))) == (0, 1)
        assert "gh api repos/octo/none" in unknown.err


def test_iam_of_a_region_in_china_names_its_partition(door: Door) -> None:
    ran = door.run("iam", "--repository", "octo/shop", "--regions", "cn-north-1")
    assert '"arn:aws-cn:lambda:cn-north-1:*:layer:parcel"' in ran.out
    assert "arn:aws:" not in ran.out
    assert "audience: sts.amazonaws.com.cn" in ran.err


def test_iam_asks_whose_jobs_take_the_role(door: Door) -> None:
    ran = door.run("iam")
    assert (ran.code, ran.places) == (2, ["--repository"])


def test_verbose_shows_more(door: Door) -> None:
    assert len(door.run("build", "--all", "--verbose").said) > len(door.run("build", "--all").said)
