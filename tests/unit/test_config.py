"""The config file as users write it, rightly and wrongly."""

import pytest

from layer_action.config.load import choose_layers, load, without_file
from layer_action.errors import ConfigError, InputError, LayerActionError, Location, Problems
from layer_action.model.layer import Bump, Bytecode
from layer_action.model.target import Architecture, Target

SMALL = """\
runtimes: [python3.12]
architectures: [arm64]
layers:
  http: layers/http/requirements.txt
  data: {requirements: layers/data/uv.lock, provided: [boto3, botocore], budget: 200 MiB}
"""


def problems_of(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(LayerActionError) as caught:
        load(text, "layers.yml")
    error = caught.value
    found = error.problems if isinstance(error, Problems) else (error,)
    return [
        (problem.location.line if problem.location else None, f"{problem.message} {problem.hint}") for problem in found
    ]


def test_a_path_is_all_that_a_layer_needs() -> None:
    http = load(SMALL, "layers.yml").layers[0]
    assert http.name == http.layer_name == "http"
    assert http.requirements == ("layers/http/requirements.txt",)
    assert http.targets == (Target(runtime="python3.12", architecture=Architecture.ARM64),)


def test_a_layer_knows_the_lines_that_declare_it() -> None:
    data = load(SMALL, "layers.yml").layers[1]
    assert data.location() == data.location("budget") == Location("layers.yml", 5)
    assert data.location("runtimes") == Location("layers.yml", 1)


def test_a_budget_in_mebibytes_is_read_as_bytes() -> None:
    assert load(SMALL, "layers.yml").layers[1].budget == 200 * 1024 * 1024


def test_a_layers_own_key_beats_the_default_of_the_file() -> None:
    text = "runtimes: python3.12\nrepoint: minor\nlayers:\n  a: {requirements: a.txt, repoint: none}\n  b: b.txt\n"
    assert [spec.rollout.repoint for spec in load(text, "f").layers] == [Bump.NONE, Bump.MINOR]


def test_an_environment_overrides_any_key_and_may_name_a_layer() -> None:
    text = (
        "runtimes: python3.12\nregions: [us-east-1]\n"
        "layers:\n  a: {requirements: a.txt, regions: [us-east-2]}\n  b: b.txt\n"
        "environments:\n  prod:\n    account: '123456789012'\n    role: arn:aws:iam::123456789012:role/deploy\n"
        "    regions: [eu-west-1]\n    layers:\n      b: {budget: 1 MB}\n"
    )
    config = load(text, "f", environment="prod")
    assert config.environment.account == "123456789012"
    assert config.environment.role.endswith("role/deploy")
    assert [spec.publication.regions for spec in config.layers] == [("eu-west-1",), ("eu-west-1",)]
    assert config.layers[1].budget == 1_000_000
    assert load(text, "f").layers[0].publication.regions == ("us-east-2",)


def test_an_unknown_environment_is_refused_with_those_that_exist() -> None:
    text = SMALL + "environments:\n  prod: {account: '123456789012'}\n"
    with pytest.raises(ConfigError, match="no environment 'staging'") as caught:
        load(text, "f", environment="staging")
    assert "prod" in caught.value.hint


def test_the_layer_name_may_hold_the_specs_name_and_the_targets_words() -> None:
    text = "runtimes: python3.12\nname: 'shop-{layer}-{architecture}'\nlayers:\n  http: r.txt\n"
    assert load(text, "f").layers[0].layer_name == "shop-http-{architecture}"


def test_a_former_name_may_hold_the_same_words() -> None:
    text = "runtimes: python3.12\nreplaces: 'old-{layer}-{runtime}'\nlayers:\n  http: r.txt\n"
    assert load(text, "f").layers[0].rollout.replaces == "old-http-{runtime}"


def test_a_former_name_that_aws_never_took_is_refused_at_its_line() -> None:
    ((line, message),) = problems_of(
        "runtimes: python3.12\nlayers:\n  http: {requirements: r.txt, replaces: 'a-{region}'}\n"
    )
    assert (line, "replaces" in message) == (3, True)


def test_two_layers_do_not_take_the_place_of_one() -> None:
    text = "runtimes: python3.12\nrequirements: r.txt\nlayers:\n  a: {replaces: q}\n  b: {replaces: q}\n"
    ((line, message),) = problems_of(text)
    assert line == 5
    assert message.startswith("the layers `a` and `b` both replace q, and a function gets one layer for it ")


def test_a_layer_does_not_take_the_place_of_one_that_stays() -> None:
    text = "runtimes: python3.12\nrequirements: r.txt\nlayers:\n  a: {replaces: shop-b}\n  b: {name: shop-b}\n"
    ((line, message),) = problems_of(text)
    assert line == 4
    assert message.startswith("the layer `a` replaces shop-b, which `b` is still published as ")


def test_a_name_that_an_environment_keeps_may_be_replaced_in_another() -> None:
    text = (
        "runtimes: python3.12\nlayers:\n  a: {requirements: r.txt, replaces: a}\nenvironments:\n  st: {name: 'a-st'}\n"
    )
    assert [load(text, "f", environment=name).layers[0].layer_name for name in ("", "st")] == ["a", "a-st"]


def test_every_problem_is_reported_at_its_line() -> None:
    text = (
        "runtimes: [3.10]\narchitecture: [arm64]\nlayers:\n  http: {requirements: a.txt, budget: 12 GB}\n"
        "  data: {requirements: b.txt, provide: [boto3], repoint: mayor}\n  x: 3\n"
    )
    found = problems_of(text)
    assert [line for line, _ in found] == [1, 2, 4, 5, 5, 6]
    assert "python3.10" in found[0][1]
    assert "`architectures`" in found[1][1]
    assert any("`provided`" in text for _, text in found)
    assert any("`major`" in text for _, text in found)


def test_what_the_schema_cannot_see_is_told_together_with_what_it_can() -> None:
    text = (
        "runtimes: [python3.12, python2.7]\nbake: soon\nlayers:\n  'bad name!': a.txt\n"
        "  b: {requirements: b.txt, imports: [x]}\n  c: {requirements: []}\n"
        "  d: {requirements: d.txt, ssm: a/b, budget: 1 GB}\n"
    )
    found = problems_of(text)
    assert [line for line, _ in found] == [1, 2, 4, 5, 6, 7, 7], found


def test_a_value_that_breaks_the_schema_is_told_once_and_not_as_missing() -> None:
    text = (
        "layers:\n  a: {requirements: 3, runtimes: python3}\n  b: 3\n  c: {requirements: c.txt, runtimes: python3.12, "
        "bytecode: some, imports: [x]}\n  d: {requirements: d.txt, runtimes: python3.12, name: 'd d'}\n"
    )
    assert [line for line, _ in problems_of(text)] == [2, 2, 3, 4, 5]


def test_an_unknown_environment_hides_no_other_problem() -> None:
    with pytest.raises(Problems) as caught:
        load(SMALL.replace("200 MiB", "much"), "f", environment="prod")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("provided: ['boto3>=1']", "`provided` is 'boto3>=1' Write names only, such as `boto3`"),
        ("build-from-source: ['six==1']", "`build-from-source` is 'six==1' Write names only"),
        ("groups: ['a b']", "`groups` is 'a b' Write names only"),
        ("s3-bucket: 's3://zips'", "`s3-bucket` is 's3://zips' Write the bucket's name alone"),
        ("runtimes: [python3.12, python3.12]", "`runtimes` lists python3.12 more than once Keep one."),
        ("exclude: ['']", "`exclude` is empty Write text"),
        ("share: ''", "`share` is ''"),
        ("bake: 1000", "`bake` is 1000 Write a number from 0 to 360."),
        (f"bake: {'1' * 5000}", "`bake` is text, not a number"),
        (f"budget: {'1' * 5000} MiB", "`budget` is "),
        (f"budget: 0x{'f' * 5000}", "`budget` is "),
        ("budget: 0", "`budget` is 0 Write a number from 1 on."),
        ("alias: 'x y'", "`alias` is 'x y' Write 1 to 128 letters, digits, dashes and underscores."),
        ("runtimes: []", "`runtimes` is empty Write at least one."),
        ("? [a, b]\n    : c", "a key is a list Write it as text."),
        ("<<: {budget: 1}", "unknown key `<<` Merging (`<<`) is not read: keys at the top are every layer's defaults."),
    ],
)
def test_what_a_key_takes_is_said_in_words(written: str, says: str) -> None:
    ((_, said), *more) = problems_of(f"runtimes: python3.12\nlayers:\n  a:\n    requirements: a.txt\n    {written}\n")
    assert (said.startswith(says), more) == (True, []), said


