"""Requirement files of every form, read into one `Asking`; all problems at once, each with its line."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import STRONG, Asking, LockFile
from layer_action.build.asking.filling import IndexOptionError, check_index, may_be_address
from layer_action.build.asking.foreign import check_kind
from layer_action.build.asking.index_option import FIND_LINKS, IndexOption
from layer_action.build.asking.indexes import project_indexes, uv_toml_indexes
from layer_action.build.asking.lines import Line, logical_lines, parse_line, text_of
from layer_action.build.asking.pyproject import read_pyproject
from layer_action.build.asking.settings import (
    locks_of,
    read_uv_toml,
    unheeded_beside,
    unheeded_of_uv_toml,
    uv_toml,
)
from layer_action.build.asking.statement import read_statement
from layer_action.build.files.places import CORRECT_URL, path_below, relative
from layer_action.errors import ConfigError, LayerActionError, Location, raise_all
from layer_action.model.layer import LOCK, IndexOptions, LayerSpec
from layer_action.record import replace

_INDEX: Final = frozenset({"--index-url", "--extra-index-url", FIND_LINKS, "--no-index", "--trusted-host"})
_NAMING: Final = (_INDEX - {"--no-index"}) | {"--requirement", "--constraint", "--editable", "--no-binary"}
_ALL: Final = ":all:"
# true of every layer anyway: wheels only
_WITHOUT_EFFECT: Final = frozenset({"--prefer-binary", "--only-binary", "--use-feature"})


def read_requirements(spec: LayerSpec, root: Path) -> Asking:
    """Read all requirement files of a layer. Raises ConfigError for one problem, Problems for several."""
    asking, problems = read_what_can_be(spec, root)
    raise_all(problems)
    return asking


def read_what_can_be(spec: LayerSpec, root: Path) -> tuple[Asking, list[LayerActionError]]:
    """Return what the requirement files of a layer ask for, as far as it can be read, and all that cannot."""
    reader = _Reader(spec, root.resolve())
    for name in spec.requirements:
        reader.read_file(name, spec.location("requirements"))
    reader.check_choices()
    return reader.asking, reader.problems


class _Reader:
    """Walks nested files; keeps what is asked and what is wrong."""

    def __init__(self, spec: LayerSpec, root: Path) -> None:
        self.asking = Asking()
        self.problems: list[LayerActionError] = []
        self._spec = spec
        self._root = root
        self._open: list[Path] = []
        self._uv_tomls: set[Path] = set()
        self._constrains = False

    def read_file(self, name: str, asked_at: Location | None) -> None:
        """Read a file named by the config, relative to the root."""
        with self._keeping_problems():
            self._read(self._root, name, asked_at)

    def check_choices(self) -> None:
        """Extras and groups belong to a project or a lock: for other files they would do nothing, silently."""
        for key, chosen in (("extras", self._spec.extras), ("groups", self._spec.groups)):
            if chosen and not any(name.endswith((".toml", ".lock")) for name in self._spec.requirements):
                self.problems.append(
                    ConfigError(
                        f"`{key}` needs a pyproject.toml or a lock among the requirements of {self._spec.name}.",
                        location=self._spec.location(key),
                        hint=f"Remove `{key}`; in a requirements file, write `name[extra]`.",
                    )
                )

    @contextmanager
    def _keeping_problems(self) -> Iterator[None]:
        """Keep a problem, so that the next line is read too."""
        try:
            yield
        except LayerActionError as problem:
            self.problems.append(problem)

    def _read(self, folder: Path, name: str, asked_at: Location | None) -> None:
        path = path_below(self._root, folder, name, asked_at)
        if path.is_dir():
            raise ConfigError(f"{name} is a folder.", location=asked_at, hint="Name a requirements file in it.")
        if not path.is_file():
            raise ConfigError(
                f"The requirements file {name} does not exist.",
                location=asked_at,
                hint="Write its path relative to the repository's root."
                if folder == self._root
                else f"A path after -r or -c is relative to the folder of {asked_at.file if asked_at else 'its file'}.",
            )
        location = Location(relative(self._root, path))
        check_kind(path, asked_at, constrains=self._constrains)
        if LOCK.fullmatch(path.name):
            self.asking.locks.append(LockFile(path=location.file, location=asked_at))
            self.asking.unheeded.extend(unheeded_beside(path, self._root))
        elif path.suffix == ".toml":
            text = text_of(path, self._root)
            project = read_pyproject(text, location.file, self._root, self._spec)
            self.asking.requirements.extend(project.requirements)
            self.asking.constraints.extend(project.constraints)
            self.asking.overrides.extend(project.overrides)
            self.asking.excludes.extend(project.excludes)
            self.asking.requires_python.extend(project.requires_python)
            self.asking.unheeded.extend((*project.unheeded, *locks_of(path.parent, self._root)))
            self.asking.projects.update({project.name: location.file} if project.name else {})
            self.asking.prereleases |= project.prereleases
            self.problems.extend(project.problems)
            self._settings(path, project_indexes(path.parent, self._root))
            self._heed_uv_toml(path.parent)
        else:
            self._read_text(path, location)
            self._heed_uv_toml(path.parent)

    def _settings(self, path: Path, indexes: Iterable[IndexOption]) -> None:
        for option in indexes:
            with self._keeping_problems():
                self._index_option(option, path, f"An index of {option.location.file.rpartition('/')[2]}")

    def _heed_uv_toml(self, folder: Path) -> None:
        file = uv_toml(folder, self._root)
        if file and file not in self._uv_tomls:
            self._uv_tomls.add(file)
            with self._keeping_problems():
                found = read_uv_toml(file, self._root)
                self._settings(file, uv_toml_indexes(found))
                self.asking.unheeded.extend(unheeded_of_uv_toml(found, self._root))

    def _read_text(self, path: Path, location: Location) -> None:
        text = text_of(path, self._root)
        self._open.append(path)
        for number, joined in logical_lines(text):
            here = Location(location.file, number)
            with self._keeping_problems():
                self._read_line(number, joined, path, here)
        self._open.pop()

    def _read_line(self, number: int, joined: str, path: Path, here: Location) -> None:
        try:
            line = parse_line(number, joined)
        except ValueError as error:
            raise ConfigError(
                f"This line cannot be read: {error}.", location=here, hint="Close its quotes, or remove them."
            ) from error
        if line.text:
            self._add(line.text, line, path, here)
            return
        for name, value in line.options:
            self._obey(name, value, path, here)

    def _add(self, text: str, line: Line, path: Path, here: Location) -> None:
        wrong = [name for name, _ in line.options if name not in ("--hash", "--config-settings")]
        if wrong:
            hint = "Write `--hash=sha256:` and its 64 digits." if wrong[0].startswith("--hash") else "Remove it."
            raise ConfigError(f"{wrong[0]} is not known after a requirement.", location=here, hint=hint)
        hashes = _hashes(line, here)
        asked = read_statement(text, root=self._root, folder=path.parent, here=here, hashes=hashes)
        if asked.is_source and any(name == "--config-settings" for name, _ in line.options):
            raise ConfigError(
                "--config-settings is not passed on to a build.",
                location=here,
                hint="Write the setting into the project's pyproject.toml, for its build backend.",
            )
        if hashes:
            self.asking.hashed_at = self.asking.hashed_at or here
        (self.asking.constraints if self._constrains else self.asking.requirements).append(asked)

    def _obey(self, name: str, value: str, path: Path, here: Location) -> None:
        if not value and name in _NAMING:
            raise ConfigError(f"{name} names nothing.", location=here, hint="Write what it is about, or remove it.")
        match name:
            case "--requirement":
                self._follow(value, path, here)
            case "--constraint":
                before, self._constrains = self._constrains, True
                with self._keeping_problems():
                    self._follow(value, path, here)
                self._constrains = before
            case "--editable":
                self._add(value, Line(number=here.line or 1, text=value), path, here)
            case "--pre":
                self.asking.prereleases = True
            case "--require-hashes" | "--no-require-hashes":
                self._hash_option(name, here)
            case "--no-binary" if value != ":none:":
                raise self._no_binary(value, here)
            case _ if name in _INDEX:
                self._index_option(IndexOption(name=name, value=value, location=here), path, name)
            case _ if name not in _WITHOUT_EFFECT and name != "--no-binary":
                raise ConfigError(f"{name} is not an option that we know.", location=here, hint="Remove it.")

    def _no_binary(self, value: str, here: Location) -> ConfigError:
        built = self._spec.build_from_source
        allowed = [] if isinstance(built, str) else map(canonicalize_name, built)
        if {canonicalize_name(name) for name in value.split(",")}.issubset(allowed):
            hint = "Remove the line: `build-from-source` in the layer's config allows that where there is no wheel."
        else:
            named = "NAME" if value == _ALL else value
            hint = f"If that is wanted, write `build-from-source: [{named}]` in the layer's config instead."
        return ConfigError(f"--no-binary {value} would build from source, and run its code.", location=here, hint=hint)

    def _hash_option(self, name: str, here: Location) -> None:
        if name == "--require-hashes":
            self.asking.hashes_required_at, other = here, self.asking.hashes_optional_at
        else:
            self.asking.hashes_optional_at, other = here, self.asking.hashes_required_at
        if other:
            raise ConfigError(f"{name} contradicts {other}.", location=here, hint="Remove one of these lines.")

    def _index_option(self, option: IndexOption, path: Path, told: str) -> None:
        name, value, here = option.name, option.value, option.location
        if self._spec.index_options is IndexOptions.REFUSE:
            raise IndexOptionError(
                f"{told} changes where packages come from.",
                location=here,
                hint="Set the index by UV_DEFAULT_INDEX or PIP_INDEX_URL in the workflow, or write "
                "`index-options: allow` in the layer's config.",
            )
        if not may_be_address(value):
            raise IndexOptionError(f"{name} names an URL that is none.", location=here, hint=CORRECT_URL)
        if name == FIND_LINKS and "://" not in value and not value.startswith(("/", "file:")):
            folder = path.parent if (path.parent / value).exists() else self._root
            value = relative(self._root, path_below(self._root, folder, value, here))
        elif "${" not in value:
            check_index(name, value, here)
        self.asking.index_options.append(replace(option, value=value))

    def _follow(self, name: str, path: Path, here: Location) -> None:
        if "://" in name:
            raise ConfigError(
                "Requirements are not read from an URL.",
                location=here,
                hint="Keep a copy of the file in the repository.",
            )
        target = path_below(self._root, path.parent, name, here)
        if target in self._open:
            circle = [*self._open[self._open.index(target) :], target]
            raise ConfigError(
                f"Files include one another: {' → '.join(relative(self._root, each) for each in circle)}.",
                location=here,
                hint="Remove one of these -r or -c lines.",
            )
        self._read(path.parent, name, here)


def _hashes(line: Line, here: Location) -> frozenset[str]:
    """Return the hashes that a line's options demand. Raises ConfigError where pip takes none of them."""
    hashes = frozenset(value.lower() for name, value in line.options if name == "--hash")
    if "" in hashes:
        raise ConfigError(
            "--hash names nothing.", location=here, hint="Write `--hash=sha256:` and 64 digits, or remove it."
        )
    if hashes and not any(STRONG.fullmatch(each) for each in hashes):
        raise ConfigError(
            f"No hash of this line is a sha256, sha384 or sha512: {min(hashes)}.",
            location=here,
            hint="A layer is known by the sha256 of its wheels: lock again with `--hash=sha256:…`.",
        )
    return hashes
