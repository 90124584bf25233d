"""Requirement files as they are found: written by other tools, for other tools, or by hand in a hurry."""

from pathlib import Path
from typing import Any

import pytest

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.requirements import read_requirements
from layer_action.errors import ConfigError, LayerActionError, Location, Problems, ResolutionError
from layer_action.model.layer import IndexOptions
from tests.build.workshop import ARM_312, Site, spec_of
from tests.standins.index import IndexedFile, make_sdist
from tests.standins.wheels import Extra, make_wheel


def read(root: Path, files: dict[str, str], **overrides: Any) -> Asking:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    overrides.setdefault("requirements", (next(iter(files)),))
    return read_requirements(spec_of(ARM_312, **overrides), root)


def problems(root: Path, files: dict[str, str]) -> list[LayerActionError]:
    with pytest.raises((ConfigError, Problems)) as caught:
        read(root, files)
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


def problem(root: Path, text: str, name: str = "requirements.txt") -> LayerActionError:
    (found,) = problems(root, {name: text})
    return found


POETRY = """\
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.12"
requests = "^2.31"
"""


def test_a_project_of_poetry_is_refused_where_its_dependencies_stand(tmp_path: Path) -> None:
    found = problem(tmp_path, POETRY, "pyproject.toml")
    assert found.message == "pyproject.toml keeps its dependencies in [tool.poetry], which is not read."
    assert found.location == Location("pyproject.toml", 4)
    assert "poetry export" in found.hint


def test_a_project_of_poetry_2_is_read_by_its_project_table(tmp_path: Path) -> None:
    text = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["idna"]\n' + POETRY
    assert [asked.name for asked in read(tmp_path, {"pyproject.toml": text}).requirements] == ["idna"]


def test_dynamic_dependencies_are_not_taken_for_none(tmp_path: Path) -> None:
    text = '[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n[dependency-groups]\nx = ["idna"]\n'
    found = problem(tmp_path, text, "pyproject.toml")
    assert found.message == "The dependencies of pyproject.toml are dynamic: they stand somewhere else."
    assert found.location == Location("pyproject.toml", 3)
    assert "requirements.txt" in found.hint


def test_a_version_in_condas_spelling_is_answered_with_pips(tmp_path: Path) -> None:
    found = problems(tmp_path, {"requirements.txt": "six=1.16.0\nnumpy=1.26.4=py312h8753938_0\nidna\n"})
    assert [each.location for each in found] == [Location("requirements.txt", 1), Location("requirements.txt", 2)]
    assert [each.hint for each in found] == [
        "A single `=` is conda's; write `six==1.16.0`.",
        "A single `=` is conda's; write `numpy==1.26.4`.",
    ]


def test_condas_own_python_is_to_be_removed(tmp_path: Path) -> None:
    assert problem(tmp_path, "python=3.12\n").hint == "Remove it: the Python of a layer is that of its `runtimes`."


@pytest.mark.parametrize(
    ("filename", "says"),
    [
        ("shop-1.0-py3-none-any.whl", "The URL of cart is that of shop."),
        ("cart.whl", "The URL of cart names no wheel: cart.whl."),
    ],
)
def test_an_url_that_leads_to_another_wheel_than_its_name_is_told(tmp_path: Path, filename: str, says: str) -> None:
    assert problem(tmp_path, f"cart @ https://one.example/{filename}\n").message == says


@pytest.mark.parametrize("url", ["ftp://one.example/cart-1-py3-none-any.whl", "svn+https://one.example/cart"])
@pytest.mark.parametrize("name", ["", "cart @ "])
def test_an_url_of_a_kind_that_is_not_followed_is_told(tmp_path: Path, name: str, url: str) -> None:
    found = problem(tmp_path, f"{name}{url}#egg=cart\n")
    assert found.message == f"An URL that begins with {url.partition(':')[0]}: is not followed."


@pytest.mark.parametrize(
    "url",
    ["http://[bad/{}", "https://one.example:port/{}", "https:///{}", "git+https://[bad/{}", "https://[${{BAD}}/{}"],
)
@pytest.mark.parametrize("name", ["", "cart @ "])
def test_an_url_that_is_none_is_told(tmp_path: Path, name: str, url: str) -> None:
    found = problem(tmp_path, f"six\n{name}{url.format('cart-1.0-py3-none-any.whl')}#egg=cart\n")
    assert (found.message, found.location) == ("The URL in this line is none.", Location("requirements.txt", 2))