def test_a_config_of_megabytes_is_refused_unread() -> None:
    ((_, said),) = problems_of("#" * 1_000_001)
    assert said == "the config has 1,000,001 characters Keep it below 1,000,000; it only names files."


def test_a_role_and_a_list_of_layers_are_explained_in_words() -> None:
    text = SMALL + "environments:\n  prod: {account: '12', role: deploy}\n"
    assert [says for _, says in problems_of(text)] == [
        "`account` is '12' Write the 12 digits in quotes.",
        "`role` is 'deploy' Write the ARN of a role, such as `arn:aws:iam::111122223333:role/layers`.",
    ]
    for wrong, says in (("{}", "`layers` is empty"), ("[a]", "`layers` is a list, not a mapping")):
        ((_, told),) = problems_of(f"runtimes: python3.12\nlayers: {wrong}\n")
        assert told.startswith(f"{says} Write .github/lambda-layers.yml:\n"), told


def test_an_account_as_a_number_is_told_to_be_quoted() -> None:
    text = SMALL + "environments:\n  prod: {account: 123456789012}\n"
    ((line, message),) = problems_of(text)
    assert line == 7
    assert "Quote it" in message


def test_a_repeated_key_is_an_error_that_names_the_other_line() -> None:
    ((line, message),) = problems_of(SMALL + "layers: {}\n")
    assert (line, "line 3" in message) == (6, True)


