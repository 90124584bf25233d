"""Requirement files: every form that teams use, and every problem with its line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.asked import Asking
from layer_action.build.lines import decoded, logical_lines, parse_line
from layer_action.build.requirements import read_requirements
from layer_action.errors import ConfigError, LayerActionError, Location, Problems
from layer_action.model.layer import IndexOptions
from tests.build.workshop import ARM_312, spec_of

MAIN = "requirements.txt"


def read(root: Path, files: dict[str, str | bytes], **overrides: Any) -> Asking:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_requirements(spec_of(ARM_312, **overrides), root)


def problems_of(root: Path, files: dict[str, str | bytes], **overrides: Any) -> list[LayerActionError]:
    with pytest.raises(LayerActionError) as caught:
        read(root, files, **overrides)
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


def one_problem(root: Path, text: str, **overrides: Any) -> LayerActionError:
    (problem,) = problems_of(root, {MAIN: text}, **overrides)
    assert isinstance(problem, ConfigError)
    return problem


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Requests", "requests"),
        ("requests >= 2, <3", "requests<3,>=2"),
        ("requests[Socks, use_chardet]>=2", "requests[socks,use-chardet]>=2"),
        ("requests ; python_version<'3.12'", 'requests ; python_version < "3.12"'),
        ("requests  # why not", "requests"),
        ("requests==2.0 --hash=sha256:bb --hash=sha256:aa", "requests==2.0 --hash=sha256:aa --hash=sha256:bb"),
        ("requests==2.0 --hash sha256:aa", "requests==2.0 --hash=sha256:aa"),
        (
            "six @ https://index.example/six-1.0-py3-none-any.whl",
            "six @ https://index.example/six-1.0-py3-none-any.whl",
        ),
        ("https://index.example/six-1.0-py3-none-any.whl", "six @ https://index.example/six-1.0-py3-none-any.whl"),
        ("https://index.example/six-1.0.tar.gz", "six @ https://index.example/six-1.0.tar.gz"),
        (
            "git+https://git.example/shop.git@v1#egg=Shop&subdirectory=lib",
            "shop @ git+https://git.example/shop.git@v1#egg=Shop&subdirectory=lib",
        ),
        ("-e git+https://git.example/shop.git#egg=shop", "shop @ git+https://git.example/shop.git#egg=shop"),
        ("-e ./libs/common", "common-lib @ libs/common"),
        ("--editable=libs/common", "common-lib @ libs/common"),
        ("-elibs/common", "common-lib @ libs/common"),
        ("./libs/common[fast] ; python_version >= '3.12'", 'common-lib[fast] @ libs/common ; python_version >= "3.12"'),
        ("libs/common", "common-lib @ libs/common"),
        ("file:libs/common", "common-lib @ libs/common"),
        ("common-lib @ file:./libs/common", "common-lib @ libs/common"),
        ("./libs/legacy", "old-thing @ libs/legacy"),
        ("./libs/nameless", "nameless @ libs/nameless"),
        ("./libs/script", "from-setup @ libs/script"),
        ("./libs/poems", "from-poetry @ libs/poems"),
    ],
)
def test_forms_of_a_requirement(tmp_path: Path, written: str, canonical: str) -> None:
    asking = read(
        tmp_path,
        {
            MAIN: written + "\n",
            "libs/common/pyproject.toml": '[project]\nname = "Common_Lib"\n',
            "libs/legacy/setup.cfg": "[metadata]\nname = old.thing\n",
            "libs/nameless/setup.py": "setup(name=read_it())",
            "libs/script/setup.py": 'NAME = "From.Setup"\nsetuptools.setup(version="1", name=NAME)\n',
            "libs/poems/pyproject.toml": '[tool.poetry]\nname = "from_poetry"\n',
        },
    )
    assert [asked.canonical() for asked in asking.requirements] == [canonical]


def test_nested_files_keep_their_own_lines(tmp_path: Path) -> None:
    asking = read(
        tmp_path,
        {
            MAIN: "\n-r base/all.txt\n--constraint base/pins.txt\nflask\n",
            "base/all.txt": "# all\n-r more.txt\nrequests\n",
            "base/more.txt": "idna\n",
            "base/pins.txt": "idna<4\n-r morepins.txt\n",
            "base/morepins.txt": "flask<9\n",
        },
    )
    assert asking.lines() == {
        "idna": Location("base/more.txt", 1),
        "requests": Location("base/all.txt", 3),
        "flask": Location(MAIN, 4),
    }
    assert [asked.canonical() for asked in asking.constraints] == ["idna<4", "flask<9"]


@pytest.mark.parametrize(
    "content",
    [
        b"idna\r\nrequests\r\n",
        b"\xef\xbb\xbfidna\nrequests",
        "\ufeffidna\nrequests\n".encode("utf-16-le"),
        b"idn\\\na\nrequests\n",
        b"idna \\\n\nrequests # \\\n",
    ],
)
def test_encodings_line_ends_and_continuations(tmp_path: Path, content: bytes) -> None:
    asking = read(tmp_path, {MAIN: content})
    assert [asked.name for asked in asking.requirements] == ["idna", "requests"]


def test_hashes_on_their_own_lines_belong_to_the_line_where_the_requirement_begins(tmp_path: Path) -> None:
    text = "six==1.17.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via shop\nidna\n"
    asking = read(tmp_path, {MAIN: text})
    first, second = asking.requirements
    assert (first.location, first.hashes) == (Location(MAIN, 1), frozenset({"sha256:aa", "sha256:bb"}))
    assert second.location == Location(MAIN, 5)


def test_a_comment_swallows_no_line(tmp_path: Path) -> None:
    asking = read(tmp_path, {MAIN: "six # one \\\nidna\n"})
    assert [asked.name for asked in asking.requirements] == ["six", "idna"]


def test_a_local_path_is_looked_for_beside_its_file_then_at_the_top(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "layers/http/requirements.txt": "./near\n./libs/far\n",
        "layers/http/near/setup.py": "",
        "libs/far/setup.py": "",
    }
    asking = read(tmp_path, files, requirements=("layers/http/requirements.txt",))
    assert [asked.path for asked in asking.requirements] == ["layers/http/near", "libs/far"]


@pytest.mark.parametrize("line", ["-e .", "./"])
def test_the_top_of_the_repository_is_meant_where_a_file_s_own_folder_is_no_project(tmp_path: Path, line: str) -> None:
    files: dict[str, str | bytes] = {"req/http.txt": f"{line}\n", "setup.py": ""}
    asking = read(tmp_path, files, requirements=("req/http.txt",))
    assert [asked.path for asked in asking.requirements] == ["."]


def test_several_files_make_one_layer(tmp_path: Path) -> None:
    asking = read(tmp_path, {"a.txt": "six\n", "b.in": "idna\n"}, requirements=("a.txt", "b.in"))
    assert list(asking.lines()) == ["six", "idna"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("six>>1", "`six>>1` is not a requirement"),
        ("six five", "is not a requirement"),
        ('six ; python_version < "3', "is not a requirement"),
        ("-r nowhere.txt", "The requirements file nowhere.txt does not exist"),
        ("-c nowhere.txt", "The requirements file nowhere.txt does not exist"),
        ("-r https://index.example/r.txt", "not read from an URL"),
        ("-r ../outside.txt", "lies outside of the repository"),
        ("-e ../outside", "lies outside of the repository"),
        ("/etc", "lies outside of the repository"),
        ("./missing", "The local project ./missing does not exist"),
        ("https://index.example/whatever", "does not tell the distribution's name"),
        ("--index-url https://index.example/simple", "--index-url changes where packages come from"),
        ("-i https://index.example/simple", "--index-url changes where packages come from"),
        ("--extra-index-url=https://index.example/simple", "--extra-index-url changes where"),
        ("--find-links ./wheels", "--find-links changes where"),
        ("--trusted-host index.example", "--trusted-host changes where"),
        ("--no-index", "--no-index changes where"),
        ("--no-binary six", "--no-binary six would build from source"),
        ("--frobnicate", "--frobnicate is not an option that we know"),
        ("six --frobnicate", "--frobnicate is not known after a requirement"),
        ("--find-links 'never ends", "cannot be read: No closing quotation"),
    ],
)
def test_problems_have_their_line(tmp_path: Path, line: str, message: str) -> None:
    problem = one_problem(tmp_path, f"# first\n{line}\nidna\n")
    assert message in problem.message
    assert problem.location == Location(MAIN, 2)


def test_an_url_of_an_index_is_never_repeated_in_an_error(tmp_path: Path) -> None:
    assert "secret" not in str(one_problem(tmp_path, "--index-url https://me:secret@index.example/simple\n"))


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    found = problems_of(tmp_path, {MAIN: "six>>1\n-r more.txt\n--wat\n", "more.txt": "ok\nbad!\n"})
    assert [str(problem.location) for problem in found] == [f"{MAIN}:1", "more.txt:2", f"{MAIN}:3"]


def test_files_that_include_one_another_are_told_as_a_circle(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, {MAIN: "-r b.txt\n", "b.txt": f"-c {MAIN}\n"})
    assert problem.message == f"Files include one another: {MAIN} → b.txt → {MAIN}."
    assert problem.location == Location("b.txt", 1)


def test_a_link_out_of_the_repository_is_outside(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("six\n")
    root = tmp_path / "repository"
    root.mkdir()
    (root / MAIN).symlink_to("../elsewhere.txt")
    with pytest.raises(ConfigError, match="outside of the repository"):
        read(root, {})


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-8 text" in problems_of(tmp_path, {MAIN: b"six\n\xff\xfe\xfa"})[0].message


@pytest.mark.parametrize("name", ["poetry.lock", "Pipfile.lock", "environment.yml", "setup.py"])
def test_files_of_other_tools_are_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    (problem,) = problems_of(tmp_path, {name: ""}, requirements=(name,))
    assert "is not a requirements file" in problem.message
    assert problem.hint


def test_allowed_index_options_are_kept_in_their_order(tmp_path: Path) -> None:
    text = "-i https://a.example\n--extra-index-url https://b.example\nsix\n--pre\n"
    asking = read(tmp_path, {MAIN: text}, index_options=IndexOptions.ALLOW)
    assert [(option.name, option.value) for option in asking.index_options] == [
        ("--index-url", "https://a.example"),
        ("--extra-index-url", "https://b.example"),
    ]
    assert asking.prereleases


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "INPUT_TOKEN"])
def test_what_belongs_to_aws_or_the_runner_is_filled_into_no_url(tmp_path: Path, name: str) -> None:
    text = f"six @ https://index.example/${{{name}}}/six-1.0-py3-none-any.whl\n"
    expanded = read(tmp_path, {MAIN: text}).expanded({name: "hunter2"}, tmp_path)
    assert f"/${{{name}}}/" in (expanded.requirements[0].requirement.url or "")


def test_variables_in_urls_come_from_the_environment_and_stay_out_of_the_hash(tmp_path: Path) -> None:
    text = "six @ https://${TOKEN}@index.example/six-1.0-py3-none-any.whl\n"
    asking = read(tmp_path, {MAIN: text})
    expanded = asking.expanded({"TOKEN": "hunter2"}, tmp_path)
    assert expanded.requirements[0].requirement.url == "https://hunter2@index.example/six-1.0-py3-none-any.whl"
    assert (
        asking.canonical()
        == expanded.canonical()
        == ["requirement six @ https://index.example/six-1.0-py3-none-any.whl"]
    )


PYPROJECT = """\
[project]
name = "Data"
dependencies = [
  "requests>=2",
  "numpy ; python_version < '3.10'",
]
[project.optional-dependencies]
fast = ["orjson"]
all = ["data[fast]", "six"]
[dependency-groups]
base = ["idna"]
layer = [{include-group = "base"}, "attrs"]
one = [{include-group = "two"}]
two = [{include-group = "one"}]
"""


def pyproject(root: Path, text: str = PYPROJECT, **overrides: Any) -> Asking:
    return read(root, {"pyproject.toml": text}, requirements=("pyproject.toml",), **overrides)


def test_a_pyproject_gives_its_dependencies_with_their_lines(tmp_path: Path) -> None:
    assert pyproject(tmp_path).lines() == {
        "requests": Location("pyproject.toml", 4),
        "numpy": Location("pyproject.toml", 5),
    }


def test_chosen_extras_and_groups_are_followed(tmp_path: Path) -> None:
    asking = pyproject(tmp_path, extras=("all",), groups=("Layer",))
    assert [asked.name for asked in asking.requirements] == ["requests", "numpy", "orjson", "six", "idna", "attrs"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"extras": ("fats",)}, "pyproject.toml has no extra fats. It has all, fast."),
        ({"groups": ("lair",)}, "pyproject.toml has no dependency group lair. It has base, layer, one, two."),
        ({"groups": ("one",)}, "Dependency groups include one another: one → two → one."),
    ],
)
def test_extras_and_groups_that_cannot_be_are_told(tmp_path: Path, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pyproject(tmp_path, **overrides)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "text",
    [
        '["Common"]\n[tool.uv.sources]\ncommon = {path = "libs/common"}\n',
        '["shop_common"]\n[tool.uv.sources]\nShop-Common = {path = "libs/common"}\n',
        '["common>=1"]\n[tool.poetry.dependencies]\ncommon = [{path = "libs/common", python = ">3"}]\n',
        '["common @ file:///${PROJECT_ROOT}/libs/common"]\n',
        '["common @ {root:uri}/libs/common"]\n',
    ],
)
def test_what_a_pyproject_needs_by_its_path_is_a_project_of_the_repository(tmp_path: Path, text: str) -> None:
    (tmp_path / "libs" / "common").mkdir(parents=True)
    asking = pyproject(tmp_path, f'[project]\nname = "x"\ndependencies = {text}')
    assert [one.path for one in asking.requirements] == ["libs/common"]


WHEEL = "https://index.example/common-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ('{git = "https://git.example/common"}', "common @ git+https://git.example/common"),
        (
            '{git = "https://git.example/all", tag = "v1", subdirectory = "libs/common"}',
            "common @ git+https://git.example/all@v1#subdirectory=libs/common",
        ),
        (f'{{url = "{WHEEL}"}}', f"common @ {WHEEL}"),
        (f"[{{index = 'mac', marker = \"os_name == 'nt'\"}}, {{url = '{WHEEL}'}}]", f"common @ {WHEEL}"),
        ("{index = 'mac', marker = \"sys_platform == 'darwin'\"}", "common>=1"),
        ('{index = "gpu", extra = "gpu"}', "common>=1"),
        ('{index = "own", group = "dev"}', "common>=1"),
    ],
)
def test_what_uv_takes_from_an_address_comes_from_there(tmp_path: Path, source: str, canonical: str) -> None:
    text = f'[project]\nname = "x"\ndependencies = ["Common>=1"]\n[tool.uv.sources]\nCommon = {source}\n'
    assert pyproject(tmp_path, text).canonical() == [f"requirement {canonical}"]


def test_what_uv_takes_from_elsewhere_for_an_extra_comes_from_there_with_that_extra(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "x"\n[project.optional-dependencies]\ngpu = ["common"]\n'
        f'[tool.uv.sources]\ncommon = [{{index = "cpu", extra = "cpu"}}, {{url = "{WHEEL}", extra = "GPU"}}]\n'
    )
    assert pyproject(tmp_path, text, extras=("gpu",)).canonical() == [f"requirement common @ {WHEEL}"]


def test_an_index_of_its_own_wants_a_lock(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["common"]\n[tool.uv.sources]\ncommon = {index = "own"}\n'
    with pytest.raises(ConfigError, match="of a kind that is not read without a lock") as caught:
        pyproject(tmp_path, text)
    assert caught.value.location == Location("pyproject.toml", 3)
    assert "uv lock" in caught.value.hint


WORKSPACE = '[tool.uv.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/old"]\n'
MEMBER = '[project]\nname = "{}"\nversion = "1"\ndependencies = {}\n'


@pytest.mark.parametrize(
    ("of_root", "of_member"),
    [
        ("", "[tool.uv.sources]\nbase = {workspace = true}\n"),
        ("[tool.uv.sources]\nbase = {workspace = true}\n", ""),
        ('[tool.uv.sources]\nbase = {path = "libs/base"}\n', ""),
        ('[tool.uv.sources]\nbase = {index = "own"}\n', "[tool.uv.sources]\nbase = {workspace = true}\n"),
    ],
)
def test_members_of_a_workspace_are_projects_of_the_repository(tmp_path: Path, of_root: str, of_member: str) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": WORKSPACE + of_root,
        "libs/api/pyproject.toml": MEMBER.format("api", "[\"base[fast] ; python_version > '3'\"]") + of_member,
        "libs/base/pyproject.toml": MEMBER.format("Base", "[]"),
        "libs/old/pyproject.toml": MEMBER.format("base", "[]"),
    }
    [asked] = read(tmp_path, files, requirements=("libs/api/pyproject.toml",)).requirements
    assert asked.location == Location("libs/api/pyproject.toml", 4)
    assert asked.canonical() == 'base[fast] @ libs/base ; python_version > "3"'


INDEXES = {
    "uv": ('[[tool.uv.index]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
    "uv's first": ('[[tool.uv.index]]\nname = "own"\ndefault = true\nurl = "https://a.example"\n', "--index-url"),
    "a folder": ('[[tool.uv.index]]\nname = "own"\nformat = "flat"\nurl = "https://a.example"\n', "--find-links"),
    "uv before": ('[tool.uv]\nextra-index-url = ["https://a.example"]\n\n', "--extra-index-url"),
    "Poetry": ('[[tool.poetry.source]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
    "PDM": ('[[tool.pdm.source]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
}


@pytest.mark.parametrize("tool", INDEXES)
def test_an_index_that_a_project_names_counts_only_if_the_config_allows_it(tmp_path: Path, tool: str) -> None:
    table, option = INDEXES[tool]
    text = f'[project]\nname = "x"\ndependencies = ["six"]\n{table}'
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:\d+: An index of pyproject\.toml changes where") as caught:
        pyproject(tmp_path, text)
    here = Location("pyproject.toml", next(n for n, line in enumerate(text.splitlines(), 1) if "a.example" in line))
    assert caught.value.location == here
    [found] = pyproject(tmp_path, text, index_options=IndexOptions.ALLOW).index_options
    assert (found.name, found.value) == (option, "https://a.example")


@pytest.mark.parametrize(
    "table",
    [
        '[[tool.uv.index]]\nname = "own"\nexplicit = true\nurl = "https://a.example"\n',
        '[[tool.poetry.source]]\nname = "own"\npriority = "explicit"\nurl = "https://a.example"\n',
        '[[tool.poetry.source]]\nname = "PyPI"\npriority = "primary"\n',
        '[[tool.pdm.source]]\nname = "pypi"\nurl = "https://a.example"\n',
    ],
)
def test_an_index_that_is_not_asked_or_is_the_usual_one_changes_nothing(tmp_path: Path, table: str) -> None:
    asking = pyproject(tmp_path, f'[project]\nname = "x"\ndependencies = ["six"]\n{table}')
    assert asking.canonical() == ["requirement six"]


def test_the_indexes_of_a_workspace_are_those_of_its_members(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": WORKSPACE + '[[tool.uv.index]]\nurl = "https://a.example"\n',
        "libs/api/pyproject.toml": MEMBER.format("api", '["six"]'),
    }
    with pytest.raises(ConfigError, match="changes where packages come from") as caught:
        read(tmp_path, files, requirements=("libs/api/pyproject.toml",))
    assert caught.value.location == Location("pyproject.toml", 5)


def test_what_is_no_member_of_the_workspace_is_told(tmp_path: Path) -> None:
    text = '[project]\nname = "api"\ndependencies = ["common"]\n[tool.uv.sources]\ncommon = {workspace = true}\n'
    with pytest.raises(ConfigError, match="is no member of one") as caught:
        pyproject(tmp_path, text)
    assert caught.value.location == Location("pyproject.toml", 3)


def test_the_root_of_a_workspace_that_is_no_project_tells_what_to_name_instead(tmp_path: Path) -> None:
    text = WORKSPACE + '[dependency-groups]\nlayer = ["six"]\n'
    with pytest.raises(ConfigError, match="the root of a workspace and no project itself") as caught:
        pyproject(tmp_path, text)
    assert caught.value.location == Location("pyproject.toml", 1)
    assert "`groups: [layer]`" in caught.value.hint
    assert [asked.name for asked in pyproject(tmp_path, text, groups=("layer",)).requirements] == ["six"]


@pytest.mark.parametrize("text", ["[project", "[project]\ndependencies = 3\n", "[project]\ndependencies = [3]\n"])
def test_a_pyproject_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        pyproject(tmp_path, text)


LINES = st.lists(st.sampled_from(["requests>=2", "idna", "six==1.0 --hash=sha256:aa", "attrs[x] ; python_version>'3'"]))


@given(LINES, st.randoms(use_true_random=False))
def test_comments_blank_lines_and_order_do_not_show(lines: list[str], chance: Any) -> None:
    noisy = []
    for line in chance.sample(lines, len(lines)):
        noisy += ["", "# a word", f"  {line}  # why"]
    assert canonical_of("\n".join(lines)) == canonical_of("\r\n".join(noisy))


def canonical_of(text: str) -> list[str]:
    lines = [parse_line(number, joined) for number, joined in logical_lines(text)]
    return sorted({f"{line.text} {line.options}" for line in lines})


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for number, joined in logical_lines(text):
        try:
            line = parse_line(number, joined)
        except ValueError:
            continue
        assert line.text or line.options
        assert 1 <= number <= text.count("\n") + 1


@given(st.text(st.characters(codec="utf-8")))
def test_text_survives_its_encoding(text: str) -> None:
    assert decoded(text.encode("utf-8-sig")) == text
