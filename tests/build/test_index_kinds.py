"""Resolving from indexes of every kind: plain ones, such as ask for a login, and such as the config names."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from layer_action.build.asking.logins import learn_logins_of
from layer_action.errors import ConfigError, InputError, ResolutionError
from layer_action.http import Http
from layer_action.model.layer import IndexOptions
from layer_action.model.lock import Wheel
from tests.build.workshop import ARM_312, PROJECT, X86_311, Site, spec_of
from tests.standins.index import Index, IndexedFile, running_index


def test_index_options_are_refused_unless_the_config_allows_them(site: Site) -> None:
    with running_index() as other:
        other.wheel("secret", "1.0")
        text = f"--index-url {other.url}\nsecret\n"
        with pytest.raises(ConfigError, match="--index-url changes where packages come from"):
            site.resolve(text)
        del site.env["UV_DEFAULT_INDEX"]
        assert site.versions(text, index_options=IndexOptions.ALLOW) == {"secret": "1.0"}


Behaviour = Callable[[Index], None]


def without_metadata(index: Index) -> None:
    index.serves_metadata = False


def without_metadata_or_ranges(index: Index) -> None:
    index.serves_metadata = index.serves_ranges = False


def html_only(index: Index) -> None:
    index.serves_json = False


def without_hashes(index: Index) -> None:
    index.tells_hashes = False


def with_md5(index: Index) -> None:
    index.hash_kind = "md5"
    html_only(index)


def with_sha512(index: Index) -> None:
    index.hash_kind = "sha512"


KINDS = [without_metadata, without_metadata_or_ranges, html_only, without_hashes, with_md5, with_sha512]


@pytest.mark.parametrize("behaviour", KINDS)
def test_plainer_indexes_give_the_same_lock(site: Site, behaviour: Behaviour) -> None:
    site.index.wheel("shop", "1.0", "cart")
    file = site.index.wheel("cart", "2.1")
    behaviour(site.index)
    found = site.resolve("shop\n").lock.get("cart")
    assert found is not None
    assert isinstance(found.origin, Wheel)
    assert (found.version, found.origin.sha256, found.required_by) == ("2.1", file.sha256, ("shop",))


def test_a_wheel_is_held_to_the_md5_that_an_index_tells(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    file = site.index.wheel("cart", "2.1")
    with_md5(site.index)
    file.stated_hash = "0" * 32
    with pytest.raises(ResolutionError, match=r"cart-2\.1-\S+ is not the file that the index tells of: its md5 is"):
        site.resolve("shop\n")


def test_metadata_is_asked_for_once(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    site.resolve("shop\n")
    before = [path for path in site.index.requests if "/files/" in path]
    site.resolve("shop\n")
    assert [path for path in site.index.requests if "/files/" in path] == before


@pytest.mark.parametrize("damage", [lambda _: b"", lambda content: content[:-5], lambda content: content + b"\nA: b"])
def test_damaged_metadata_in_the_cache_is_asked_for_again(site: Site, damage: Callable[[bytes], bytes]) -> None:
    site.index.wheel("shop", "1.0")
    site.resolve("shop\n")
    (kept,) = site.cache.rglob("*.metadata")
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    site.resolve("shop\n")
    assert kept.read_bytes() == whole


def in_the_url(site: Site) -> Mapping[str, str]:
    return {"UV_DEFAULT_INDEX": site.index.url_with_login}


def in_pips_variable(site: Site) -> Mapping[str, str]:
    return {"PIP_INDEX_URL": site.index.url_with_login}


def in_a_netrc(site: Site) -> Mapping[str, str]:
    netrc = site.cache.parent / "logins"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    return {"UV_DEFAULT_INDEX": site.index.url, "NETRC": str(netrc)}


@pytest.mark.parametrize("login", [in_the_url, in_pips_variable, in_a_netrc])
def test_an_index_that_asks_for_a_login_is_used_and_the_secret_stays_out(
    site: Site, login: Callable[[Site], Mapping[str, str]]
) -> None:
    site.index.login = ("me", "hunter2")
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "2.1")
    del site.env["UV_DEFAULT_INDEX"]
    site.env |= login(site)
    resolution = site.resolve("shop\n")
    assert {found.name for found in resolution.lock.distributions} == {"shop", "cart"}
    assert "hunter2" not in repr(resolution)


NAMED = {
    "uv": ('[[tool.uv.index]]\nname = "in-house"\nurl = "{url}"\n', "UV_INDEX_IN_HOUSE"),
    "uv's first": ('[[tool.uv.index]]\nname = "own"\nurl = "{url}"\ndefault = true\n', "UV_INDEX_OWN"),
    "Poetry": ('[[tool.poetry.source]]\nname = "own.one"\nurl = "{url}"\n', "UV_INDEX_OWN_ONE"),
}


def downloaded(http: Http, index: Index, file: IndexedFile) -> bytes:
    into = io.BytesIO()
    http.download(f"{index.url.removesuffix('/simple')}/files/{file.filename}", into)
    return into.getvalue()


@pytest.mark.parametrize("tool", NAMED)
def test_the_login_of_an_index_that_a_project_names_is_the_one_of_its_name(site: Site, tool: str) -> None:
    table, variable = NAMED[tool]
    with running_index() as other:
        other.login = ("me", "pass/word#1")
        file = other.wheel("secret", "1.0")
        site.env |= {f"{variable}_USERNAME": "me", f"{variable}_PASSWORD": "pass/word#1"}
        if "default" in table:
            del site.env["UV_DEFAULT_INDEX"]  # it would come before
        site.write("pyproject.toml", PROJECT.format("app", "1", '["secret"]') + table.format(url=other.url))
        changes: dict[str, Any] = {"requirements": ("pyproject.toml",), "index_options": IndexOptions.ALLOW}
        resolution = site.resolve(**changes)
        assert "pass" not in repr(resolution)
        http = Http(site.env, attempts=1)
        learn_logins_of(spec_of(ARM_312, **changes), site.root, site.env, http)
        assert downloaded(http, other, file) == file.content


@pytest.mark.parametrize("lock", ["uv.lock", "pylock.toml"])
def test_what_a_lock_took_from_an_index_of_its_project_is_fetched_with_the_login_of_that_name(
    site: Site, lock: str
) -> None:
    site.index.login = ("me", "hunter2")
    file = site.index.wheel("shop", "1.0")
    site.env |= {"UV_INDEX_OWN_USERNAME": "me", "UV_INDEX_OWN_PASSWORD": "hunter2"}
    table = f'[[tool.uv.index]]\nname = "own"\nexplicit = true\nurl = "{site.index.url}"\n'
    site.write("app/pyproject.toml", PROJECT.format("app", "1", '["shop"]') + table)
    site.write(f"app/{lock}", "")
    http = Http(site.env, attempts=1)
    learn_logins_of(spec_of(ARM_312, requirements=(f"app/{lock}",)), site.root, site.env, http)
    assert downloaded(http, site.index, file) == file.content


def test_a_login_in_the_address_of_a_named_index_counts_before_that_of_its_name(site: Site) -> None:
    site.index.login = ("me", "hunter2")
    site.index.wheel("shop", "1.0")
    del site.env["UV_DEFAULT_INDEX"]
    site.env |= {"UV_INDEX_OWN_PASSWORD": "another"}
    table = f'[[tool.uv.index]]\nname = "own"\nurl = "{site.index.url_with_login}"\ndefault = true\n'
    site.write("pyproject.toml", PROJECT.format("app", "1", '["shop"]') + table)
    changes: dict[str, Any] = {"requirements": ("pyproject.toml",), "index_options": IndexOptions.ALLOW}
    assert site.versions(**changes) == {"shop": "1.0"}


def test_a_refused_login_is_an_error_without_the_secret(site: Site) -> None:
    site.index.login = ("me", "hunter2")
    site.index.wheel("shop", "1.0")
    site.env["UV_DEFAULT_INDEX"] = f"http://me:wrong-secret@127.0.0.1:{site.index.port}/simple"
    with pytest.raises(ResolutionError) as caught:
        site.resolve("shop\n")
    assert "wrong-secret" not in str(caught.value)
    assert "Give the login in UV_DEFAULT_INDEX" in caught.value.hint


def test_a_refused_login_of_a_named_index_is_to_be_given_in_the_variables_of_its_name(site: Site) -> None:
    with running_index() as other:
        other.login = ("me", "hunter2")
        other.wheel("shop", "1.0")
        site.env |= {"UV_INDEX_IN_HOUSE_USERNAME": "me", "UV_INDEX_IN_HOUSE_PASSWORD": "wrong-secret"}
        table = f'[[tool.uv.index]]\nname = "in-house"\nurl = "{other.url}"\n'
        site.write("pyproject.toml", PROJECT.format("app", "1", '["shop"]') + table)
        with pytest.raises(ResolutionError) as caught:
            site.resolve(requirements=("pyproject.toml",), index_options=IndexOptions.ALLOW)
    assert "wrong-secret" not in str(caught.value)
    assert "Give the login in UV_INDEX_IN_HOUSE_USERNAME and UV_INDEX_IN_HOUSE_PASSWORD." in caught.value.hint


def test_a_password_that_nobody_encoded_is_not_shown(site: Site) -> None:
    site.env["UV_DEFAULT_INDEX"] = f"http://me:wrong/secret#of-mine@127.0.0.1:{site.index.port}/simple"
    with pytest.raises(ResolutionError) as caught:
        site.resolve("shop\n")
    assert "secret" not in str(caught.value)


def test_the_index_is_asked_once_where_many_versions_do_not_fit(site: Site) -> None:
    site.index.wheel("fast", "1.0", tags="cp311-cp311-manylinux_2_17_x86_64")
    for minor in range(30):
        site.index.wheel("fast", f"2.{minor}", tags="cp311-cp311-manylinux_2_28_x86_64")
    assert site.versions("fast\n", X86_311) == {"fast": "1.0"}
    assert site.index.requests.count("/simple/fast/") < 8


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("UV_DEFAULT_INDEX", "htp://me:hunter2@index.example/simple"),
        ("UV_DEFAULT_INDEX", "index.example/simple"),
        ("PIP_INDEX_URL", "ssh://index.example/simple"),
        ("UV_INDEX", "https://index.example/simple own=ftp://index.example/simple"),
        ("UV_INDEX_URL", "HTTPS://index.example/simple"),
        ("PIP_EXTRA_INDEX_URL", "https//index.example/simple"),
    ],
)
def test_an_index_that_cannot_be_asked_is_told_at_its_variable(site: Site, variable: str, address: str) -> None:
    site.index.wheel("shop", "1.0")
    site.env[variable] = address
    with pytest.raises(InputError, match=f"^{variable}: .* names an index that cannot be asked") as caught:
        site.resolve("shop\n")
    assert "hunter2" not in str(caught.value)
    assert "https://" in caught.value.hint


def test_an_index_may_be_a_folder_of_this_machine(site: Site) -> None:
    folder = site.root / "simple" / "shop"
    folder.mkdir(parents=True)
    file = site.index.wheel("shop", "1.0")
    (folder / file.filename).write_bytes(file.content)
    (folder / "index.html").write_text(f'<a href="{file.filename}#sha256={file.sha256}">{file.filename}</a>')
    site.env["UV_DEFAULT_INDEX"] = f"file://{folder.parent}"
    assert site.versions("shop\n") == {"shop": "1.0"}
    site.env["UV_DEFAULT_INDEX"] = str(folder.parent)
    assert site.versions("shop\n") == {"shop": "1.0"}


@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url", "--find-links"])
@pytest.mark.parametrize("value", ["htp://index.example/simple", "${WHERE}"])
def test_a_line_that_names_an_index_that_cannot_be_asked_is_refused(site: Site, option: str, value: str) -> None:
    site.env["WHERE"] = "htp://index.example/simple"
    with pytest.raises(ConfigError, match=r"^requirements\.txt:1: .*names? an index that cannot be asked"):
        site.resolve(f"{option} {value}\nshop\n", index_options=IndexOptions.ALLOW)


def test_an_index_that_is_not_needed_may_be_anything(site: Site) -> None:
    file = site.index.wheel("shop", "1.0")
    site.env["UV_DEFAULT_INDEX"] = "htp://index.example/simple"
    site.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "us"\n[[packages]]\nname = "shop"\nversion = "1.0"\n'
        f'[[packages.wheels]]\nname = "{file.filename}"\nurl = "{site.index.url}/../files/{file.filename}"\n'
        f'hashes = {{sha256 = "{file.sha256}"}}\n',
    )
    assert site.versions(requirements=("pylock.toml",)) == {"shop": "1.0"}
