"""What git says of a project's files: ignored ones that its backend leaves out, tracked ones that look made."""

import zipfile
from pathlib import Path

import pytest

from layer_action.build.asking.ignored import ignored, ignored_by_backend
from layer_action.build.asking.projects import local_identity
from layer_action.build.sources.failed import way_out
from layer_action.build.sources.noticed import beside, without_history
from layer_action.errors import BuildError
from layer_action.model.lock import LockedDistribution, Source, SourceKind
from layer_action.model.target import Target
from layer_action.record import replace
from tests.build.sources import BACKEND, build, layer_of
from tests.build.test_built import HERE
from tests.build.test_several_pythons import build_layer
from tests.build.workshop import Site
from tests.standins.git_server import git

LISTS = 'return repr(sorted(os.listdir("p")))'
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"a" * 64)


def commit(site: Site, backend: str = "hatchling.build", more: str = "", **files: str) -> Path:
    """Commit a project whose backend is ours under that name; the repository ignores *.env, and gen."""
    git(site.root, "init", "--quiet")
    site.write(".gitignore", "*.env\ngen/\n")
    system = f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\nbackend-path = ["."]\n'
    site.write("libs/common/pyproject.toml", system + more)
    module = backend.replace(".", "/")
    site.write(f"libs/common/{module}.py", BACKEND.replace('return "pass"', LISTS))
    site.write("libs/common/p/__init__.py", "")
    for path, text in files.items():
        site.write(f"libs/common/p/{path}", text)
    git(site.root, "add", "--all", "--force")
    git(site.root, "commit", "--quiet", "-m", "all")
    return site.root / "libs/common"


def source(site: Site, folder: Path) -> Source:
    identity = local_identity(folder, root=site.root)
    return Source(kind=SourceKind.DIRECTORY, location="libs/common", identity=identity)


def test_what_git_ignores_is_no_source_to_a_backend_that_heeds_it(site: Site) -> None:
    folder = commit(site)
    before = local_identity(folder, root=site.root)
    site.write("libs/common/p/secret.env", "KEY=1")
    site.write("libs/common/p/gen/made.py", "")
    assert local_identity(folder, root=site.root) == before
    with zipfile.ZipFile(build(site, source(site, folder))) as archive:
        assert archive.read("common.py") == b"['__init__.py']"


@pytest.mark.parametrize(
    "said",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'source/p/secret.env'",
        "ValueError: A second file is being added to the wheel archive at the same path: `p/gen/made.py`.",
    ],
)
def test_a_build_by_hatchling_that_misses_what_git_ignores_tells_the_way_out(said: str) -> None:
    trace = 'File "home/overlay/site-packages/hatchling/builders/wheel.py", line 529, in build_standard\n'
    assert "name it in `artifacts` of [tool.hatch.build]" in way_out(trace + said)
    assert "artifacts" not in way_out(said)


def test_a_git_that_does_not_answer_is_not_taken_for_one_that_ignores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("layer_action.build.asking.ignored._TIMEOUT", 0.1)
    with pytest.raises(BuildError, match="git has not listed the files"):
        ignored(tmp_path)


@pytest.mark.parametrize("backend", ["[]", "{}", "1"])
def test_a_backend_that_is_none_leaves_nothing_out(site: Site, backend: str) -> None:
    site.write("libs/common/pyproject.toml", f"[build-system]\nbuild-backend = {backend}\n")
    assert ignored_by_backend(site.root / "libs/common", site.root).paths == frozenset()


def test_a_build_by_poetry_that_misses_what_git_ignores_tells_the_way_out() -> None:
    said = 'File "poetry/core/masonry/utils/include.py"\nValueError: p/*.py does not contain any element'
    assert '`include = [{path = "…", format = "wheel"}]`' in way_out(said)


@pytest.mark.parametrize(("backend", "counts"), [("hatchling.build", False), ("poetry.core.masonry.api", True)])
def test_to_hatchling_it_is_none_even_if_git_tracks_it(site: Site, backend: str, *, counts: bool) -> None:
    folder = commit(site, backend, **{"known.env": ""})
    assert ("p/known.env" in ignored_by_backend(folder, site.root)) is not counts


def test_hatchling_reads_the_nearest_list_alone_and_also_without_a_checkout(site: Site) -> None:
    folder = commit(site)
    (site.root / ".git").rename(site.root.parent / "elsewhere")
    assert "p/x.env" not in ignored_by_backend(folder, site.root)
    site.write("libs/common/p/x.env", "")
    assert "p/x.env" in ignored_by_backend(folder, site.root)
    site.write("libs/common/.gitignore", "/p/y.env")
    site.write("libs/common/p/y.env", "")
    assert "p/x.env" not in ignored_by_backend(folder, site.root)
    assert "p/y.env" in ignored_by_backend(folder, site.root)


