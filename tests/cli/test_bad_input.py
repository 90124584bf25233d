"""What users get wrong: every problem at once, each at its place, exit 2, no traceback, nothing done."""

from collections.abc import Iterator

import pytest

from tests.cli.door import CONFIG, Door, pull_request

CONFIG_FILE = ".github/lambda-layers.yml"


@pytest.fixture(autouse=True)
def _nothing_is_done(door: Door) -> Iterator[None]:
    """Hold that no run left a file."""
    yield
    assert not (door.root / ".lambda-layer-action").exists()


def test_neither_config_nor_layers_is_answered_with_six_lines_to_write(door: Door) -> None:
    (door.root / CONFIG_FILE).unlink()
    door.checkout.git("rm", "-rq", "layers")
    ran = door.run("plan")
    assert ran.code == 2
    assert "lambda-layer-action init" in ran.err
    assert "layers:\n        http: layers/http/requirements.txt" in ran.err


def test_a_config_that_a_sparse_checkout_left_out_is_missed(door: Door) -> None:
    door.checkout.git("sparse-checkout", "set", "layers")
    ran = door.run("plan", "--runtimes", "python3.13")
    assert (ran.code, ran.places) == (2, [CONFIG_FILE])
    assert "sparse checkout must include it" in ran.err


def test_every_line_of_the_config_that_is_wrong_is_told(door: Door) -> None:
    door.checkout.write(
        CONFIG_FILE,
        "runtimes: [3.10]\nachitectures: [arm64]\n"
        "layers:\n  parcel: {requirements: layers/parcel/pylock.toml, budget: [1]}\n",
    )
    ran = door.run("plan")
    assert ran.code == 2
    assert ran.places == [f"{CONFIG_FILE}:{line}" for line in (1, 2, 4)]
    assert "python3.10" in ran.err
    assert "Did you mean `architectures`?" in ran.err


def test_what_is_wrong_with_the_config_is_told_by_line_a_missing_file_too(door: Door) -> None:
    door.checkout.write(
        CONFIG_FILE, "runtimes: [python3.12]\nlayers:\n  a: no/such.txt\n  b: {requirements: x, budget: y}\n"
    )
    ran = door.run("plan")
    assert (ran.code, ran.places) == (2, [f"{CONFIG_FILE}:{line}" for line in (3, 4, 4)])


def test_inputs_config_event_and_credentials_are_all_told_in_one_run(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG + "regions: [nowhere!]\n")
    ran = door.event("push", "{", INPUT_COMMAND="publish", INPUT_COMMENT="often", INPUT_SESSION_MINUTES="soon")
    assert ran.code == 2
    errors = [(order.properties.get("file", ""), order.data) for order in ran.log.named("error")]
    assert len(errors) == 5
    assert errors[0][1].startswith("input comment: the input `comment` is 'often'")
    assert errors[1][1].startswith("input session-minutes:")
    assert errors[2][0].endswith("event.json")
    assert errors[3][0] == CONFIG_FILE
    assert "AWS credentials" in errors[4][1]
    assert ran.outputs["changed"] == "false"


def test_what_stops_a_run_before_its_report_is_in_the_step_summary_too(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG.replace("python3.12", "<img>") + "  data: layers/data/requirements.txt\n")
    ran = door.event("workflow_dispatch")
    assert ran.code == 2
    title, *told = ran.summary.strip().split("\n\n")
    assert title == "### Lambda layers: stopped by 2 problems"
    assert "`.github/lambda-layers.yml:1`" in told[0]
    assert "<img>" not in told[0]
    assert told[1].startswith("**❌ the requirements file layers/data/requirements.txt of `data` does not exist**")


def test_without_region_and_credentials_a_publication_says_both(door: Door) -> None:
    ran = door.run("publish", "--yes")
    assert ran.code == 2
    assert ran.places == ["input regions"]
    assert "AWS credentials" in ran.err


@pytest.mark.parametrize("command", ["plan", "publish", "status"])
def test_a_region_that_cannot_be_one_is_told_where_it_stands_and_aws_is_not_asked_in_it(
    connected: Door, command: str
) -> None:
    ran = connected.run(command, env={"AWS_REGION": "us_east_1"})
    assert (ran.code, ran.places) == (2, ["AWS_REGION"])
    ran = connected.run(command, "--regions", "useast1")
    assert (ran.code, ran.places) == (2, ["input regions"])
    assert "such as eu-central-1" in ran.err


def test_missing_requirements_and_unknown_layers_are_told_together(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG + "  data: layers/data/requirements.txt\n")
    ran = door.run("plan", "--repoint", "all", "--layers", "parcle,data,nobody")
    assert ran.code == 2
    assert ran.places == ["input repoint", "input layers", "input layers", f"{CONFIG_FILE}:5"]
    assert "Did you mean `parcel`?" in ran.err
    assert "layers/data/requirements.txt of `data` does not exist" in ran.err


def test_a_name_longer_than_any_file_has_is_that_of_no_file(door: Door) -> None:
    long = "a" * 300
    door.checkout.write(CONFIG_FILE, CONFIG + f"  data: {{requirements: {long}}}\n")
    ran = door.run("plan")
    assert (ran.code, ran.places) == (2, [f"{CONFIG_FILE}:5"])
    assert f"the requirements file {long} of `data` does not exist" in ran.err


