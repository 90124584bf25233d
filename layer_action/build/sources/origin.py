"""What must be built before it can be installed: projects of this repository, allowed sdists, allowed commits.

uv never sees source code. For each source it gets a wheel that holds METADATA and nothing else: so it runs no code, and
never looks on an index for a name that the repository owns.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote, urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename

from layer_action.build.asking.asked import Asked
from layer_action.build.asking.project import static_metadata
from layer_action.build.asking.projects import local_identity
from layer_action.build.asking.requires_python import stated_by, without_python
from layer_action.build.sources.wanted import Wanted
from layer_action.build.uv import Uv
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.fit import fits
from layer_action.build.wheels.metadata import MetadataReader, keep, metadata_text, parse_metadata, remembered
from layer_action.build.wheels.offered import offered, taken
from layer_action.errors import (
    BuildError,
    ConfigError,
    LayerActionError,
    Location,
    ResolutionError,
    concerning,
    raise_all,
)
from layer_action.formats.digest import sha256_of
from layer_action.formats.pylock import without_credentials
from layer_action.http import Http
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Source, SourceKind, Wheel
from layer_action.model.target import Target
from layer_action.record import record, replace

_LOCAL: Final = "local"
_WHEEL: Final = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@record
class Origin:
    """Where a distribution comes from, if from no index, and what it says of itself. `file` is what uv gets of it."""

    origin: Source | Wheel
    metadata: Metadata
    file: Path

    @property
    def url(self) -> str:
        """The `file:` URL of the wheel that uv gets."""
        return f"file://{quote(str(self.file))}"


@record
class Tools:
    """What a resolve asks: the index through uv and http. `cache` is a folder that runs may share."""

    env: Mapping[str, str]
    http: Http
    cache: Path

    @property
    def uv(self) -> Uv:
        """The program that resolves."""
        return Uv(self.env, self.cache / "uv")

    @property
    def hasty_reader(self) -> MetadataReader:
        """The same, for what can be done without: it soon gives up."""
        return MetadataReader(self.http.hasty(), self.cache)

    @property
    def reader(self) -> MetadataReader:
        """What tells the needs of wheels."""
        return MetadataReader(self.http, self.cache)


class Origins:
    """Finds out what sources are, building them only where nothing else tells. `folder` holds the wheels for uv."""

    def __init__(self, tools: Tools, *, root: Path, folder: Path) -> None:
        """Remember the settings of one resolve. `root` must be resolved."""
        self._env = tools.env
        self._http = tools.http
        self._cache = tools.cache
        self._reader = tools.reader
        self.root = root
        self._folder = folder

    def of(self, asked: Asked, spec: LayerSpec, target: Target, before: Source | None = None) -> Origin | None:
        """Return the origin of what a line asks for; None for what an index or an URL of a wheel gives.

        A commit that was locked `before` stays where the line asks for what named it still. Raises ConfigError where
        the config does not allow the build, ResolutionError, BuildError.
        """
        _require_fit(asked.place, target)
        if asked.path.endswith(".whl"):
            return self._wheel_file(asked)
        source = self._source(asked, spec, before)
        if source is None:
            return None
        wanted = Wanted(name=asked.name, version="", target=target)
        try:
            metadata = self.metadata(source, wanted)
        except BuildError as error:
            if source == before:
                error.hint += f"\nThe commit that was locked before is kept: `upgrade: {asked.name}` moves on."
            raise
        if asked.path:
            raise_all(without_python(stated_by(asked, metadata, self.root), target))
            metadata = replace(metadata, requires_python="")  # uv would hold it to the first patch level
        return self._origin(source, metadata, wanted)

    def of_source(self, source: Source, wanted: Wanted) -> Origin:
        """Return the origin of a source that may be built. Raises BuildError."""
        return self._origin(source, self.metadata(source, wanted), wanted)

    def needing(self, origin: Origin, requires: tuple[str, ...]) -> Origin:
        """Return an origin that tells uv to need something else."""
        if requires == origin.metadata.requires:
            return origin
        metadata = replace(origin.metadata, requires=requires)
        return replace(origin, metadata=metadata, file=self._stub(metadata, origin.file.name))

    def _origin(self, source: Source, metadata: Metadata, wanted: Wanted) -> Origin:
        if metadata.name != wanted.name:
            raise BuildError(
                f"{source.location} is {metadata.name}, but {wanted.name} was asked for.",
                hint=f"Write `{metadata.name}` in the requirement, or another place.",
            )
        return Origin(origin=source, metadata=metadata, file=self._stub(metadata))

    def metadata(self, source: Source, wanted: Wanted) -> Metadata:
        """Return a source's metadata: kept, static, or that of the wheel that it builds. Raises BuildError."""
        static = self._reader.kept(source.filename)
        # what a build says may be true of one Python alone
        built = self._reader.kept(f"{source.filename}-{wanted.target.python}")
        for kept in (static, built):
            with suppress(OSError, BuildError):  # not there, or damaged
                return parse_metadata(remembered(kept))
        if stated := self._static(source):
            keep(static, metadata_text(stated))
            return stated
        found = self._built(source, wanted)
        if not found.told_by:
            keep(built, metadata_text(found))
        return found

    def _source(self, asked: Asked, spec: LayerSpec, before: Source | None) -> Source | None:
        url = asked.requirement.url or ""
        require_permission_of(asked, spec)
        if asked.path:
            path = self.root / asked.path
            kind = SourceKind.DIRECTORY if path.is_dir() else SourceKind.SDIST
            return Source(kind=kind, location=asked.path, identity=local_identity(path, root=self.root))
        if not url or urlsplit(url).path.endswith(".whl"):
            return None
        if url.startswith("git+"):
            from layer_action.build.sources.remote import git_source  # noqa: PLC0415 - few layers hold sources

            return git_source(url, self._env, self._http, before)
        return self._remote_sdist(url)

    def _wheel_file(self, asked: Asked) -> Origin:
        path = self.root / asked.path
        wheel = Wheel(
            filename=path.name, sha256=sha256_of(path), size=path.stat().st_size, url=f"file://{quote(str(path))}"
        )
        metadata = self._reader.read(wheel)
        return Origin(origin=wheel, metadata=metadata, file=self._stub(metadata, path.name))  # uv reads fewer zips

    def _remote_sdist(self, url: str) -> Source:
        from layer_action.build.sources.remote import archive_of, subdirectory_in  # noqa: PLC0415 - few layers hold sources

        with TemporaryDirectory(prefix="lambda-layer-") as name:
            path = archive_of(url, self.root, Path(name), self._http)
            return Source(
                kind=SourceKind.SDIST,
                location=without_credentials(url),
                identity=f"sha256:{sha256_of(path)}",
                subdirectory=subdirectory_in(url),
            )

    def _static(self, source: Source) -> Metadata | None:
        """Return metadata that can be read without running anything."""
        if source.kind is SourceKind.DIRECTORY:
            return static_metadata(self.root / source.location / source.subdirectory)
        from layer_action.build.sources.remote import archive_of, clone, sdist_metadata  # noqa: PLC0415 - as above

        with TemporaryDirectory(prefix="lambda-layer-") as name:
            folder = Path(name)
            if source.kind is SourceKind.VCS:
                clone(source, folder / "source", self._env, self._http)
                return static_metadata(folder / "source" / source.subdirectory)
            if source.subdirectory:
                return None
            return sdist_metadata(archive_of(source.location, self.root, folder, self._http))

    def _built(self, source: Source, wanted: Wanted) -> Metadata:
        from layer_action.build.sources.source import SourceBuilder  # noqa: PLC0415 - few layers hold sources

        with TemporaryDirectory(prefix="lambda-layer-") as name:
            anywhere = replace(wanted, metadata_only=True)
            builder = SourceBuilder(self._env, self._http, self._cache)
            built = builder.wheel(source, anywhere, root=self.root, into=Path(name))
            # not `read`: a built wheel is no file of the index, and its hash means nothing
            metadata = self._reader.read_file(built.path)
        told_by = built.python if built.python != wanted.target.python else ""
        return replace(metadata, name=canonicalize_name(metadata.name), told_by=told_by)

    def _stub(self, metadata: Metadata, filename: str = "") -> Path:
        import zipfile  # noqa: PLC0415 - few layers hold sources

        stem = f"{metadata.name.replace('-', '_')}-{metadata.version}"
        path = self._folder / (filename or f"{stem}-py3-none-any.whl")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{stem}.dist-info/METADATA", metadata_text(metadata))
            archive.writestr(f"{stem}.dist-info/WHEEL", _WHEEL)
            archive.writestr(f"{stem}.dist-info/RECORD", "")
        return path