@pytest.mark.parametrize("url", ["https://one.example", "http://one.example/#egg=cart", "https://one.example/.."])
@pytest.mark.parametrize("name", ["", "cart @ "])
def test_an_url_that_names_no_file_is_told(tmp_path: Path, name: str, url: str) -> None:
    assert problem(tmp_path, f"{name}{url}\n").message == "The URL in this line names no file."


def test_an_index_whose_url_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--index-url names an URL that is none"):
        read(tmp_path, {"requirements.txt": "--index-url https://[bad\n"}, index_options=IndexOptions.ALLOW)


def test_a_login_that_breaks_its_url_is_told_without_it(site: Site) -> None:
    site.env["TOKEN"] = "hunter[2"
    with pytest.raises(ConfigError, match="With its variables filled in, this URL is none") as caught:
        site.resolve("cart @ https://${TOKEN}@one.example/cart-1.0-py3-none-any.whl\n")
    assert "hunter" not in str(caught.value)


def test_a_marker_that_compares_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    found = problem(tmp_path, "idna\nsix; sys_platform === '3.8'\n")
    assert found.message == 'The marker `sys_platform === "3.8"` compares what cannot be compared.'
    assert found.location == Location("requirements.txt", 2)


@pytest.mark.parametrize("marker", ['"job" in dependency_groups', '"fast" in extras'])
def test_a_marker_of_locks_is_none_of_a_requirement(tmp_path: Path, marker: str) -> None:
    found = problem(tmp_path, f"idna\nsix ; {marker}\n")
    assert found.message == f"The marker `{marker}` is for locks alone."
    assert found.location == Location("requirements.txt", 2)


@pytest.mark.parametrize("text", ["./libs\0/till", "./" + "x" * 300, "./libs/till ; os_name == '{}}'", "till @ ./a\0"])
def test_a_path_of_strange_letters_ends_in_a_sentence(tmp_path: Path, text: str) -> None:
    assert problem(tmp_path, text + "\n").location == Location("requirements.txt", 1)


def test_a_hash_without_a_value_is_told(tmp_path: Path) -> None:
    assert problem(tmp_path, "six --hash\n").message == "--hash names nothing."


@pytest.mark.parametrize(("value", "names"), [("six", "[six]"), ("six,idna", "[six,idna]"), (":all:", "[NAME]")])
def test_no_binary_is_answered_with_what_the_config_takes(tmp_path: Path, value: str, names: str) -> None:
    assert f"`build-from-source: {names}`" in problem(tmp_path, f"--no-binary {value}\nsix\n").hint


@pytest.mark.parametrize("text", ["six; rm -rf /", "six -r more.txt", "six -e ./libs/till"])
def test_what_looks_like_an_option_behind_a_requirement_is_part_of_it(tmp_path: Path, text: str) -> None:
    assert problem(tmp_path, f"{text}\n").message.startswith(f"`{text}` is not a requirement: ")


def test_a_project_that_is_not_there_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    found = problem(tmp_path, "../libs/till\n", "layers/requirements.txt")
    assert found.hint == "It was looked for at libs/till."


def test_a_marker_nested_beyond_reason_is_told_and_cut(tmp_path: Path) -> None:
    found = problem(tmp_path, "six; " + "(" * 5000 + "python_version > '3'" + ")" * 5000)
    assert found.message.endswith("is not a requirement: it is nested too deeply.")
    assert len(found.message) < 300


@pytest.mark.parametrize(
    "text",
    [
        "six=={}",
        "six<1,!={}!1.*",
        "six ; python_version < '{}'",
        "https://one.example/six-{}-py3-none-any.whl",
        "six @ https://one.example/six-{}-py3-none-any.whl",
    ],
)
def test_a_number_longer_than_python_reads_is_told_and_cut(tmp_path: Path, text: str) -> None:
    found = problem(tmp_path, text.format("9" * 5000))
    assert found.message.endswith("is not a requirement: it holds a number without end.")
    assert len(found.message) < 300


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "9" * 5000], ids=["lists", "number"])
@pytest.mark.parametrize("name", ["pyproject.toml", "pylock.toml"])
def test_toml_nested_or_long_beyond_reason_is_told(site: Site, name: str, value: str) -> None:
    site.write(name, f"x = {value}")
    with pytest.raises(ConfigError, match="not TOML") as caught:
        site.inputs(requirements=(name,))
    assert caught.value.location == Location(name)


