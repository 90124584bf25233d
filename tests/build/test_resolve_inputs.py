"""What a layer is asked to hold, before anything is resolved: its hash, its lines and its problems."""

import hashlib

import pytest

from layer_action.errors import ConfigError, Location, Problems, ResolutionError
from layer_action.model.layer import IndexOptions
from tests.build.workshop import ARM_312, PROJECT, X86_311, Site, spec_of


def test_comments_spaces_and_order_do_not_change_the_inputs_hash(site: Site) -> None:
    first = site.inputs_hash("requests >= 2\nidna\n")
    assert site.inputs_hash("# pins\n idna   # why\r\n\r\nRequests>=2\n") == first
    assert site.inputs_hash("idna\nrequests>=3\n") != first
    assert site.inputs_hash("requests >= 2\nidna\n", provided=("boto3",)) != first


def test_an_edit_of_a_local_project_changes_the_inputs_hash(site: Site) -> None:
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    site.write("libs/common/common.py", "a = 1\n")
    first = site.inputs_hash("./libs/common\n")
    site.write("libs/common/__pycache__/common.pyc", "")
    assert site.inputs_hash("./libs/common\n") == first
    site.write("libs/common/common.py", "a = 2\n")
    assert site.inputs_hash("./libs/common\n") != first


def test_all_problems_of_inputs_are_told_at_once(site: Site) -> None:
    site.write("requirements.txt", "good\nbad!!\n-r missing.txt\n")
    with pytest.raises(Problems) as caught:
        site.resolver().inputs(spec_of(ARM_312, include=("nowhere/*",)), site.root)
    assert len(caught.value.problems) == 3


def test_lines_point_at_direct_requirements(site: Site) -> None:
    site.write("base.txt", "\nidna\n")
    site.write("requirements.txt", "-r base.txt\nRequests\n")
    lines = site.resolver().inputs(spec_of(ARM_312), site.root).lines
    assert lines == {"idna": Location("base.txt", 2), "requests": Location("requirements.txt", 2)}


def test_extras_of_the_config_need_a_project(site: Site) -> None:
    with pytest.raises(ConfigError, match="`extras` needs a pyproject"):
        site.inputs("six\n", extras=("fast",))


UV_SAYS = """\
[project]
name = "site"
version = "1"
dependencies = ["shop"]
[tool.uv]
constraint-dependencies = ["cart<2"]
override-dependencies = ["till==3 ; os_name == 'posix'"]
"""


def test_what_uv_is_told_of_versions_counts_for_the_layer_too(site: Site) -> None:
    site.index.wheel("shop", "1", "cart", "till<2")
    for version in ("1", "2", "3"):
        site.index.wheel("cart", version)
        site.index.wheel("till", version)
    site.write("pyproject.toml", UV_SAYS)
    assert site.versions(requirements=("pyproject.toml",)) == {"shop": "1", "cart": "1", "till": "3"}
    before = site.inputs_hash(requirements=("pyproject.toml",))
    site.write("pyproject.toml", UV_SAYS.replace("till==3", "till==2"))
    assert site.inputs_hash(requirements=("pyproject.toml",)) != before


def test_a_constraint_of_uvs_that_is_none_is_told_on_its_line(site: Site) -> None:
    site.write("pyproject.toml", UV_SAYS.replace("cart<2", "cart what"))
    with pytest.raises(ConfigError, match="`cart what` is not a requirement") as caught:
        site.inputs(requirements=("pyproject.toml",))
    assert caught.value.location == Location("pyproject.toml", 6)


