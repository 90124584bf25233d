"""Settings of uv and its like that say where packages come from, or which: told where they do not count."""

from pathlib import Path

import pytest

from layer_action.build.asking.asked import Asking
from layer_action.errors import ConfigError, Location
from layer_action.model.layer import IndexOptions
from tests.build.workshop import read

PROJECT = '[project]\nname = "x"\ndependencies = ["six"]\n'
INDEX = '[[index]]\nname = "own"\ndefault = true\nurl = "https://a.example"\n'
SAME_IN_PROJECT = '[[tool.uv.index]]\nname = "mine"\nurl = "https://b.example"\n'
ALLOW = IndexOptions.ALLOW


def asking(root: Path, files: dict[str, str], name: str, index_options: IndexOptions = IndexOptions.REFUSE) -> Asking:
    return read(root, dict(files), requirements=(name,), index_options=index_options)


@pytest.mark.parametrize("name", ["layers/a/pyproject.toml", "layers/a/requirements.txt"])
@pytest.mark.parametrize("place", ["uv.toml", "layers/a/uv.toml"])
def test_an_index_of_a_uv_toml_counts_only_if_the_config_allows_it(tmp_path: Path, name: str, place: str) -> None:
    files = {place: INDEX, name: PROJECT if name.endswith("toml") else "six\n"}
    with pytest.raises(ConfigError, match=r"An index of uv\.toml changes where packages come from") as caught:
        asking(tmp_path, files, name)
    assert caught.value.location == Location(place, 4)
    [found] = asking(tmp_path, files, name, ALLOW).index_options
    assert (found.name, found.value, found.index) == ("--index-url", "https://a.example", "own")


def test_a_uv_toml_is_read_once_for_all_files_of_a_layer(tmp_path: Path) -> None:
    files = {"uv.toml": INDEX, "a.txt": "-r b.txt\n", "b.txt": "six\n"}
    assert len(asking(tmp_path, files, "a.txt", ALLOW).index_options) == 1


def test_a_uv_toml_replaces_what_the_project_beside_it_says(tmp_path: Path) -> None:
    files = {"uv.toml": INDEX, "pyproject.toml": PROJECT + SAME_IN_PROJECT}
    found = asking(tmp_path, files, "pyproject.toml", ALLOW)
    assert [option.value for option in found.index_options] == ["https://a.example"]
    [replaced] = found.unheeded
    assert (replaced.key, replaced.table, replaced.location) == (
        "index",
        "tool.uv beside a uv.toml",
        Location("pyproject.toml", 4),
    )


def test_settings_of_uv_nearer_than_a_uv_toml_count_alone(tmp_path: Path) -> None:
    files = {"uv.toml": INDEX, "layers/pyproject.toml": "[tool.uv]\n", "layers/a.txt": "six\n"}
    assert asking(tmp_path, files, "layers/a.txt").index_options == []


def test_a_uv_toml_of_a_workspace_counts_for_its_members(tmp_path: Path) -> None:
    files = {
        "uv.toml": INDEX,
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        "libs/a/pyproject.toml": PROJECT + "[tool.uv]\nprerelease = 'allow'\n",
    }
    with pytest.raises(ConfigError, match=r"An index of uv\.toml"):
        asking(tmp_path, files, "libs/a/pyproject.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [("exclude-newer", '"2022-01-01T00:00:00Z"'), ("override-dependencies", '["six==1.15.0"]')],
)
def test_settings_of_a_uv_toml_that_would_lead_to_other_versions_are_known(
    tmp_path: Path, key: str, value: str
) -> None:
    files = {"uv.toml": f"native-tls = true\n{key} = {value}\n", "a.txt": "six\n"}
    [found] = asking(tmp_path, files, "a.txt").unheeded
    assert (found.key, found.table, found.location) == (key, "uv.toml", Location("uv.toml", 2))


@pytest.mark.parametrize(
    ("table", "option"),
    [
        ("[tool.uv]\nno-index = true\n", ("--no-index", "")),
        ('[[tool.rye.sources]]\nname = "own"\nurl = "https://a.example"\n', ("--extra-index-url", "https://a.example")),
        ('[[tool.rye.sources]]\nname = "default"\nurl = "https://a.example"\n', ("--index-url", "https://a.example")),
        ('[tool.pixi.pypi-options]\nindex-url = "https://a.example"\n', ("--index-url", "https://a.example")),
        (
            '[tool.pixi.pypi-options]\nextra-index-urls = ["https://a.example"]\n',
            ("--extra-index-url", "https://a.example"),
        ),
    ],
)
def test_indexes_of_other_tools_are_refused_at_their_line(tmp_path: Path, table: str, option: tuple[str, str]) -> None:
    files = {"pyproject.toml": PROJECT + table}
    with pytest.raises(ConfigError, match=r"An index of pyproject\.toml changes where") as caught:
        asking(tmp_path, files, "pyproject.toml")
    assert caught.value.location == Location("pyproject.toml", 3 + table.count("\n"))
    [found] = asking(tmp_path, files, "pyproject.toml", ALLOW).index_options
    assert (found.name, found.value) == option


