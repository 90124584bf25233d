"""Files that a lock names: on a server, or at a path of the repository, by a sha256 or another hash."""

import hashlib
import io
from pathlib import Path

import pytest

from layer_action.build.asking.logins import learn_logins_of
from layer_action.errors import ConfigError, DownloadError, Location, ResolutionError
from layer_action.http import Http
from layer_action.model.lock import Source, Wheel
from tests.build.workshop import ARM_312, Site, spec_of
from tests.standins.index import IndexedFile, make_sdist
from tests.standins.wheels import make_wheel

LOCK = ("layers/web/pylock.toml",)
SDIST = make_sdist("docs", "1.0", {"setup.py": "raise SystemExit('it was run')\n"})
WHEEL = IndexedFile(filename="docs-1.0-py3-none-any.whl", content=make_wheel("docs", "1.0", {"docs.py": ""}))
ARCHIVE = "archive = {{path = {path!r}, hashes = {{sha256 = {file.sha256!r}}}}}\n"
AN_SDIST = "sdist = {{path = {path!r}, hashes = {{sha256 = {file.sha256!r}}}}}\n"
A_WHEEL = "wheels = [{{path = {path!r}, hashes = {{sha256 = {file.sha256!r}}}}}]\n"
KINDS = [(ARCHIVE, SDIST), (AN_SDIST, SDIST), (ARCHIVE, WHEEL), (A_WHEEL, WHEEL)]
IDS = ["an archive of source code", "an sdist", "an archive that is a wheel", "a wheel"]


def locked(site: Site, form: str, file: IndexedFile, path: str) -> Wheel | Source:
    """Write a lock in a folder of its own that names a file by its path; return what it comes to."""
    package = form.format(path=path, file=file)
    head = 'lock-version = "1.0"\ncreated-by = "hand"\n[[packages]]\nname = "docs"\nversion = "1.0"\n'
    site.write(LOCK[0], head + package)
    found = site.resolve(requirements=LOCK, build_from_source=("docs",)).lock.get("docs")
    assert found is not None
    return found.origin


def write(site: Site, path: str, file: IndexedFile) -> Path:
    place = site.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(file.content)
    return place


@pytest.mark.parametrize(("form", "file"), KINDS, ids=IDS)
def test_a_path_in_a_lock_counts_from_the_lock(site: Site, form: str, file: IndexedFile) -> None:
    place = write(site, f"layers/files/{file.filename}", file)
    origin = locked(site, form, file, f"../files/{file.filename}")
    if isinstance(origin, Wheel):
        assert origin.url == place.as_uri()
    else:
        assert origin.location == f"layers/files/{file.filename}"


@pytest.mark.parametrize(("form", "file"), KINDS, ids=IDS)
def test_a_path_in_a_lock_stays_inside_of_the_repository(site: Site, form: str, file: IndexedFile) -> None:
    (site.root.parent / file.filename).write_bytes(file.content)
    with pytest.raises(ConfigError, match="lies outside of the repository") as caught:
        locked(site, form, file, f"../../../{file.filename}")
    assert caught.value.location == Location(LOCK[0], 4)


@pytest.mark.parametrize(("form", "file"), KINDS, ids=IDS)
def test_a_file_that_is_not_there_is_told_where_the_lock_names_it(site: Site, form: str, file: IndexedFile) -> None:
    with pytest.raises(ConfigError, match=rf"The file files/{file.filename} of docs does not exist\.") as caught:
        locked(site, form, file, f"files/{file.filename}")
    assert caught.value.location == Location(LOCK[0], 4)


AT_AN_ADDRESS = {
    "source code": ("sdist = {{url = {path!r}, hashes = {{sha256 = {file.sha256!r}}}}}\n", SDIST),
    "a wheel": ("wheels = [{{url = {path!r}, hashes = {{sha256 = {file.sha256!r}}}}}]\n", WHEEL),
}


