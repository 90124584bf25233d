"""Sources become wheels: built by an unprivileged user, without credentials, and never taken on trust."""

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from layer_action import certificates, process, strangers
from layer_action.build.asking.ignored import ignored, ignored_by_backend
from layer_action.build.asking.neighbours import neighbours
from layer_action.build.asking.project import is_project, read_pyproject_of
from layer_action.build.files.places import path_below
from layer_action.build.files.toml import table
from layer_action.build.files.tree import project_files, tree_hash
from layer_action.build.sources.built import BuiltWheels, check_built
from layer_action.build.sources.dynamic import check_files_of_dependencies
from layer_action.build.sources.failed import quoted, way_out
from layer_action.build.sources.history import commit_copy, packs_by_git, stated_version
from layer_action.build.sources.interpreter import Interpreter, any_python, python_for
from layer_action.build.sources.normal_form import normalised
from layer_action.build.sources.plain import is_plain
from layer_action.build.sources.remote import archive_of, clone
from layer_action.build.sources.unpacking import unpacked
from layer_action.build.sources.wanted import BuiltWheel, Wanted
from layer_action.build.sources.workplace import workplace
from layer_action.build.wheels.fit import fits
from layer_action.errors import BuildError, UnsafeWheelError
from layer_action.formats.digest import sha256_of
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.model.target import Target
from layer_action.record import replace

_TIMEOUT: Final = 600.0  # seconds for one build
_LAUNCHER: Final = Path(__file__).with_name("foreign") / "run_pip.py"
DEFAULT_INDEXES: Final = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
_EPOCH: Final = "315532800"  # 1980-01-01, the earliest date that a zip can tell
_VERSION: Final = "SETUPTOOLS_SCM_PRETEND_VERSION"
_WHEEL_ALONE: Final = ("--no-deps", "--no-cache-dir", "--ignore-requires-python")
# how backends that compile in a folder of a random name are told another; meson-python's older ones know no other word
_FOLDER_SETTINGS: Final = {"mesonpy": "builddir", "scikit_build_core.build": "build-dir"}


class SourceBuilder:
    """Builds wheels. `env` gives PATH, proxies and certificates, never index credentials; `cache` keeps Pythons."""

    def __init__(self, env: Mapping[str, str], http: Http, cache: Path) -> None:
        """Remember the settings."""
        self.env = env
        self._http = http
        self._cache = cache
        self.kept = BuiltWheels(cache)

    def wheel(self, source: Source, wanted: Wanted, *, root: Path, into: Path) -> BuiltWheel:
        """Return the wheel of a source: kept from before, or built, once for all who wait for it. Raises BuildError."""
        if known := self._known(source, wanted):
            return known
        with workplace(source.project) as folder:
            if known := self._known(source, wanted):
                return known
            built = self._build(source, wanted, folder, root=root, into=into)
            if not wanted.metadata_only:
                self.kept.keep(source, wanted, built)
            elif fits(built.path.name, wanted.target):
                with suppress(BuildError):  # a cache that can only be read
                    self.kept.keep(source, wanted, built)
            return built

    def build(self, source: Source, wanted: Wanted, *, root: Path, into: Path) -> BuiltWheel:
        """Build a source of the repository at `root` and return the wheel, below `into`. Raises BuildError."""
        with workplace(source.project) as folder:  # for all targets one: the place must make no wheel another
            return self._build(source, wanted, folder, root=root, into=into)

    def python_for(self, target: Target) -> Interpreter:
        """Return the Python that builds for a target what may look at it. Raises BuildError."""
        return python_for(target, self.env, self._cache)

    def _known(self, source: Source, wanted: Wanted) -> BuiltWheel | None:
        """Return the wheel that is kept; one that another Python built counts until the right one can be had."""
        built = self.kept.find(source, wanted)
        if built is None or built.python in ("", wanted.target.python) or not built.path.name.endswith("-any.whl"):
            return built  # what was compiled may come from another machine
        return built if built.python == self.python_for(wanted.target).version else None

    def _build(self, source: Source, wanted: Wanted, folder: Path, *, root: Path, into: Path) -> BuiltWheel:
        project = self._fetched(source, root, folder / "source")
        if source.subdirectory and project.is_dir():
            project = path_below(project.resolve(), project, source.subdirectory, None)
        with strangers.user_of_strangers() as user:
            built = self._run_pip(project, wanted, folder, source, user)
            check_built(built.path, wanted, source)
            into.mkdir(parents=True, exist_ok=True)
            known = neighbours(read_pyproject_of(project)) if source.kind is SourceKind.DIRECTORY else {}
            return replace(built, path=normalised(built.path, into, known))

    def _fetched(self, source: Source, root: Path, folder: Path) -> Path:
        match source.kind:
            case SourceKind.DIRECTORY:
                _copy_project(root / source.location, folder, root)
                if f"tree:{tree_hash(folder, root=folder)}" != source.identity:
                    raise BuildError(
                        f"{source.location} has changed since it was planned.",
                        hint="Plan again, or check out the files of the plan's commit.",
                    )
                _check_project(folder / source.subdirectory, source.location)
                check_files_of_dependencies(folder / source.subdirectory, source.location)
                if packs_by_git(folder / source.subdirectory):
                    without = ignored(root / source.location)
                    files = (file.relative for file in project_files(folder, root=folder))
                    commit_copy(folder, (path for path in files if path not in without), self.env)
                return folder
            case SourceKind.SDIST:
                return self._sdist(source, root, folder)
            case SourceKind.VCS:
                clone(source, folder, self.env, self._http, for_build=True)
                return folder

    def _sdist(self, source: Source, root: Path, folder: Path) -> Path:
        folder.mkdir()
        path = archive_of(source.location, root, folder, self._http)
        if path.parent != folder:
            path = Path(shutil.copyfile(path, folder / path.name))
        if f"sha256:{sha256_of(path)}" != source.identity:
            raise UnsafeWheelError(
                f"{path.name} is not the file that was locked: its sha256 is {sha256_of(path)}.",
                hint="Find out who changed it before you lock it again.",
            )
        return path

    def _run_pip(self, project: Path, wanted: Wanted, folder: Path, source: Source, user: int) -> BuiltWheel:
        out, home = folder / "wheels", folder / "home"
        for each in (out, home):
            each.mkdir()
        env = _environment(self.env, home) | _trusted(self.env, folder)
        if source.kind is SourceKind.DIRECTORY and packs_by_git(project) and (version := stated_version(project)):
            env[_VERSION] = version
        launcher = str(shutil.copy(_LAUNCHER, folder))
        strangers.give_away(folder, user)
        if project.is_file():
            project = unpacked(project, source.subdirectory, self.env, user)
        plain = project.is_dir() and is_plain(project)
        python = any_python(wanted.target, self.env) if plain else self.python_for(wanted.target)
        pip: list[str | Path] = [*python.running(launcher), "--disable-pip-version-check", "--no-input"]
        pip += ["wheel", *_WHEEL_ALONE]
        pip += [*_where_to_compile(project, folder), "--wheel-dir", out]
        try:
            done = process.run(
                [*pip, _for_pip(project, source.subdirectory)],
                env=env,
                cwd=home,
                timeout=_TIMEOUT,
                unprivileged=True,
                user=user,
            )
        except subprocess.TimeoutExpired as error:
            raise BuildError(
                f"Building {wanted.name} took longer than {_TIMEOUT:.0f} seconds.",
                hint="Ask for a version with wheels, or build it elsewhere: `build` with a `cache-dir`, and bring its "
                "folder `built`.",
            ) from error
        built = sorted(path for path in out.glob("*.whl") if path.is_file() and not path.is_symlink())
        if done.code != 0 or len(built) != 1:
            said = (done.stderr or done.stdout).replace(f"{folder}/", "")  # a place that is gone, and never the same
            raise BuildError(f"{wanted.name} could not be built from source:\n{quoted(said)}", hint=way_out(said))
        return BuiltWheel(path=built[0], python="" if plain else python.version)


