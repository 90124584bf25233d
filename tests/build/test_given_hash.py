"""Wheels by URL, and the hash that the line gives."""

import shutil
from pathlib import Path

import pytest

from layer_action.build.asking.requirements import read_requirements
from layer_action.build.resolving.given_hash import unlike_their_hash
from layer_action.build.sources.origin import Tools
from layer_action.errors import LayerActionError, Location, Problems, each_of
from layer_action.http import Http
from layer_action.model.lock import LockedDistribution, Wheel
from tests.build.workshop import ARM_312, Site, spec_of
from tests.fakes import RecordingConsole

WRONG = "a" * 64


def line(site: Site, name: str, sha256: str = "") -> str:
    """Publish a wheel; return a line that names it by its URL, with its own hash or another."""
    file = site.index.wheel(name, "1.0")
    return f"{name} @ http://127.0.0.1:{site.index.port}/files/{file.filename}#sha256={sha256 or file.sha256}\n"


def refusal(site: Site, text: str) -> LayerActionError:
    with pytest.raises(LayerActionError) as caught:
        site.resolve(text)
    return caught.value


def test_a_wheel_that_is_not_what_its_url_says_is_told_on_its_line_before_anything_is_built(site: Site) -> None:
    error = refusal(site, "# by hand\n" + line(site, "shop", WRONG))
    (file,) = site.index.files["shop"]
    assert error.location == Location("requirements.txt", 2)
    assert f"its sha256 is {file.sha256}, the lock says {WRONG}" in error.message
    assert error.hint == f"If you trust the file, write `#sha256={file.sha256}` in the URL."


def test_all_wheels_that_are_not_what_their_urls_say_are_told(site: Site) -> None:
    error = refusal(site, line(site, "shop", WRONG) + line(site, "cart") + line(site, "till", WRONG))
    assert isinstance(error, Problems)
    assert [each.location and each.location.line for each in each_of(error)] == [1, 3]


def test_a_wheel_that_is_what_its_url_says_is_fetched_once(site: Site) -> None:
    text = line(site, "shop")
    site.resolve(text)
    site.index.requests.clear()
    assert site.versions(text) == {"shop": "1.0"}
    assert not any(path.endswith(".whl") for path in site.index.requests)


def test_where_nothing_can_be_kept_no_wheel_is_at_fault(site: Site) -> None:
    site.resolve(line(site, "cart"))
    (folder,) = site.cache.glob("wheels-*")
    shutil.rmtree(folder)
    folder.write_text("no folder")
    assert site.versions(line(site, "shop")) == {"shop": "1.0"}


def test_of_large_wheels_nothing_is_fetched_to_be_looked_at(site: Site, tmp_path: Path) -> None:
    site.write("requirements.txt", line(site, "shop", WRONG))
    asked = read_requirements(spec_of(ARM_312), site.root).requirements
    url = str(asked[0].requirement.url)
    wheel = Wheel(filename="shop-1.0-py3-none-any.whl", sha256=WRONG, url=url.partition("#")[0])
    locked = {"shop": LockedDistribution(name="shop", version="1.0", origin=wheel)}
    tools = Tools(env=site.env, http=Http(site.env, attempts=1), cache=tmp_path / "cache")
    assert len(unlike_their_hash(asked, locked, tools, RecordingConsole())) == 1
    assert unlike_their_hash(asked, locked, tools, RecordingConsole(), most=100) == []