def test_a_merge_conflict_is_told_line_by_line(tmp_path: Path) -> None:
    text = "<<<<<<< HEAD\nsix==1.16.0\n=======\nsix==1.17.0\n>>>>>>> branch\n"
    found = problems(tmp_path, {"requirements.txt": text})
    assert [each.location and each.location.line for each in found] == [1, 3, 5]


def test_a_constraint_is_pointed_at_where_it_alone_decides(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-c pins.txt\nsix\nidna>=3\nattrs==1.0\n",
        "pins.txt": "six==1.16.0\nidna==3.7\nattrs==1.0\nurllib3<2\n",
    }
    assert read(tmp_path, files).bounds() == {
        "six": Location("pins.txt", 1),
        "idna": Location("pins.txt", 2),
        "urllib3": Location("pins.txt", 4),
    }


def test_an_extra_that_nobody_knows_is_a_warning_with_those_there_are(site: Site) -> None:
    extra = Extra(metadata=["Provides-Extra: Socks", "Provides-Extra: fast"])
    site.index.add(
        IndexedFile(filename="shop-1.0-py3-none-any.whl", content=make_wheel("shop", "1.0", {}, extra=extra))
    )
    (finding,) = site.resolve("# why\nshop[sock, fast]\n").findings
    assert (finding.check, finding.message) == ("unknown-extra", "shop 1.0 has no extra sock.")
    assert finding.ways_out == ("It has fast, socks.",)
    assert finding.location == Location("requirements.txt", 2)


def test_an_extra_of_old_metadata_is_known_by_its_markers(site: Site) -> None:
    site.index.wheel("dep", "1.0")
    site.index.wheel("shop", "1.0", 'dep ; extra == "fast"')
    assert site.resolve("shop[fast]\n").findings == ()


def test_the_version_that_was_meant_is_told_where_many_are_open(site: Site) -> None:
    """uv's proof ends with 1.7, which alone has a wheel of any kind."""
    for version in ("1.6", "1.8", "1.9"):
        site.index.add(make_sdist("driver", version, {"setup.py": "raise SystemExit('it was run')\n"}))
    site.index.wheel("driver", "1.7", tags="cp27-cp27mu-manylinux1_x86_64")
    site.index.wheel("driver", "2.0", python=">=3.14")
    with pytest.raises(ResolutionError) as caught:
        site.resolve("driver\n")
    assert caught.value.message.startswith("driver 1.9 has no wheel that fits 3.12 arm64")
    assert "build-from-source: [local, driver]" in caught.value.hint


def test_source_code_that_cannot_be_built_is_told_at_the_line_that_asks_for_it(site: Site) -> None:
    old = "Metadata-Version: 1.2\nName: driver\nVersion: 1.0\n"
    site.index.add(make_sdist("driver", "1.0", {"PKG-INFO": old, "setup.py": "raise SystemExit('no compiler')\n"}))
    with pytest.raises(Problems) as caught:
        site.resolve("# why\ndriver\nnobody\n", build_from_source=("driver",))
    unbuilt, other = caught.value.problems
    assert unbuilt.message.startswith("driver could not be built from source")
    assert unbuilt.location == Location("requirements.txt", 2)
    assert "lambda-layer-" not in unbuilt.message, "the folder of the build is gone"
    assert "nobody was not found" in other.message


@pytest.mark.parametrize("written", ["till @ ./libs/till", "till @ libs/till", "till @ file:libs/till"])
def test_a_project_of_the_repository_may_have_its_name_before_its_path(tmp_path: Path, written: str) -> None:
    project = '[project]\nname = "till"\nversion = "1"\n'
    (asked,) = read(tmp_path, {"requirements.txt": f"{written}\n", "libs/till/pyproject.toml": project}).requirements
    assert (asked.name, asked.path, asked.requirement.url) == ("till", "libs/till", None)