def test_of_a_member_of_a_workspace_its_root_says_which_versions_there_are(site: Site) -> None:
    site.index.wheel("shop", "1", "cart", "till<2")
    for version in ("1", "2", "3"):
        site.index.wheel("cart", version)
        site.index.wheel("till", version)
    site.write("pyproject.toml", UV_SAYS + '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    site.write("packages/one/pyproject.toml", UV_SAYS.replace("cart<2", "cart<3").replace("site", "one"))
    assert site.versions(requirements=("packages/one/pyproject.toml",)) == {"shop": "1", "cart": "1", "till": "3"}


def test_an_override_by_a_project_of_the_repository_asks_no_index_for_it(site: Site) -> None:
    site.index.wheel("shop", "1", "till<2")
    site.index.wheel("till", "1")
    site.write("libs/till/pyproject.toml", PROJECT.format("till", "9.0", "[]"))
    text = PROJECT.format("site", "1", '["shop"]') + '[tool.uv]\noverride-dependencies = ["till"]\n'
    site.write("pyproject.toml", text + '[tool.uv.sources]\ntill = {path = "libs/till"}\n')
    assert site.versions(requirements=("pyproject.toml",)) == {"shop": "1", "till": "9.0"}


def test_a_setting_for_uv_that_does_not_count_is_told_at_its_line(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    site.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["shop"]\n[tool.uv]\nresolution = "lowest"\n')
    [finding] = site.resolve(requirements=("pyproject.toml",)).findings
    assert (finding.check, finding.location) == ("setting-not-heeded", Location("pyproject.toml", 5))


def test_what_the_index_gives_in_the_place_of_the_very_project_is_told(site: Site) -> None:
    site.index.wheel("shop", "1", "till")
    site.index.wheel("till", "2")
    site.write("app/pyproject.toml", PROJECT.format("till", "9.0", '["shop"]'))
    [finding] = site.resolve(requirements=("app/pyproject.toml",)).findings
    assert (finding.check, finding.location) == ("own-name", Location("app/pyproject.toml"))
    assert "`till @ ./app`" in finding.ways_out[0]
    site.write("requirements.txt", "shop\ntill @ ./app\n")
    resolution = site.resolve(requirements=("requirements.txt",))
    assert [finding.check for finding in resolution.findings] == []
    assert {found.name: found.version for found in resolution.lock.distributions} == {"shop": "1", "till": "9.0"}


def test_settings_of_a_uv_toml_are_told_where_versions_are_open(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.write("uv.toml", 'resolution = "lowest"\n')
    (finding,) = site.resolve("cart\n").findings
    assert finding.message == "`resolution` of uv.toml does not count for http."
    assert finding.location == Location("uv.toml", 1)
    assert site.resolve("cart==1.0\n").findings == ()
    site.write("uv.toml", 'constraint-dependencies = ["cart<2"]\n')
    (finding,) = site.resolve("cart\n").findings
    assert finding.ways_out[0].startswith("Write it into [tool.uv] of the layer's pyproject.toml")


def test_settings_for_builds_are_told_where_something_is_built(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    text = PROJECT.format("app", "1", '["{}"]') + '[tool.uv]\nbuild-constraint-dependencies = ["setuptools<80"]\n'
    site.write("pyproject.toml", text.replace("{}", "common @ file:./libs/common"))
    (finding,) = site.resolve(requirements=("pyproject.toml",)).findings
    assert (finding.check, finding.location) == ("setting-not-heeded", Location("pyproject.toml", 6))
    site.write("pyproject.toml", text.replace("{}", "cart"))
    assert site.resolve(requirements=("pyproject.toml",)).findings == ()


def test_an_edit_of_the_project_beside_its_lock_changes_the_inputs_hash(site: Site) -> None:
    site.write("layer/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    site.write(
        "layer/pylock.toml",
        'lock-version = "1.0"\ncreated-by = "a test"\n[[packages]]\nname = "common"\ndirectory = {path = "."}\n',
    )
    before = site.inputs_hash(requirements=("layer/pylock.toml",))
    site.write("layer/common.py", "x = 1\n")
    assert site.inputs_hash(requirements=("layer/pylock.toml",)) != before


def test_a_wheel_that_changes_in_a_folder_of_the_repository_changes_the_inputs_hash(site: Site) -> None:
    site.write("vendor/six-1.0-py3-none-any.whl", "one")
    text = "--find-links vendor\nsix\n"
    before = site.inputs_hash(text, index_options=IndexOptions.ALLOW)
    site.write("vendor/notes.txt", "what it is for")
    assert site.inputs_hash(text, index_options=IndexOptions.ALLOW) == before
    site.write("vendor/six-1.0-py3-none-any.whl", "two")
    assert site.inputs_hash(text, index_options=IndexOptions.ALLOW) != before


def test_the_line_of_a_name_is_the_one_that_counts_on_a_target(site: Site) -> None:
    text = 'six<2 ; python_version < "3.12"\nsix<3 ; python_version >= "3.12"\nattrs\n-c bounds.txt\n'
    site.write("bounds.txt", 'attrs<9 ; python_version < "3.12"\n')
    inputs = site.inputs(text, targets=(X86_311, ARM_312))
    assert inputs.lines_for([X86_311]) == {
        "six": Location("requirements.txt", 1),
        "attrs": Location("bounds.txt", 1),
    }
    assert inputs.lines_for([ARM_312]) == {
        "six": Location("requirements.txt", 2),
        "attrs": Location("requirements.txt", 3),
    }


def test_a_name_whose_lines_all_are_for_other_targets_has_its_first_line(site: Site) -> None:
    inputs = site.inputs('six ; python_version < "3"\n')
    assert inputs.lines_for([ARM_312]) == {"six": Location("requirements.txt", 1)}


@pytest.mark.parametrize(("one", "other", "line"), [("<3.8", "<3.6", 2), ("<3.6", "<=3.8", 1), (">=3", "<3.6", 2)])
def test_of_several_bounds_the_lowest_is_the_line(site: Site, one: str, other: str, line: int) -> None:
    site.write("bounds.txt", f"six{one}\nsix{other}\n")
    assert site.inputs("six\n-c bounds.txt\n").lines == {"six": Location("bounds.txt", line)}


def test_a_wheel_of_the_repository_that_a_lock_names_counts_and_is_held_to_its_hash(site: Site) -> None:
    site.write("six-1.0-py3-none-any.whl", "one")
    digest = hashlib.sha256(b"one").hexdigest()
    site.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "a test"\n[[packages]]\nname = "six"\nversion = "1.0"\n'
        f'wheels = [{{path = "six-1.0-py3-none-any.whl", hashes = {{sha256 = "{digest}"}}}}]\n',
    )
    before = site.inputs_hash(requirements=("pylock.toml",))
    site.write("six-1.0-py3-none-any.whl", "two")
    assert site.inputs_hash(requirements=("pylock.toml",)) != before
    with pytest.raises(ResolutionError, match=r"six-1\.0-py3-none-any\.whl is not the file that was locked") as caught:
        site.resolve(requirements=("pylock.toml",))
    assert caught.value.location == Location("pylock.toml", 4)


def test_what_the_project_of_a_uv_lock_asks_for_counts(site: Site) -> None:
    site.write("uv.lock", 'version = 1\nrequires-python = ">=3.12"\n')
    site.write("pyproject.toml", PROJECT.format("shop", "0.1", '["six"]'))
    before = site.inputs_hash(requirements=("uv.lock",))
    site.write("pyproject.toml", PROJECT.format("shop", "0.2", '["six"]'))
    assert site.inputs_hash(requirements=("uv.lock",)) == before
    site.write("pyproject.toml", PROJECT.format("shop", "0.2", '["six", "idna"]'))
    assert site.inputs_hash(requirements=("uv.lock",)) != before


def test_a_wheel_in_the_folder_that_a_uv_lock_names_as_its_index_counts(site: Site) -> None:
    package = '[[package]]\nname = "six"\nversion = "1.0"\nsource = { registry = "vendor" }\n'
    site.write("uv.lock", f'version = 1\nrequires-python = ">=3.12"\n{package}')
    site.write("vendor/six-1.0-py3-none-any.whl", "one")
    before = site.inputs_hash(requirements=("uv.lock",))
    site.write("vendor/six-1.0-py3-none-any.whl", "two")
    assert site.inputs_hash(requirements=("uv.lock",)) != before


@pytest.mark.parametrize("source", ['registry = "loop"', 'registry = "\\u0000"', "registry = []", "editable = []"])
def test_a_place_of_a_uv_lock_that_cannot_be_is_for_uv_to_tell(site: Site, source: str) -> None:
    (site.root / "loop").symlink_to("loop")
    package = f'[[package]]\nname = "six"\nversion = "1.0"\nsource = {{ {source} }}\n'
    site.write("uv.lock", f'version = 1\nrequires-python = ">=3.12"\n{package}')
    assert site.inputs_hash(requirements=("uv.lock",))