@pytest.mark.parametrize("key", ["build-constraint-dependencies", "extra-build-dependencies", "config-settings"])
def test_settings_of_uv_for_builds_are_known_to_count_for_nothing(tmp_path: Path, key: str) -> None:
    value = '["setuptools==70.0.0"]' if key.startswith("build") else '{x = "y"}'
    [found] = asking(tmp_path, {"pyproject.toml": f"{PROJECT}[tool.uv]\n{key} = {value}\n"}, "pyproject.toml").unheeded
    assert (found.key, found.of_builds, found.location.line) == (key, True, 5)


def test_dependencies_that_pixi_alone_reads_are_known_to_count_for_nothing(tmp_path: Path) -> None:
    files = {"pyproject.toml": f'{PROJECT}[tool.pixi.pypi-dependencies]\nidna = "*"\n'}
    [found] = asking(tmp_path, files, "pyproject.toml").unheeded
    assert (found.key, found.table, found.location.line) == ("pypi-dependencies", "tool.pixi", 4)


@pytest.mark.parametrize(
    ("table", "line", "told"),
    [
        ('[tool.flit.metadata]\nmodule = "x"\nrequires = ["six"]\n', 3, "[tool.flit.metadata]"),
        ('[tool.pixi.project]\nname = "x"\n[tool.pixi.pypi-dependencies]\nsix = "*"\n', 3, "[tool.pixi]"),
    ],
)
def test_dependencies_that_stand_in_a_table_of_another_tool_alone_are_told(
    tmp_path: Path, table: str, line: int, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        asking(tmp_path, {"pyproject.toml": table}, "pyproject.toml")
    assert caught.value.message == f"pyproject.toml keeps its dependencies in {told}, which is not read."
    assert caught.value.location == Location("pyproject.toml", line)


@pytest.mark.parametrize("lock", ["uv.lock", "libs/a/pylock.toml"])
def test_a_lock_of_the_project_that_the_layer_does_not_name_is_known(tmp_path: Path, lock: str) -> None:
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        "libs/a/pyproject.toml": PROJECT,
        lock: "",
    }
    [found] = asking(tmp_path, files, "libs/a/pyproject.toml").unheeded
    assert (found.key, found.location) == (lock, Location(lock))


@pytest.mark.parametrize("content", [b"[[index]\n", b"# \xff\n[[index]]\n", b"index = 1\n= 2\n"])
def test_a_uv_toml_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"uv\.toml") as caught:
        read(tmp_path, {"uv.toml": content, "a.txt": "six\n"}, requirements=("a.txt",))
    assert caught.value.location is not None
    assert caught.value.location.file == "uv.toml"


def test_a_uv_toml_that_leads_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text(INDEX)
    root = tmp_path / "repository"
    root.mkdir()
    (root / "uv.toml").symlink_to("../elsewhere.toml")
    with pytest.raises(ConfigError, match="outside of the repository"):
        read(root, {"a.txt": "six\n"}, requirements=("a.txt",))


def test_settings_of_a_project_for_builds_are_known_beside_its_lock(tmp_path: Path) -> None:
    text = f'{PROJECT}[tool.uv]\nresolution = "lowest"\nbuild-constraint-dependencies = ["setuptools<80"]\n'
    [found] = asking(tmp_path, {"pyproject.toml": text, "uv.lock": ""}, "uv.lock").unheeded
    assert (found.key, found.location.line) == ("build-constraint-dependencies", 6)


def test_what_pixi_reads_of_a_member_of_a_workspace_is_known(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        "libs/a/pyproject.toml": f'{PROJECT}[tool.uv]\nresolution = "lowest"\n[tool.pixi.pypi-dependencies]\nx = "*"\n',
    }
    [found] = asking(tmp_path, files, "libs/a/pyproject.toml").unheeded
    assert (found.key, found.location) == ("pypi-dependencies", Location("libs/a/pyproject.toml", 6))