@pytest.mark.parametrize("value", ["md5:d41d8cd98f00b204e9800998ecf8427e", "nonsense", "sha256:"])
def test_a_line_whose_hashes_cannot_be_compared_is_refused(tmp_path: Path, value: str) -> None:
    found = problem(tmp_path, f"idna\nsix==1.16.0 --hash={value}\n")
    assert found.message == f"No hash of this line is a sha256, sha384 or sha512: {value}."
    assert found.location == Location("requirements.txt", 2)


@pytest.mark.parametrize("form", ["six @ {}", "{}", "{}[x] ; python_version > '3'"])
@pytest.mark.parametrize("value", ["sha256=abc", "sha256=", f"sha256={'z' * 64}", f"md5={'0' * 32}", "egg=six&sha1=0"])
def test_a_hash_in_an_url_that_pip_would_not_take_from_an_option_is_refused(
    tmp_path: Path, form: str, value: str
) -> None:
    url = f"https://files.example/six-1.0-py3-none-any.whl#{value}"
    found = problem(tmp_path, f"idna\n{form.format(url)}\n")
    told = value.removeprefix("egg=six&").replace("=", ":")
    assert found.message == f"No hash of this line is a sha256, sha384 or sha512: {told}."
    assert found.location == Location("requirements.txt", 2)


def test_source_code_by_its_url_must_have_the_hash_that_the_url_demands(site: Site) -> None:
    file = site.index.add(make_sdist("till", "1.0", {}))
    url = f"till @ http://127.0.0.1:{site.index.port}/files/{file.filename}#sha256="
    assert site.versions(f"{url}{file.sha256}\n", build_from_source=("till",)) == {"till": "1.0"}
    with pytest.raises(ResolutionError, match="another hash than the requirement demands"):
        site.resolve(f"{url}{'0' * 64}\n", build_from_source=("till",))


def test_another_hash_beside_a_sha256_is_no_harm(tmp_path: Path) -> None:
    text = f"six==1.16.0 --hash=md5:aa --hash=sha256:{'0' * 64}\n"
    assert len(read(tmp_path, {"requirements.txt": text}).requirements) == 1


@pytest.mark.parametrize("line", ["-r", "-c ", "-e", "--requirement=", "--find-links", "--no-binary"])
def test_an_option_without_its_value_is_told(tmp_path: Path, line: str) -> None:
    assert problem(tmp_path, f"six\n{line}\n").message.endswith("names nothing.")


@pytest.mark.parametrize("place", ["wheels", "../wheels"])
def test_a_folder_of_wheels_is_found_from_its_file_or_from_the_top(site: Site, place: str) -> None:
    folder = site.root / "wheels"
    folder.mkdir()
    (folder / "till-1.0-py3-none-any.whl").write_bytes(make_wheel("till", "1.0", {"till.py": "x = 1\n"}))
    site.write("layers/requirements.txt", f"--find-links {place}\n--no-index\ntill\n")
    found = site.versions(requirements=("layers/requirements.txt",), index_options=IndexOptions.ALLOW)
    assert found == {"till": "1.0"}


def test_the_place_of_the_checkout_is_not_in_the_inputs_hash(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        root = tmp_path / name
        (root / "wheels").mkdir(parents=True)
        asking = read(root, {"requirements.txt": "-f wheels\nsix\n"}, index_options=IndexOptions.ALLOW)
        texts.append(asking.canonical())
    assert texts[0] == texts[1]


def test_a_version_that_there_is_for_others_is_not_recommended(site: Site) -> None:
    site.index.wheel("six", "1.17")
    site.index.wheel("six", "1.16")
    file = site.index.file("six-1.16-py3-none-any.whl")
    assert file
    url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    with pytest.raises(ResolutionError) as caught:
        site.resolve(f"six @ {url}\nsix==1.17\n")
    assert "the newest that fits" not in caught.value.hint


def test_what_pip_freeze_wrote_of_condas_packages_is_told_as_such(tmp_path: Path) -> None:
    found = problem(tmp_path, "idna\nrequests @ file:///croot/requests_1714/work\n")
    assert found.message == "/croot/requests_1714/work lies outside of the repository."
    assert "write `requests==` and its version" in found.hint


def test_a_hash_in_another_spelling_is_told_with_the_right_one(tmp_path: Path) -> None:
    assert problem(tmp_path, "six==1.17.0 --hash:sha256=4721\n").hint == "Write `--hash=sha256:` and its 64 digits."