def _require_fit(place: str, target: Target) -> None:
    """Raise ResolutionError for a wheel, named by its place, that a target does not load: uv would blame the index."""
    filename = place.rpartition("/")[2]
    if not filename.endswith(".whl") or fits(filename, target):
        return
    tags = offered(map(str, parse_wheel_filename(filename)[3]))
    raise ResolutionError(f"{filename} does not fit {target}: it is for {tags}.", hint=taken(target))


def may_build(spec: LayerSpec, name: str, *, local: bool) -> bool:
    """Tell whether the config lets a source be built: by default projects of the repository, else names, or none."""
    allowed = spec.build_from_source
    if isinstance(allowed, str):
        return local and allowed == _LOCAL
    return name in {canonicalize_name(each) for each in allowed} or (local and _LOCAL in allowed)


def require_permission_of(asked: Asked, spec: LayerSpec) -> None:
    """Raise ConfigError where what a line asks for is a source that must not be built."""
    if asked.is_source:
        require_permission(spec, asked.name, asked.location, local=bool(asked.path))


def require_permission(spec: LayerSpec, name: str, location: Location | None, *, local: bool) -> None:
    """Raise ConfigError where a source must not be built."""
    if may_build(spec, name, local=local):
        return
    error = ConfigError(
        f"{name} would have to be built from source, and `build-from-source` does not allow it.",
        location=location,
        hint=f"Building runs its code. If you trust it, write `{allowing(spec, name)}`.",
    )
    raise concerning(error, name)


def allowing_together(problems: Sequence[LayerActionError], spec: LayerSpec) -> Sequence[LayerActionError]:
    """Let each error whose one way out is a permission name all that want one: they share one line of the config."""

    def its(problem: LayerActionError) -> str:
        return allowing(spec, problem.distribution)

    wanting = [each for each in problems if each.distribution and its(each) in each.hint and "\n" not in each.hint]
    all_of_them = allowing(spec, *dict.fromkeys(each.distribution for each in wanting))
    for each in wanting:
        each.hint = each.hint.replace(its(each), all_of_them)
    return problems


def allowing(spec: LayerSpec, *names: str) -> str:
    """Return the line of the config that lets sources be built, and what may be built already."""
    allowed = spec.build_from_source
    before = [allowed] if isinstance(allowed, str) else list(allowed)
    return f"build-from-source: [{', '.join([*(each for each in before if each != 'none'), *names])}]"
