"""A pyproject.toml as requirements: dependencies, extras, groups, and where tools say in it that they come from."""

from pathlib import Path
from typing import Any

import pytest

from layer_action.build.asking.asked import Asking, Unheeded
from layer_action.errors import ConfigError, Location
from layer_action.model.layer import IndexOptions
from tests.build.workshop import read

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


ITSELF = """["shop[fast] ; python_version < '3.13'", "idna"]"""
FAST = """\
[project.optional-dependencies]
fast = ["orjson", "six ; python_version > '3.10'"]
"""


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        (f'[project]\nname = "Shop"\ndependencies = {ITSELF}\n{FAST}', ()),
        (f'[project]\nname = "Shop"\n{FAST}[dependency-groups]\nlayer = {ITSELF}\n', ("layer",)),
    ],
)
def test_a_project_that_asks_for_extras_of_itself_has_what_they_need(
    tmp_path: Path, text: str, groups: tuple[str, ...]
) -> None:
    assert [asked.canonical() for asked in pyproject(tmp_path, text, groups=groups).requirements] == [
        'orjson ; python_version < "3.13"',
        'six ; python_version > "3.10" and python_version < "3.13"',
        "idna",
    ]


@pytest.mark.parametrize("table", ["project.optional-dependencies", "dependency-groups"])
def test_two_extras_or_groups_of_one_name_are_refused(tmp_path: Path, table: str) -> None:
    text = f'[project]\nname = "shop"\n[{table}]\nfast_one = ["six"]\nFast-One = ["idna"]\n'
    with pytest.raises(ConfigError, match="fast_one and Fast-One are one name") as caught:
        pyproject(tmp_path, text, **{"extras" if "project" in table else "groups": ("fast-one",)})
    assert caught.value.location == Location("pyproject.toml", 5)


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


def test_a_place_that_uv_takes_for_one_extra_is_not_taken_for_another(tmp_path: Path) -> None:
    (tmp_path / "libs" / "common").mkdir(parents=True)
    text = (
        '[project]\nname = "x"\n[project.optional-dependencies]\ngpu = ["common"]\ncpu = ["common>=1"]\n'
        '[tool.uv.sources]\ncommon = [{path = "libs/common", extra = "gpu"}]\n'
    )
    assert pyproject(tmp_path, text, extras=("cpu",)).canonical() == ["requirement common>=1"]
    assert pyproject(tmp_path, text, extras=("gpu",)).canonical() == ["requirement common @ libs/common"]


def test_settings_for_uv_that_do_not_count_are_known_with_their_lines(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "x"\ndependencies = ["idna"]\n[tool.uv]\nresolution = "{}"\nexclude-newer = "2026-01-01"\n'
    )
    lowest = pyproject(tmp_path, text.format("lowest"))
    assert lowest.unheeded == [
        Unheeded(key="exclude-newer", table="tool.uv", location=Location("pyproject.toml", 6)),
        Unheeded(key="resolution", table="tool.uv", location=Location("pyproject.toml", 5)),
    ]
    assert [each.key for each in pyproject(tmp_path, text.format("highest")).unheeded] == ["exclude-newer"]


