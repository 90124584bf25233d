"""Builds that ask git: for a version, with the history of a git source, or for the files to pack."""

import zipfile
from pathlib import Path

import pytest

from layer_action.build.sources.history import may_fall_back, packs_by_git, stated_version
from layer_action.model.lock import Source, SourceKind
from tests.build.sources import BACKEND, BUILT_BY_IT, build, project
from tests.build.workshop import Site
from tests.standins.git_server import git, make_repository, serving

SCM = '[build-system]\nrequires = ["setuptools", "Setuptools_scm>=8"]\n'
DYNAMIC = '[project]\nname = "common"\ndynamic = ["version"]\n'
STATED = '[project]\nname = "common"\nversion = "1.0"\n'
TABLE = "[tool.setuptools_scm]\n"
FALLBACK = TABLE + 'fallback_version = "5"\n'


def asking(command: str) -> str:
    return BACKEND.replace(
        'return "pass"',
        f"import subprocess; return subprocess.check_output({command.split()!r}, text=True)"
        " + os.environ.get('SETUPTOOLS_SCM_PRETEND_VERSION', '')",
    )


def told(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read("common.py").decode().split()


def test_a_git_source_may_look_at_its_history_as_with_pip(site: Site, tmp_path: Path) -> None:
    site.index.wheel("setuptools-scm", "8.0")
    system = BUILT_BY_IT.replace("[]", '["setuptools-scm"]') + DYNAMIC + FALLBACK
    files = {"pyproject.toml": system, "backend.py": asking("git describe --tags")}
    make_repository(tmp_path / "hosted", files, tag="v1.2.3")
    git(tmp_path / "hosted", "commit", "--quiet", "--allow-empty", "-m", "more")
    commit = git(tmp_path / "hosted", "rev-parse", "HEAD")
    with serving(tmp_path / "hosted") as url:
        source = Source(kind=SourceKind.VCS, location=f"git+{url}", identity=f"commit:{commit}")
        assert told(build(site, source)) == [f"v1.2.3-1-g{commit[:7]}"]


def test_a_project_that_packs_what_git_tracks_has_that_without_what_is_ignored(site: Site) -> None:
    site.index.wheel("setuptools-scm", "8.0")
    git(site.root, "init", "--quiet")
    site.write(".gitignore", "*.env\n")
    site.write("libs/common/p/data.json", "{}")
    site.write("libs/common/p/secret.env", "")
    system = BUILT_BY_IT.replace("[]", '["setuptools-scm"]')
    packed = told(build(site, project(site, asking("git ls-files"), system + DYNAMIC + FALLBACK)))
    assert packed == ["backend.py", "p/data.json", "pyproject.toml", "5"]


@pytest.mark.parametrize(
    ("pyproject", "script", "packs"),
    [
        (SCM + STATED + TABLE, "", True),
        (SCM + DYNAMIC, "", True),
        (SCM + DYNAMIC + FALLBACK, "", True),
        (SCM, "setup(version='1')", True),
        (SCM + DYNAMIC + TABLE, "", False),
        (SCM.replace("scm", "scm[simple]") + DYNAMIC, "", False),
        (SCM, "setup(use_scm_version=True)", False),
        (STATED, "setup(setup_requires=['setuptools_scm>=8'])", True),
        (DYNAMIC, "setup(version='1', setup_requires=['setuptools-git'])", True),
        (STATED, "setup(setup_requires='setuptools-git-versioning')", False),
        (SCM.replace("Setuptools_scm>=8", "setuptools-git") + STATED, "", True),
        ('[build-system]\nrequires = ["setuptools", "no requirement"]\n' + STATED, "", False),
    ],
)
def test_git_is_asked_only_where_the_version_is_not_in_its_history(
    tmp_path: Path, pyproject: str, script: str, *, packs: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(pyproject)
    (tmp_path / "setup.py").write_text(script)
    assert packs_by_git(tmp_path) is packs
    assert stated_version(tmp_path) == ("5" if "fallback" in pyproject else "")


@pytest.mark.parametrize(
    ("pyproject", "script", "may"),
    [
        (SCM.replace("Setuptools_scm>=8", "setuptools-git-versioning") + DYNAMIC, "", True),
        (DYNAMIC, "setup(setup_requires=['setuptools_git_versioning<2'])", True),
        (DYNAMIC, "check_output(['git', 'describe', '--tags'])", True),
        (DYNAMIC, "os.popen('git describe --tags')", True),
        (DYNAMIC, "run(['git', 'rev-list', '--count', 'HEAD'])", True),
        (STATED, "check_output(['git', 'describe'])", False),
        (DYNAMIC, "os.system('git tag v{0}'.format(version)); os.system('git push --tags')", False),  # its own release
        (SCM + DYNAMIC, "", False),
    ],
)
def test_a_version_that_may_come_from_history_without_a_fuss_is_known_beforehand(
    tmp_path: Path, pyproject: str, script: str, *, may: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(pyproject)
    (tmp_path / "setup.py").write_text(script)
    assert may_fall_back(tmp_path) is may
