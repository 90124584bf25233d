"""Several accounts: a role to assume, the account to be in, and a plan promoted from one to the other."""

import json

from tests.end_to_end.scene import CONFIG, EAST, Scene

STAGING, PRODUCTION = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{PRODUCTION}:role/deploy"
ENVIRONMENTS = f"""\
environments:
  staging: {{account: '{STAGING}'}}
  production: {{account: '{PRODUCTION}', role: '{ROLE}'}}
"""


def in_production(scene: Scene, layer: str = "parcel") -> dict[int, str]:
    """Return the versions that the production account has, by number."""
    found = scene.aws.region(EAST, PRODUCTION).layers.get(layer)
    return {number: v.description.partition(" ")[0] for number, v in found.versions.items()} if found else {}


def test_an_environments_role_is_assumed_and_its_credentials_are_masked(scene: Scene) -> None:
    scene.configure(top=ENVIRONMENTS)
    said = scene.run("publish", "--environment", "production", GITHUB_ACTIONS="true", GITHUB_RUN_ID="77")
    assert in_production(scene) == {1: "1.0.0"}
    assert scene.numbers() == [1]
    (assumed,) = {call.parameters["RoleSessionName"] for call in scene.aws.calls if call.operation == "AssumeRole"}
    assert assumed == "lambda-layer-action-77"
    masked = [line.removeprefix("::add-mask::") for line in said.splitlines() if line.startswith("::add-mask::")]
    for key in scene.aws.world.sessions:
        for secret in (key, f"secret-of-{key}", f"token-of-{key}"):
            assert secret in masked or secret not in said
    rest = "\n".join(line for line in said.splitlines() if not line.startswith("::add-mask::"))
    assert "secret-of-" not in rest
    assert "token-of-" not in rest


def test_a_run_logs_in_once_and_its_secrets_are_masked_from_the_first_call(scene: Scene) -> None:
    scene.configure(top=ENVIRONMENTS)
    scene.aws.forget_calls()
    said = scene.run("publish", "--environment", "production", GITHUB_ACTIONS="true")
    assert [call.operation for call in scene.aws.calls if call.service == "sts"] == ["AssumeRole", "GetCallerIdentity"]
    (key,) = scene.aws.world.sessions
    assert f"::add-mask::secret-of-{key}" in said


def test_credentials_of_another_account_than_the_environments_end_the_run(scene: Scene) -> None:
    scene.configure(top=f"environments:\n  production: {{account: '{PRODUCTION}'}}\n")
    said = scene.run("publish", "--environment", "production", code=2)
    assert f"belong to account {STAGING}; the config expects {PRODUCTION}" in said
    assert scene.written == []


def test_a_role_that_cannot_be_assumed_says_what_to_allow(scene: Scene) -> None:
    scene.configure(top=ENVIRONMENTS)
    scene.aws.deny("sts:AssumeRole")
    said = scene.run("publish", "--environment", "production", code=4)
    assert f"Allow sts:AssumeRole on {ROLE}" in said
    assert scene.written == []


def test_a_plan_made_in_one_account_is_promoted_to_the_other(scene: Scene) -> None:
    scene.configure(top=ENVIRONMENTS)
    scene.run("plan", "--environment", "staging", "--out", "plan.json")
    scene.aws.add_function("orders", layers=[_seed_production(scene)], account=PRODUCTION)
    said = scene.run("publish", "--environment", "production", "--plan", "plan.json")
    assert "1.1.0" in said
    assert in_production(scene) == {1: "1.0.0", 2: "1.1.0"}
    staged = json.loads((scene.checkout.root / "plan.json").read_bytes())["plan"]
    description = scene.aws.region(EAST, PRODUCTION).layers["parcel"].versions[2].description
    assert staged["layers"][0]["content"]["digest"] in description
    assert scene.aws.layers_of("orders", account=PRODUCTION)[0].endswith(":layer:parcel:2")
    assert scene.numbers() == [1]


def _seed_production(scene: Scene) -> str:
    """Let the other account have the first version as well."""
    version = scene.aws.region().layers["parcel"].versions[1]
    return scene.aws.add_layer_version(
        "parcel",
        content=scene.aws.world.blobs[version.blob],
        description=version.description,
        runtimes=version.runtimes,
        architectures=version.architectures,
        account=PRODUCTION,
    )


def test_a_plan_of_another_account_is_refused_where_no_environment_names_this_one(scene: Scene) -> None:
    scene.configure(top=ENVIRONMENTS.replace(f"account: '{PRODUCTION}', ", ""))
    scene.run("plan", "--environment", "staging", "--out", "plan.json")
    said = scene.run("publish", "--environment", "production", "--plan", "plan.json", code=2)
    assert f"The plan is of account {STAGING}" in said
    assert in_production(scene) == {}


def test_a_promoted_plan_whose_content_differs_there_is_refused(scene: Scene) -> None:
    differs = ENVIRONMENTS.replace("role:", "license: MIT, role:")
    scene.configure(top=differs)
    scene.run("plan", "--environment", "staging", "--out", "plan.json")
    said = scene.run("publish", "--environment", "production", "--plan", "plan.json", code=2)
    assert "`parcel` would hold something else in production than the plan says" in said
    assert in_production(scene) == {}


def test_a_plan_edited_by_hand_is_refused(scene: Scene) -> None:
    scene.run("plan", "--out", "plan.json")
    file = scene.checkout.root / "plan.json"
    file.write_text(file.read_text(encoding="utf-8").replace("1.1.0", "9.9.9"), encoding="utf-8")
    said = scene.run("publish", "--plan", "plan.json", code=2)
    assert "it was changed after it was written" in said
    assert "plan.json" in said
    assert scene.written == []


def test_a_plan_that_somebody_overtook_publishes_nothing(scene: Scene) -> None:
    file = str(scene.checkout.root.parent / "plan.json")
    scene.run("plan", "--out", file)
    scene.checkout.lock_wheel("parcel", "parcel", "1.2.0")
    head = scene.checkout.git("rev-parse", "HEAD")
    scene.checkout.commit("Raise parcel again")
    scene.run("publish")
    scene.checkout.git("checkout", "--quiet", head)
    scene.aws.forget_calls()
    said = scene.run("publish", "--plan", file, code=4)
    assert "was published after this plan was made" in said
    assert scene.written == []


def test_a_journal_of_another_account_undoes_nothing(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1")
    scene.run("publish")
    journal = scene.checkout.root / ".lambda-layer-action" / "journal.jsonl"
    journal.write_text(journal.read_text(encoding="utf-8").replace(STAGING, PRODUCTION), encoding="utf-8")
    scene.aws.forget_calls()
    said = scene.run("rollback", "parcel", "--journal", str(journal), code=2)
    assert f"The journal is of account {PRODUCTION}, and the credentials are of {STAGING}" in said
    assert scene.written == []
    assert CONFIG not in said