@pytest.mark.parametrize("text", ["a: [", "\tb: 1", "a: b: c"])
def test_broken_yaml_is_an_error_with_a_line(text: str) -> None:
    ((line, message),) = problems_of(text)
    assert line is not None
    assert "not YAML" in message


@pytest.mark.parametrize(
    "text",
    ["runtimes: &x [*x]", "[" * 5000, "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )],
    ids=["holds itself", "too deep", "multiplies"],
)  # fmt: skip
def test_a_config_made_to_exhaust_its_reader_is_refused(text: str) -> None:
    ((_, message),) = problems_of(text)
    assert "alias" in message


@pytest.mark.parametrize("text", ["", "- a", "just text"])
def test_a_config_that_is_no_mapping_is_answered_with_six_lines_to_write(text: str) -> None:
    ((_, message),) = problems_of(text)
    assert "layers:" in message


def test_a_layer_without_a_runtime_is_refused() -> None:
    ((line, message),) = problems_of("layers:\n  http: r.txt\n")
    assert line == 2
    assert "python3.12" in message


def test_a_layer_name_that_aws_refuses_is_found_before_aws_is_asked() -> None:
    ((_, message),) = problems_of(f"runtimes: python3.12\nlayers:\n  {'a' * 141}: r.txt\n")
    assert "140" in message


def test_bytecode_by_imports_needs_the_imports() -> None:
    ((_, message),) = problems_of("runtimes: python3.12\nbytecode: imports\nlayers:\n  a: r.txt\n")
    assert "go together" in message
    text = "runtimes: python3.12\nbytecode: imports\nimports: pandas\nlayers:\n  a: r.txt\n"
    assert load(text, "f").layers[0].bytecode is Bytecode.IMPORTS


def test_without_a_file_each_folder_with_requirements_is_a_layer_and_a_lock_comes_first() -> None:
    folders = {"http": ["requirements.txt", "pylock.toml"], "data": ["requirements.txt"], "docs": ["index.md"]}
    config = without_file(folders, runtimes=("python3.12",), architectures=())
    assert [(spec.name, spec.requirements) for spec in config.layers] == [
        ("data", ("layers/data/requirements.txt",)),
        ("http", ("layers/http/pylock.toml",)),
    ]


def test_no_file_and_no_folder_is_answered_with_what_to_write() -> None:
    with pytest.raises(ConfigError) as caught:
        without_file({"docs": ["index.md"]}, runtimes=(), architectures=())
    assert len(caught.value.hint.splitlines()) == 7


def test_without_a_file_the_runtimes_input_is_needed() -> None:
    with pytest.raises(InputError, match="runtimes"):
        without_file({"http": ["requirements.txt"]}, runtimes=(), architectures=())


def test_a_layer_that_does_not_exist_is_refused_with_the_one_that_was_meant() -> None:
    layers = load(SMALL, "f").layers
    assert [spec.name for spec in choose_layers(layers, ["data"])] == ["data"]
    assert choose_layers(layers, []) == layers
    with pytest.raises(InputError) as caught:
        choose_layers(layers, ["htpp"])
    assert "`http`" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/layers/{name}", "holds `{name}`"),
        ("layers/http", "Write `ssm: /layers/http`."),
        ("/aws/http", "keeps aws… and ssm… for itself"),
    ],
)
def test_a_parameter_that_ssm_would_refuse_is_refused_before_anything_is_published(name: str, says: str) -> None:
    text = f"runtimes: python3.12\nlayers:\n  a: {{requirements: a.txt, ssm: '{name}'}}\n"
    ((line, said),) = problems_of(text)
    assert (line, says in said) == (3, True), said


@pytest.mark.parametrize("name", ["/layers/{layer}/{region}", "{layer}", "plain"])
def test_a_parameters_name_may_hold_placeholders(name: str) -> None:
    text = f"runtimes: python3.12\nlayers:\n  a: {{requirements: a.txt, ssm: '{name}'}}\n"
    assert load(text, "f").layers[0].publication.ssm == name
