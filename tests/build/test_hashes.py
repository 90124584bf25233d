"""Hashes in requirement files: where one is given, everything must have one, as with pip."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.errors import ConfigError, Location, ResolutionError
from layer_action.model.lock import Source
from tests.build.workshop import PROJECT, Site
from tests.standins.git_server import make_repository, serving
from tests.standins.index import IndexedFile, make_sdist

MAIN = "requirements.txt"


@pytest.fixture
def shop(site: Site) -> Site:
    """A site whose index has `shop`, which needs `cart`, which needs `till`."""
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "1.0", "till")
    site.index.wheel("till", "1.0")
    return site


def hashed(site: Site, *names: str) -> str:
    """Return lines that pin names, each with its hash."""
    return "".join(f"{name}==1.0 --hash=sha256:{file_of(site, name).sha256}\n" for name in names)


def file_of(site: Site, name: str) -> IndexedFile:
    return site.index.files[name][0]


def test_what_a_requirement_with_a_hash_needs_must_have_one_too(shop: Site) -> None:
    error = shop.refusal("# locked\n" + hashed(shop, "shop", "till"))
    assert error.message == (
        "For 3.12 arm64, cart (needed by shop) has no hash. "
        "requirements.txt:2 gives one, and then everything must have one."
    )
    assert error.location == Location(MAIN, 2)
    assert "`uv pip compile --generate-hashes --universal --python-version 3.12`" in error.hint
    assert "`--no-require-hashes`" in error.hint


def test_all_that_has_no_hash_is_told_at_once_with_its_lines(shop: Site) -> None:
    shop.index.wheel("idna", "1.0")
    shop.index.wheel("six", "1.0")
    error = shop.refusal("six==1.0\nidna\n" + hashed(shop, "shop"))
    told = "six, idna (requirements.txt:2), cart (needed by shop, requirements.txt:3) and till (needed by cart, "
    assert error.message.startswith(f"For 3.12 arm64, {told}requirements.txt:3) have no hash. ")
    assert error.location == Location(MAIN, 1)


def test_everything_with_its_hash_is_taken(shop: Site) -> None:
    assert shop.versions(hashed(shop, "shop", "cart", "till")) == {"shop": "1.0", "cart": "1.0", "till": "1.0"}


def test_hashes_may_stand_in_a_constraints_file_alone(shop: Site) -> None:
    shop.write("constraints.txt", hashed(shop, "shop", "cart", "till"))
    assert shop.versions("-c constraints.txt\nshop\n").keys() == {"shop", "cart", "till"}


def test_a_hash_in_a_constraints_file_asks_for_all_others(shop: Site) -> None:
    shop.write("constraints.txt", hashed(shop, "cart", "till"))
    assert shop.refusal("-c constraints.txt\nshop\n").message == (
        "For 3.12 arm64, shop has no hash. constraints.txt:1 gives one, and then everything must have one."
    )


def test_a_hash_of_what_is_for_other_pythons_asks_for_all_others(shop: Site) -> None:
    line = f"six==1.0 ; python_version < '3' --hash=sha256:{'0' * 64}\n"
    assert "gives one" in shop.refusal("till\n" + line).message


def test_a_line_for_other_pythons_is_not_the_one_that_asks_for_it(shop: Site) -> None:
    line = hashed(shop, "till").replace(" --hash", " ; python_version < '3.12' --hash")
    message = shop.refusal(line + hashed(shop, "cart")).message
    assert message.startswith("For 3.12 arm64, till (needed by cart) has no hash.")


def test_the_hash_in_an_url_is_one_but_asks_for_no_other(shop: Site) -> None:
    cart = file_of(shop, "cart")
    line = f"cart @ http://127.0.0.1:{shop.index.port}/files/{cart.filename}#sha256={cart.sha256}\n"
    assert shop.versions(line).keys() == {"cart", "till"}
    assert shop.versions(line + hashed(shop, "shop", "till")).keys() == {"shop", "cart", "till"}


def test_a_wheel_by_its_url_must_have_a_hash_too(shop: Site) -> None:
    url = f"http://127.0.0.1:{shop.index.port}/files/{file_of(shop, 'cart').filename}"
    assert shop.refusal(f"cart @ {url}\n" + hashed(shop, "till")).message.startswith(
        "For 3.12 arm64, cart has no hash."
    )


def test_what_is_provided_needs_no_hash(shop: Site) -> None:
    assert shop.versions(hashed(shop, "shop"), provided=("cart",)) == {"shop": "1.0"}


def test_what_lies_in_the_repository_needs_no_hash_but_what_it_needs_does(shop: Site) -> None:
    shop.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["till"]'))
    wheel = file_of(shop, "cart")
    (shop.root / wheel.filename).write_bytes(wheel.content)
    text = f"-e ./libs/common\n./{wheel.filename}\n"
    assert shop.versions(text + hashed(shop, "till")).keys() == {"common", "cart", "till"}
    shop.index.wheel("six", "1.0")
    assert shop.refusal(text + hashed(shop, "six")).message.startswith("For 3.12 arm64, till (needed by c")


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a git repository with a project, and its commit, of which `v1` is a tag."""
    files = {"pyproject.toml": PROJECT.format("common", "0.1", "[]")}
    commit = make_repository(tmp_path / "shared", files, tag="v1")
    with serving(tmp_path / "shared") as url:
        yield url, commit


