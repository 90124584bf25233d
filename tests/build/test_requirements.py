"""Requirement files: every form that teams use, and every problem with its line."""

from pathlib import Path
from typing import Any

import pytest

from layer_action.errors import ConfigError, LayerActionError, Location, Problems
from layer_action.model.layer import IndexOptions
from tests.build.workshop import read

MAIN = "requirements.txt"


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
        ("six@https://index.example/six-1.0.tar.gz", "six @ https://index.example/six-1.0.tar.gz"),
        ("Six [a] @ https://index.example/six-1.0.zip", "six[a] @ https://index.example/six-1.0.zip"),
        (
            "six @ https://index.example/six;v=1.zip;python_version>'3'",
            'six @ https://index.example/six;v=1.zip ; python_version > "3"',
        ),
        (
            "https://index.example/six-1.0.zip; python_version>'3'",
            'six @ https://index.example/six-1.0.zip ; python_version > "3"',
        ),
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
        ("six===", "Expected a version after ==="),
        ("six @ file://${PWD}/six.zip", "Variables are filled in only in URLs, not in paths"),
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


def test_a_setting_for_a_build_is_refused_rather_than_lost(tmp_path: Path) -> None:
    (tmp_path / "libs").mkdir()
    problem = one_problem(tmp_path, "./libs --config-settings=a=b\n")
    assert problem.message == "--config-settings is not passed on to a build."
    assert read(tmp_path, {MAIN: "six --config-settings=a=b\n"}).canonical() == ["requirement six"]


def test_a_build_that_the_config_allows_already_needs_no_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, {MAIN: "--no-binary Six\n"}, build_from_source=("six",))
    assert caught.value.hint.startswith("Remove the line")


def test_an_url_of_an_index_is_never_repeated_in_an_error(tmp_path: Path) -> None:
    assert "secret" not in str(one_problem(tmp_path, "--index-url https://me:secret@index.example/simple\n"))


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    found = problems_of(tmp_path, {MAIN: "six>>1\n-r more.txt\n--wat\n", "more.txt": "ok\nbad!\n"})
    assert [str(problem.location) for problem in found] == [f"{MAIN}:1", "more.txt:2", f"{MAIN}:3"]


def test_files_that_include_one_another_are_told_as_a_circle(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, {MAIN: "-r b.txt\n", "b.txt": f"-c {MAIN}\n"})
    assert problem.message == f"Files include one another: {MAIN} → b.txt → {MAIN}."
    assert problem.location == Location("b.txt", 1)


def test_a_file_that_cannot_be_read_is_no_circle_when_it_is_named_again(tmp_path: Path) -> None:
    found = problems_of(tmp_path, {MAIN: "-r b.txt\n-c b.txt\n", "b.txt": b"\xff\n"})
    assert {problem.message.partition(":")[0] for problem in found} == {"b.txt is not UTF-8 text"}


def test_a_link_out_of_the_repository_is_outside(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("six\n")
    root = tmp_path / "repository"
    root.mkdir()
    (root / MAIN).symlink_to("../elsewhere.txt")
    with pytest.raises(ConfigError, match="outside of the repository"):
        read(root, {})


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-8 text" in problems_of(tmp_path, {MAIN: b"six\n\xff\xfe\xfa"})[0].message


@pytest.mark.parametrize(
    "name", ["poetry.lock", "Pipfile.lock", "environment.yml", "conda.yaml", "setup.py", "tox.ini"]
)
def test_files_of_other_tools_are_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    (problem,) = problems_of(tmp_path, {name: ""}, requirements=(name,))
    assert "is not a requirements file" in problem.message
    assert problem.hint


def test_a_lock_whose_name_is_none_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, {MAIN: "-r pylock.prod.x.toml\n", "pylock.prod.x.toml": ""})
    assert problem.location == Location(MAIN, 1)
    assert problem.message.startswith("pylock.prod.x.toml is no name of a lock")


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


@pytest.mark.parametrize("name", ["pylock.toml", "uv.lock", "pyproject.toml"])
@pytest.mark.parametrize("through", ["-c {}\n", "-c c.txt\n"])
def test_a_lock_or_a_project_is_no_file_of_constraints(tmp_path: Path, name: str, through: str) -> None:
    files = {MAIN: "six\n" + through.format(name), "c.txt": f"-r {name}\n", name: "x"}
    (problem,) = problems_of(tmp_path, files)
    assert problem.message == f"{name} holds no lines that could be constraints."
    assert problem.location == (Location("c.txt", 1) if "c.txt" in through else Location(MAIN, 2))