def test_what_pdm_overrides_is_known_to_count_for_nothing(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["idna"]\n[tool.pdm.resolution.overrides]\nidna = "3.4"\n'
    (found,) = pyproject(tmp_path, text).unheeded
    assert (found.key, found.table, found.location.line) == ("overrides", "tool.pdm.resolution", 4)


@pytest.mark.parametrize("file", ["setup.cfg", "setup.py"])
def test_dependencies_that_stand_beside_a_pyproject_are_told(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text("")
    with pytest.raises(ConfigError, match=rf"has no \[project\]: its dependencies stand in {file}"):
        pyproject(tmp_path, "[tool.black]\nline-length = 100\n")


def test_a_setup_cfg_that_holds_settings_of_tools_alone_is_not_told_to_hold_dependencies(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nmax-line-length = 100\n")
    (tmp_path / "setup.py").write_text("setup(install_requires=['six'])")
    with pytest.raises(ConfigError, match=r"its dependencies stand in setup\.py"):
        pyproject(tmp_path, "[tool.black]\nline-length = 100\n")


def test_a_project_that_lets_uv_take_prereleases_lets_its_layer(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["idna"]\n[tool.uv]\nprerelease = "allow"\n'
    assert pyproject(tmp_path, text).prereleases


def test_an_index_of_its_own_wants_a_lock(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["common"]\n[tool.uv.sources]\ncommon = {index = "own"}\n'
    with pytest.raises(ConfigError, match="of a kind that is not read without a lock") as caught:
        pyproject(tmp_path, text)
    assert caught.value.location == Location("pyproject.toml", 3)
    assert "uv lock" in caught.value.hint


@pytest.mark.parametrize("place", ["libs/comon", "libs/common-1.0-py3-none-any.whl"])
def test_a_place_that_does_not_exist_is_told_at_the_line_that_names_it(tmp_path: Path, place: str) -> None:
    text = f'[project]\nname = "x"\ndependencies = ["common"]\n[tool.uv.sources]\ncommon = {{path = "{place}"}}\n'
    with pytest.raises(ConfigError) as caught:
        pyproject(tmp_path, text)
    assert caught.value.message == f"The local project {place} does not exist."
    assert caught.value.location == Location("pyproject.toml", 5)


def test_a_source_that_is_none_is_not_taken_for_the_index(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["common"]\n[tool.uv.sources]\ncommon = "libs/common"\n'
    with pytest.raises(ConfigError, match="of a kind that is not read without a lock"):
        pyproject(tmp_path, text)


POETRY = '[project]\nname = "x"\ndependencies = ["common"]\n[tool.poetry.dependencies]\ncommon = {}\n'


def test_what_poetry_takes_from_an_address_comes_from_there(tmp_path: Path) -> None:
    git = POETRY.format('{git = "https://git.example/all", branch = "main", subdirectory = "common"}')
    canonical = ["requirement common @ git+https://git.example/all@main#subdirectory=common"]
    assert pyproject(tmp_path, git).canonical() == canonical
    assert pyproject(tmp_path, POETRY.format(f'{{url = "{WHEEL}"}}')).canonical() == [f"requirement common @ {WHEEL}"]
    assert pyproject(tmp_path, POETRY.format('">=1"')).canonical() == ["requirement common"]


@pytest.mark.parametrize("source", ['{source = "private"}', f'[{{url = "{WHEEL}", python = ">3.9"}}, "2.0"]'])
def test_a_source_of_poetrys_own_is_not_taken_for_the_index(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigError, match=r"of common in \[tool.poetry.dependencies\] is of a kind") as caught:
        pyproject(tmp_path, POETRY.format(source))
    assert "poetry export" in caught.value.hint


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


@pytest.mark.parametrize("pattern", [".", "", "/libs"])
def test_a_pattern_of_members_that_matches_no_folder_below_leaves_the_others(tmp_path: Path, pattern: str) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": WORKSPACE.replace('"libs/*"', f'"{pattern}", "libs/*"'),
        "libs/api/pyproject.toml": MEMBER.format("api", '["base"]') + "[tool.uv.sources]\nbase = {workspace = true}\n",
        "libs/base/pyproject.toml": MEMBER.format("base", "[]"),
    }
    [asked] = read(tmp_path, files, requirements=("libs/api/pyproject.toml",)).requirements
    assert asked.path == "libs/base"


INDEXES = {
    "uv": ('[[tool.uv.index]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
    "uv's first": ('[[tool.uv.index]]\nname = "own"\ndefault = true\nurl = "https://a.example"\n', "--index-url"),
    "a folder": ('[[tool.uv.index]]\nname = "own"\nformat = "flat"\nurl = "https://a.example"\n', "--find-links"),
    "uv before": ('[tool.uv]\nextra-index-url = ["https://a.example"]\n\n', "--extra-index-url"),
    "Poetry": ('[[tool.poetry.source]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
    "PDM": ('[[tool.pdm.source]]\nname = "own"\nurl = "https://a.example"\n', "--extra-index-url"),
    "another by the usual name": ('[[tool.uv.index]]\nname = "pypi"\nurl = "https://a.example"\n', "--extra-index-url"),
    "PDM's first": ('[[tool.pdm.source]]\nname = "PyPI"\nurl = "https://a.example"\n', "--index-url"),
}
USUAL = "https://pypi" + ".org/simple"


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
        f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{USUAL}"\n',
        f'[[tool.uv.index]]\nname = "PyPI"\nurl = "{USUAL}/"\ndefault = true\n',
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


@pytest.mark.parametrize(
    ("table", "choice"),
    [
        ('[dependency-groups]\nlayer = ["six"]\ndev = ["idna"]\n', "`groups: [dev, layer]`"),
        (
            '[project]\nname = "x"\ndependencies = []\n[project.optional-dependencies]\naws = ["six"]\n',
            "`extras: [aws]`",
        ),
    ],
)
def test_a_project_that_asks_for_nothing_by_itself_tells_what_can_be_chosen(
    tmp_path: Path, table: str, choice: str
) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml asks for nothing by itself") as caught:
        pyproject(tmp_path, table)
    assert caught.value.location == Location(
        "pyproject.toml", table[: table.index("aws" if "aws" in table else "layer")].count("\n")
    )
    assert choice in caught.value.hint
    assert pyproject(tmp_path, table, include=("src",)).requirements == []


@pytest.mark.parametrize("value", ['"^3.11"', '"3.11"', "3.11"])
def test_what_is_no_specifier_of_pythons_is_told_on_its_line(tmp_path: Path, value: str) -> None:
    text = f'[project]\nname = "x"\nrequires-python = {value}\ndependencies = ["six"]\n'
    with pytest.raises(ConfigError, match="says no versions") as caught:
        pyproject(tmp_path, text)
    assert caught.value.location == Location("pyproject.toml", 3)
    assert caught.value.hint == "Write it as `>=3.11`."