@pytest.mark.parametrize("kind", AT_AN_ADDRESS)
def test_a_login_in_an_address_of_a_lock_serves_its_file_and_stays_out_of_the_layers(site: Site, kind: str) -> None:
    form, file = AT_AN_ADDRESS[kind]
    site.index.add(file)
    site.index.login = ("me", "hunter2")
    url = f"http://me:hunter2@127.0.0.1:{site.index.port}/files/{file.filename}"
    assert "hunter2" not in repr(locked(site, form, file, url))
    http = Http(site.env, attempts=1)
    learn_logins_of(spec_of(ARM_312, requirements=LOCK), site.root, site.env, http)
    into = io.BytesIO()
    http.download(url.replace("me:hunter2@", ""), into)
    assert into.getvalue() == file.content


OTHERWISE = {
    "a wheel": ("wheels = [{{url = {path!r}, hashes = {{{file}}}}}]\n", WHEEL),
    "an sdist": ("sdist = {{url = {path!r}, hashes = {{{file}}}}}\n", SDIST),
    "an archive": ("archive = {{url = {path!r}, hashes = {{{file}}}}}\n", SDIST),
    "a wheel of the repository": ("wheels = [{{path = {path!r}, hashes = {{{file}}}}}]\n", WHEEL),
    "an sdist of the repository": ("sdist = {{path = {path!r}, hashes = {{{file}}}}}\n", SDIST),
}


def by_other_hash(site: Site, kind: str, hashes: dict[str, str]) -> Wheel | Source:
    form, file = OTHERWISE[kind]
    site.index.add(file)
    write(site, f"layers/web/{file.filename}", file)
    address = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    path = file.filename if "path =" in form else address
    return locked(
        site, form.replace("{file}", ", ".join(f"{name} = '{value}'" for name, value in hashes.items())), file, path
    )


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
@pytest.mark.parametrize("kind", OTHERWISE)
def test_a_file_of_which_a_lock_tells_another_hash_is_compared_with_it(site: Site, kind: str, algorithm: str) -> None:
    _, file = OTHERWISE[kind]
    right = hashlib.new(algorithm, file.content).hexdigest()
    origin = by_other_hash(site, kind, {"md5": "0" * 32, algorithm: right})
    assert (origin.sha256 if isinstance(origin, Wheel) else origin.identity.removeprefix("sha256:")) == file.sha256
    with pytest.raises(ResolutionError, match=f"is not the file that was locked: its {algorithm} is {right}") as caught:
        by_other_hash(site, kind, {algorithm: hashlib.new(algorithm, b"another").hexdigest()})
    assert caught.value.location == Location(LOCK[0], 4)


def test_a_file_that_was_compared_once_is_not_fetched_for_that_again(site: Site) -> None:
    for _ in range(2):
        by_other_hash(site, "a wheel", {"sha512": hashlib.sha512(WHEEL.content).hexdigest()})
    assert site.index.requests.count(f"/files/{WHEEL.filename}") == 1


@pytest.mark.parametrize("kind", OTHERWISE)
@pytest.mark.parametrize("hashes", [{"md5": "0" * 32}, {"sha512": "0" * 64}])
def test_a_file_without_a_strong_hash_is_refused_where_the_lock_names_it(
    site: Site, kind: str, hashes: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match=r"has no sha256, sha384 or sha512 in layers/web/pylock\.toml") as caught:
        by_other_hash(site, kind, hashes)
    assert caught.value.location == Location(LOCK[0], 4)


@pytest.mark.parametrize("url", ["docs-1.0.tar.gz", "caf\u00e9;[", "http://127.0.0.1:9", "http://127.0.0.1:9/.."])
def test_an_address_that_leads_to_no_file_ends_in_a_sentence(site: Site, url: str) -> None:
    with pytest.raises((ConfigError, DownloadError)) as caught:
        locked(site, f"archive = {{{{url = {{path!r}}, hashes = {{{{sha512 = '{'0' * 128}'}}}}}}}}\n", SDIST, url)
    assert caught.value.location == Location(LOCK[0], 4)