def _for_pip(project: Path, subdirectory: str) -> Path | str:
    """Return what pip is to build: an archive that was not unpacked it unpacks itself, and finds a folder in it."""
    is_whole = project.is_dir() or not subdirectory
    return project if is_whole else f"{project.as_uri()}#subdirectory={quote(subdirectory)}"


def _where_to_compile(project: Path, folder: Path) -> tuple[str, ...]:
    """Return the option for a backend that would compile in a folder of a random name, which some write into files."""
    backend = table(read_pyproject_of(project), "build-system").get("build-backend")
    setting = _FOLDER_SETTINGS.get(str(backend))
    return (f"--config-settings={setting}={folder / 'objects'}",) if setting else ()


def _check_project(folder: Path, location: str) -> None:
    if not is_project(folder):
        raise BuildError(
            f"{location} holds no project: neither pyproject.toml nor setup.py.",
            hint="If it is a submodule, or left out by a sparse checkout, check it out "
            "(actions/checkout: `submodules: true`, `sparse-checkout`).",
        )


def _copy_project(project: Path, folder: Path, root: Path) -> None:
    """Copy what the tree hash counts, with fixed modes: what is not in the identity cannot be in the wheel."""
    folder.mkdir()
    for file in project_files(project, root=root, without=ignored_by_backend(project, root)):
        place = folder / file.relative
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, place)
        place.chmod(0o755 if file.executable else 0o644)


def index_for_builds(env: Mapping[str, str]) -> str:
    """Return the default index where that needs no login: it serves what builds ask for too. "" where there is none."""
    urls = (env.get(name, "") for name in DEFAULT_INDEXES)
    return next((url for url in urls if url and "@" not in urlsplit(url).netloc), "")


def _environment(env: Mapping[str, str], home: Path) -> dict[str, str]:
    chosen = process.network_environment(env) | {"HOME": str(home), "TMPDIR": str(home)}
    if url := index_for_builds(env):
        chosen["PIP_INDEX_URL"] = url
    if any(env.get(name) not in (None, "", "0", "false") for name in ("PIP_NO_INDEX", "UV_OFFLINE", "UV_NO_INDEX")):
        chosen["PIP_NO_INDEX"] = "1"
    # rustup's `cargo` finds its toolchain there; what cargo keeps of logins is below another folder
    rust = Path(env.get("RUSTUP_HOME") or Path(env.get("HOME", "/"), ".rustup"))
    if rust.is_dir():
        chosen["RUSTUP_HOME"] = str(rust)
    return chosen | {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_USE_PEP517": "1",  # what an old pip would do only where it is asked
        "SOURCE_DATE_EPOCH": _EPOCH,
        "PYTHONHASHSEED": "0",
        # debug symbols hold the folder of the build, and fill a layer
        "CFLAGS": "-g0",
        "CXXFLAGS": "-g0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _trusted(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Copy the authorities to where the unprivileged user may read them; they are no secret."""
    file = certificates.authorities(env)
    if not file:
        return {}
    try:
        copy = shutil.copyfile(file, folder / "authorities.pem")
        copy.chmod(0o644)
    except OSError as error:
        raise BuildError(
            f"The certificates in {file} cannot be read: {error.strerror}.",
            hint=f"Check {', '.join(certificates.AUTHORITIES)}.",
        ) from error
    return certificates.for_pip(str(copy))