def test_of_a_repository_a_commit_is_a_hash(shop: Site, shared: tuple[str, str]) -> None:
    url, commit = shared
    text = f"common @ git+{url}@{commit}\n" + hashed(shop, "till")
    assert shop.versions(text, build_from_source=("common",)).keys() == {"common", "till"}


def test_of_a_repository_a_tag_is_no_hash(shop: Site, shared: tuple[str, str]) -> None:
    url, _ = shared
    error = shop.refusal(f"common @ git+{url}@v1\n" + hashed(shop, "till"), build_from_source=("common",))
    assert str(error).startswith("requirements.txt:1: For 3.12 arm64, common has no hash")
    assert "its commit" in error.hint


def test_hashes_are_demanded_and_let_go_by_the_options_of_pip(shop: Site) -> None:
    error = shop.refusal("--require-hashes\ntill==1.0\n")
    assert error.message == "For 3.12 arm64, till has no hash. requirements.txt:1 demands one of everything."
    assert shop.versions("--no-require-hashes\n" + hashed(shop, "shop")).keys() == {"shop", "cart", "till"}
    with pytest.raises(ConfigError, match=r"^requirements\.txt:2: --no-require-hashes contradicts requirements.txt:1"):
        shop.resolve("--require-hashes\n--no-require-hashes\ntill\n")


def test_a_demand_for_hashes_is_counted_in_what_the_layer_asks_for(shop: Site) -> None:
    plain = shop.inputs_hash("till\n")
    assert shop.inputs_hash("--require-hashes\ntill\n") != plain
    some = shop.inputs_hash(hashed(shop, "till"))
    assert shop.inputs_hash("--no-require-hashes\n" + hashed(shop, "till")) != some


def test_beside_a_line_that_cannot_be_read_no_hash_is_missed(shop: Site) -> None:
    with pytest.raises(ConfigError, match="No hash of this line is a sha256"):
        shop.resolve(hashed(shop, "shop", "till") + "cart==1.0 --hash=md5:aa\n")


def test_the_hash_of_source_code_that_others_need_is_compared(shop: Site) -> None:
    shop.index.files["till"] = [make_sdist("till", "1.0", {"setup.py": "raise SystemExit('it was run')\n"})]
    shop.write("constraints.txt", f"till==1.0 --hash=sha256:{'0' * 64}\n")
    shop.write(MAIN, "-c constraints.txt\n" + hashed(shop, "shop", "cart"))
    with pytest.raises(ResolutionError, match="The source of till has another hash") as caught:
        shop.resolve(build_from_source=("till",))
    assert caught.value.location == Location("constraints.txt", 1)


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_hashes_of_the_other_kinds_that_pip_takes_are_compared_with_the_file(shop: Site, algorithm: str) -> None:
    right = hashlib.new(algorithm, file_of(shop, "till").content).hexdigest()
    assert shop.versions(f"till==1.0 --hash={algorithm}:{right}\n") == {"till": "1.0"}
    wrong = hashlib.new(algorithm, b"another").hexdigest()
    error = shop.refusal(f"# by hand\ntill==1.0 --hash={algorithm}:{wrong}\n")
    assert error.message == (
        f"till-1.0-py3-none-any.whl has another hash than the requirement demands: {algorithm}:{right}."
    )
    assert error.location == Location(MAIN, 2)
    assert error.hint == f"If you trust the file, write `--hash={algorithm}:{right}` in that line."
    both = f"till==1.0 --hash=sha256:{'0' * 64} --hash={algorithm}:{right}\n"
    assert shop.versions(both) == {"till": "1.0"}