def test_what_the_config_breaks_hides_nothing_else_that_is_wrong(door: Door) -> None:
    broken = CONFIG.replace("python3.12", "3.10") + "  data: {requirements: [gone.txt, 7], budgt: 3}\n  empty: {}\n"
    door.checkout.write(CONFIG_FILE, broken)
    ran = door.event("push", "{", INPUT_COMMAND="plan", INPUT_LAYERS="parcel data nobody")
    assert ran.code == 2
    told = [order.data for order in ran.log.named("error")]
    for words in ("the number 3.10", "unknown key `budgt`", "gone.txt of `data` does not", "'nobody'", "not JSON"):
        assert sum(words in message for message in told) == 1, ran.said


def test_of_a_config_that_is_no_mapping_of_layers_nothing_else_is_claimed(door: Door) -> None:
    for text in ("layers: [http]\n", "- layers\n", "runtimes: [python3.12]\n"):
        door.checkout.write(CONFIG_FILE, text)
        assert door.run("plan", "--layers", "nobody").code == 2
        assert "input layers" not in door.run("plan", "--layers", "nobody").places


def test_a_wrong_runtime_is_told_once(door: Door) -> None:
    (door.root / CONFIG_FILE).unlink()
    ran = door.run("plan", "--runtimes", "python3.99")
    assert (ran.code, ran.places) == (2, ["input runtimes"])


def test_the_wrong_account_is_refused_before_anything_is_read_or_done(connected: Door) -> None:
    connected.checkout.write(CONFIG_FILE, CONFIG + "environments:\n  prod: {account: '999999999999'}\n")
    for command in (("publish", "--yes"), ("plan",)):
        ran = connected.run(*command, "--environment", "prod")
        assert (ran.code, ran.places) == (2, [f"{CONFIG_FILE}:6"])
        assert "999999999999" in ran.err
    assert connected.run("show", "parcel").code == 2, "nothing was published"


def test_a_broken_config_does_not_hide_a_missing_region_or_the_wrong_account(connected: Door) -> None:
    broken = CONFIG.replace("python3.12", "3.10") + "environments:\n  prod: {account: '999999999999'}\n"
    connected.checkout.write(CONFIG_FILE, broken)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        connected.env.pop(name)
    ran = connected.run("publish", "--environment", "prod", "--yes")
    assert ran.code == 2
    for words in ("the number 3.10", "no AWS region", "999999999999"):
        assert words in ran.err


def test_a_broken_config_that_may_name_regions_is_not_said_to_have_none(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, CONFIG.replace("python3.12", "3.10") + "regions: [eu-west-1]\n")
    assert "no AWS region" not in door.run("publish", "--yes").err


def test_an_environment_that_the_config_does_not_have_is_told(door: Door) -> None:
    ran = door.run("plan", "--environment", "prod")
    assert ran.code == 2
    assert "no environment 'prod'" in ran.err


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"pull_request": {}}'])
def test_an_event_file_that_cannot_be_read_is_told(door: Door, payload: str) -> None:
    ran = door.event("pull_request", payload)
    assert ran.code == 2
    [order] = ran.log.named("error")
    assert order.properties["file"].endswith("event.json")
    assert "Traceback" not in ran.said


def test_an_event_file_that_is_missing_is_told(door: Door) -> None:
    ran = door.event("pull_request", pull_request(), GITHUB_EVENT_PATH=str(door.folder / "nowhere"))
    assert ran.code == 2
    assert "event file is missing" in ran.out


@pytest.mark.parametrize("text", ["{", "[]", "a: b: c", "\x00", "runtimes: &x [*x]"])
def test_a_config_that_is_no_config_is_told(door: Door, text: str) -> None:
    door.checkout.write(CONFIG_FILE, text)
    ran = door.run("plan")
    assert ran.code == 2
    assert "Traceback" not in ran.said


def test_a_config_that_is_not_utf_8_is_told(door: Door) -> None:
    door.checkout.write(CONFIG_FILE, b"layers: \xff\xfe")
    ran = door.run("plan")
    assert ran.code == 2
    assert "UTF-8" in ran.err


@pytest.mark.parametrize("argv", [("plan", "--nonsense"), ("frobnicate",), ("rollback",), ("iam", "everything")])
def test_a_wrong_command_line_ends_with_the_usage(door: Door, argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        door.run(*argv)
    assert caught.value.code == 2


def test_a_command_about_one_layer_says_how_to_name_it(connected: Door) -> None:
    connected.checkout.write(CONFIG_FILE, CONFIG + "  second: layers/parcel/pylock.toml\n")
    ran = connected.event("workflow_dispatch", INPUT_COMMAND="rollback")
    assert ran.code == 2
    assert "`rollback` is about one layer" in ran.out
    assert "input layers" in ran.out


def test_a_wrong_input_does_not_hide_that_there_are_no_credentials(door: Door) -> None:
    ran = door.run("publish", "--yes", "--comment", "sometimes")
    assert ran.code == 2
    assert "sometimes" in ran.err
    assert "AWS credentials" in ran.err


@pytest.mark.parametrize(
    ("argv", "file", "way_out"),
    [
        (("publish", "--yes", "--plan", "gone.json"), "gone.json", "`plan --out FILE` writes one"),
        (("rollback", "parcel", "--journal", "gone.jsonl"), "gone.jsonl", "roll back without one"),
    ],
    ids=["plan", "journal"],
)
def test_a_missing_file_is_named_as_it_was_given_with_the_way_out(
    connected: Door, argv: tuple[str, ...], file: str, way_out: str
) -> None:
    ran = connected.run(*argv)
    assert (ran.code, ran.places) == (2, [file])
    assert way_out in ran.err