def test_it_is_to_others(site: Site) -> None:
    folder = commit(site, "setuptools.build_meta")
    before = local_identity(folder, root=site.root)
    site.write("libs/common/p/gen/made.py", "")
    assert local_identity(folder, root=site.root) != before


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("", []),
        ("[tool.hatch.build]\nignore-vcs = true\n", ["p/secret.env", "p/gen/made.py"]),
        ('[tool.hatch.build]\nartifacts = ["*.env"]\n', ["p/secret.env"]),
        ('[tool.hatch.build.targets.wheel.force-include]\n"p/gen" = "p/gen"\n', ["p/gen/made.py"]),
        ('[tool.hatch.build]\nartifacts = ["gen"]\n', ["p/gen/made.py"]),
        ('[tool.hatch.build]\nartifacts = ["/gen"]\n', []),
    ],
)
def test_what_a_project_wants_all_the_same_is(site: Site, more: str, kept: list[str]) -> None:
    folder = commit(site, more=more)
    site.write("libs/common/p/secret.env", "")
    site.write("libs/common/p/gen/made.py", "")
    ignored = ignored_by_backend(folder, site.root)
    assert [path for path in ("p/secret.env", "p/gen/made.py") if path not in ignored] == kept


FOR_WHEELS = '{{path = "{}", format = ["sdist", "wheel"]}}'


@pytest.mark.parametrize(
    ("requires", "include", "kept"),
    [
        ("poetry-core", FOR_WHEELS.format("p/gen/*.py"), ["p/gen/made.py"]),
        ("poetry-core>=1", '{path = "p/**/*.env", format = "wheel"}', ["p/secret.env"]),
        ("poetry-core>=2,<3", FOR_WHEELS.format("p/gen"), ["p/gen/made.py"]),
        ("poetry-core==2.1.3", f'{FOR_WHEELS.format("p/gen")}, "/etc"', ["p/gen/made.py"]),
        ("poetry-core", '"p/gen/**/*", {path = "p/*.env"}', []),  # for source distributions alone
        ("poetry-core", '{path = "p/gen/*.py", format = "sdist"}', []),
        ("poetry-core>=1,<2.0.0", '{path = "p/**/*.env"}, "p/gen/**/*"', ["p/secret.env", "p/gen/made.py"]),
        ("poetry_core==1.9.1", '{path = "p/gen/*.py", format = "sdist"}', []),
        ("poetry-core~=1.0", FOR_WHEELS.format("p/gen"), []),  # it names folders in vain
    ],
)
def test_what_poetry_is_told_to_include_is_where_it_is_for_wheels(
    site: Site, requires: str, include: str, kept: list[str]
) -> None:
    folder = commit(site, "poetry.core.masonry.api", f"[tool.poetry]\ninclude = [{include}]\n")
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("requires = []", f'requires = ["{requires}"]'))
    site.write("libs/common/p/secret.env", "")
    site.write("libs/common/p/gen/made.py", "")
    ignored = ignored_by_backend(folder, site.root)
    assert [path for path in ("p/secret.env", "p/gen/made.py") if path not in ignored] == kept


def test_a_project_that_is_in_no_checkout_is_taken_as_it_is(site: Site) -> None:
    folder = commit(site, "poetry.core.masonry.api")
    site.write("libs/common/p/secret.env", "")
    (site.root / ".git").rename(site.root.parent / "elsewhere")
    assert "p/secret.env" not in ignored_by_backend(folder, site.root)


def findings(site: Site, folder: Path, target: Target = HERE) -> dict[str, str]:
    artifact = build_layer(site, layer_of(source(site, folder), "common", "0.1", target))
    return {each.check: each.message for each in artifact.findings}


def test_a_version_that_only_history_knows_is_told(tmp_path: Path) -> None:
    source = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity="tree:0")
    found = LockedDistribution(name="common", version="0+unknown", origin=source)
    assert [each.check for each in without_history(found, source, tmp_path)] == ["version-unknown"]
    found = replace(found, version="1.0")
    assert without_history(found, source, tmp_path) == []
    script = tmp_path / "libs/common/setup.py"
    script.parent.mkdir(parents=True)
    script.write_text("os.popen('git describe')")
    assert [each.check for each in without_history(found, source, tmp_path)] == ["version-unknown"]


@pytest.mark.parametrize(
    ("script", "is_told"),
    [
        ("open(Path(__file__).parent.parent / 'VERSION')", True),
        ("sys.path.insert(0, os.path.join(HERE, '..'))", True),
        ("os.chdir(os.path.normpath(os.path.join(os.path.abspath(__file__), os.pardir)))", False),  # its own folder
    ],
)
def test_a_setup_that_may_look_beside_its_project_is_told(tmp_path: Path, script: str, *, is_told: bool) -> None:
    (tmp_path / "setup.py").write_text(script)
    source = Source(kind=SourceKind.DIRECTORY, location=".", identity="tree:0")
    found = LockedDistribution(name="common", version="1.0", origin=source)
    assert bool(beside(found, source, tmp_path)) is is_told


def test_tracked_files_that_look_made_pointers_of_lfs_and_a_setup_that_looks_elsewhere_are_told(site: Site) -> None:
    folder = commit(
        site, **{"node_modules/x.js": "", "y.pyc": "", "__pycache__/a.pyc": "", ".idea/z.xml": "", "big.bin": ""}
    )
    (folder / "libs").mkdir()
    site.write("libs/common/setup.py", "open('../VERSION')")
    backend = folder / "hatchling/build.py"
    backend.write_text(backend.read_text().replace('common.py", report()', f'big.bin", {POINTER!r}'))
    assert findings(site, folder) == {
        "taken-for-leftovers": "common 0.1 is built without files that git tracks: p/node_modules/x.js, p/y.pyc.",
        "reads-beside": "common 0.1 speaks in its setup.py of what lies beside it: no build sees that.",
        "pointer-of-lfs": "common 0.1 holds pointers of Git LFS, not the files: big.bin.",
    }