def test_a_weak_hash_beside_another_counts_for_nothing(shop: Site) -> None:
    weak = hashlib.md5(file_of(shop, "till").content, usedforsecurity=False).hexdigest()
    error = shop.refusal(f"till==1.0 --hash=md5:{weak} --hash=sha512:{'0' * 128}\n")
    assert "has another hash than the requirement demands: sha512:" in error.message


def test_hashes_of_other_kinds_in_an_url_are_compared_with_the_file(shop: Site) -> None:
    file = file_of(shop, "till")
    url = f"http://127.0.0.1:{shop.index.port}/files/{file.filename}"
    right = hashlib.sha512(file.content).hexdigest()
    assert shop.versions(f"till @ {url}#sha512={right}\n") == {"till": "1.0"}
    assert "has another hash" in shop.refusal(f"till @ {url}#sha512={right[:-1]}{'01'[right[-1] == '0']}\n").message


@pytest.mark.parametrize("place", ["wheel", "archive"])
def test_hashes_of_other_kinds_are_compared_with_files_of_the_repository(shop: Site, place: str) -> None:
    file = file_of(shop, "till") if place == "wheel" else make_sdist("till", "1.0", {})
    (shop.root / file.filename).write_bytes(file.content)
    right = hashlib.sha384(file.content).hexdigest()
    assert shop.versions(f"./{file.filename} --hash=sha384:{right}\n") == {"till": "1.0"}
    error = shop.refusal(f"./{file.filename} --hash=sha384:{'0' * 96}\n")
    assert error.message == f"The source of till has another hash than the requirement demands: sha384:{right}."


def test_the_hash_of_source_code_asks_for_it_though_there_is_a_wheel(shop: Site) -> None:
    sdist = shop.index.add(make_sdist("till", "1.0", {"pyproject.toml": PROJECT.format("till", "1.0", "[]")}))
    line = f"till==1.0 --hash=sha256:{sdist.sha256}\n"
    found = shop.resolve(line, build_from_source=("till",)).lock.get("till")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert found.origin.identity == f"sha256:{sdist.sha256}"


def test_the_hash_of_source_code_that_must_not_be_built_is_told_as_such(shop: Site) -> None:
    sdist = shop.index.add(make_sdist("till", "1.0", {"pyproject.toml": PROJECT.format("till", "1.0", "[]")}))
    error = shop.refusal(f"till==1.0 --hash=sha256:{sdist.sha256}\n")
    assert error.message == "The hash that is demanded of till 1.0 is that of its source code."
    assert error.location == Location(MAIN, 1)
    assert "`build-from-source: [local, till]`" in error.hint
    assert f"`--hash=sha256:{file_of(shop, 'till').sha256}`" in error.hint


def test_hashes_that_exclude_one_another_are_told(shop: Site) -> None:
    shop.write("constraints.txt", f"till --hash=sha256:{'0' * 64}\n")
    error = shop.refusal("-c constraints.txt\n" + hashed(shop, "till"))
    assert error.message == "requirements.txt:2 and constraints.txt:1 demand different hashes of till."
    assert error.location == Location(MAIN, 2)


def test_of_a_range_the_newest_version_is_taken_that_has_the_hash(shop: Site) -> None:
    for version in ("2.0", "3.0"):
        shop.index.wheel("till", version)
    line = hashed(shop, "till").replace("==1.0", ">=1.0")
    assert shop.versions(line) == {"till": "1.0"}


def test_a_range_of_which_no_version_has_the_hash_tells_that_of_the_newest(shop: Site) -> None:
    newest = shop.index.wheel("till", "2.0")
    error = shop.refusal(f"till --hash=sha256:{'0' * 64}\n")
    assert error.message.startswith("till-2.0-py3-none-any.whl has another hash than the requirement demands")
    assert f"--hash=sha256:{newest.sha256}" in error.hint
