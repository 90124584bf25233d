"""The Python that builds a source: the target's own, fetched where it must be, and never silently another."""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action import strangers
from layer_action.build.pythons import fetched, python_of
from layer_action.build.sources.interpreter import any_python, python_for
from layer_action.build.sources.origin import Origins, Tools
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import BuildError
from layer_action.http import Http
from layer_action.model.layer import Finding, Severity
from layer_action.model.target import Architecture, Target
from tests.build.sources import BACKEND, layer_of, project
from tests.build.test_several_pythons import SAYS, build_layer
from tests.build.workshop import Site

TARGET = Target(runtime="python3.14", architecture=Architecture.X86_64)  # no machine that tests this has it
MACHINE = os.uname().machine
CHECK = "built-by-another-python"
NEEDS = BACKEND.replace('"Requires-Dist: cart"', "'Requires-Dist: for-' + os.environ.get('MADE_BY', 'none')")


@pytest.fixture(name="site")
def site_with_a_cache_that_others_may_enter(site: Site) -> Iterator[Site]:
    with strangers.folder_of_strangers() as folder:
        folder.chmod(0o755)
        site.cache = folder / "cache"
        site.cache.mkdir()
        yield site


def offer(site: Site, folder: Path) -> None:
    """Let uv have a Python to fetch: an archive of the form that it knows."""
    folder.mkdir()
    archive = folder / "python.tar.gz"
    program = SAYS.format(TARGET.python, any_python(TARGET, site.env).pip[0])
    with tarfile.open(archive, "w:gz") as tar:
        for path, text in {f"bin/{TARGET.runtime}": program, f"lib/{TARGET.runtime}/_sysconfigdata_.py": ""}.items():
            member = tarfile.TarInfo(f"python/{path}")
            member.size, member.mode = len(text), 0o755
            tar.addfile(member, io.BytesIO(text.encode()))
    major, minor = TARGET.python_version
    entry = {"name": "cpython", "arch": {"family": MACHINE, "variant": None}, "os": "linux", "libc": "gnu"}
    entry |= {"major": major, "minor": minor, "patch": 1, "prerelease": "", "variant": None}
    entry |= {"url": archive.as_uri(), "sha256": None, "build": "20261130"}
    listing = folder / "pythons.json"
    listing.write_text(json.dumps({f"cpython-{TARGET.python}.1-linux-{MACHINE}-gnu": entry}))
    site.env |= {"UV_PYTHON_DOWNLOADS": "manual", "UV_PYTHON_DOWNLOADS_JSON_URL": listing.as_uri()}


def told(site: Site) -> list[Finding]:
    content = layer_of(project(site), "common", "0.1", TARGET)
    return [each for each in build_layer(site, content).findings if each.check == CHECK]


def test_another_python_is_told_also_when_its_wheel_was_kept_until_uv_has_fetched_the_right_one(
    site: Site, tmp_path: Path
) -> None:
    for _ in range(2):
        [finding] = told(site)
        assert finding.severity is Severity.WARNING
        assert finding.message.startswith("common 0.1 is built by Python 3.")
        assert finding.message.endswith(" for python3.14, and its build may look at that.")
    offer(site, tmp_path / "offer")
    assert told(site) == []


def test_what_another_python_says_of_needs_is_asked_again_once_the_right_one_is_there(
    site: Site, tmp_path: Path
) -> None:
    source = project(site, NEEDS)

    def metadata() -> tuple[tuple[str, ...], str]:
        tools = Tools(env=site.env, http=Http(site.env, attempts=1), cache=site.cache)
        origins = Origins(tools, root=site.root, folder=site.cache)
        found = origins.metadata(source, Wanted(name="common", version="", target=TARGET))
        return found.requires, found.told_by

    assert metadata() == (("for-none",), any_python(TARGET, site.env).version)
    offer(site, tmp_path / "offer")
    assert metadata() == metadata() == (("for-3.14",), "")


def test_another_python_is_told_by_the_lock_where_it_says_what_is_needed(site: Site) -> None:
    project(site)
    site.index.wheel("cart", "1.0")
    [finding] = site.resolve("./libs/common\n", TARGET).findings
    assert (finding.check, str(finding.location)) == (CHECK, "requirements.txt:1")


def test_a_python_is_fetched_once_to_where_the_unprivileged_user_may_run_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(site, tmp_path / "offer")
    monkeypatch.setattr(tempfile, "tempdir", str(site.cache))
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert python_for(TARGET, site.env, private).version == "3.14"
    (tmp_path / "offer/python.tar.gz").unlink()
    assert python_for(TARGET, site.env | {"LANG": "C"}, private).version == "3.14"


def test_a_python_that_cannot_be_fetched_is_not_asked_for_in_each_run(site: Site, tmp_path: Path) -> None:
    offer(site, tmp_path / "offer")
    archive = tmp_path / "offer/python.tar.gz"
    elsewhere = archive.rename(tmp_path / "python.tar.gz")
    assert fetched(TARGET, site.env, site.cache) == []
    elsewhere.rename(archive)
    later = site.env | {"LANGUAGE": "another run"}
    assert fetched(TARGET, later, site.cache) == []
    (failed,) = (site.cache / "pythons").glob(".3.14*")
    os.utime(failed, (0, 0))
    assert [Path(path).name for path in fetched(TARGET, later, site.cache)] == ["python3.14"]


def test_no_python_comes_from_where_a_file_of_the_checkout_says(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(site, tmp_path / "offer")
    listing = site.env.pop("UV_PYTHON_DOWNLOADS_JSON_URL")
    (site.root / "uv.toml").write_text(f"python-downloads-json-url = '{listing}'\n")
    site.env["UV_OFFLINE"] = "1"
    monkeypatch.chdir(site.root)
    assert python_for(TARGET, site.env, site.cache).version != TARGET.python
    with pytest.raises(BuildError, match=r"takes a Python 3\.14"):
        python_of(TARGET, site.env, unprivileged=False)
