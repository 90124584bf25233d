"""Looking at what an index has beside uv's answer: to find what fits, and to say why nothing does."""

from typing import Final
from urllib.parse import urlsplit

from packaging.pylock import Package
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from layer_action.build.asking.asked import Asked, Asking
from layer_action.build.resolving.releases import Releases, read_releases
from layer_action.build.uv import Question, Uv, glibc_for
from layer_action.build.wheels.select import Misfit
from layer_action.errors import LayerActionError, ResolutionError, located
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.model.target import Target

_OLDEST_PYTHON: Final = "3.7"
_OPERATORS: Final = frozenset("=<>!~")


class Looking:
    """Asks for one name at a time, on behalf of one target; each page is read once."""

    def __init__(self, uv: Uv, http: Http, asking: Asking, target: Target) -> None:
        """Remember whom to ask."""
        self._uv = uv
        self._http = http
        self._asking = asking
        self._target = target
        self._pages: dict[str, Releases | None] = {}

    def releases(self, name: str, pin: str = "") -> Releases | None:
        """Return all releases of a name; None where its index does not tell.

        `pin` is a version that it has: uv finds what is withdrawn only if it is pinned.
        """
        if name not in self._pages:
            index = self._index(name, pin)
            self._pages[name] = read_releases(self._http, index, name) if index else None
        return self._pages[name]

    def _index(self, name: str, pin: str) -> str:
        """Return the address of the index that has a name, even if only for other platforms or older Pythons."""
        for asked in (name, f"{name}=={pin}") if pin else (name,):
            for python in (self._target.python, _OLDEST_PYTHON):
                try:
                    if index := self._uv.indexes(self._question(asked, anywhere=python)).get(name):
                        return index
                except ResolutionError:
                    continue
        return ""

    def told(self, misfit: Misfit) -> Misfit:
        """Return the version that is meant and the tags of all its wheels, as far as the index tells them.

        uv itself passes over wheels for other systems as if there were none.
        """
        found = self.releases(misfit.name)
        version = self._meant(misfit, found) if found else None
        if not found or not version:
            return misfit
        return Misfit(name=misfit.name, version=str(version), tags=found.tags(version))

    def withdrawn(self, misfit: Misfit) -> list[Version]:
        """Return the versions that would do, had their authors not withdrawn all of them."""
        is_exact = misfit.version[:1] not in _OPERATORS
        found = self.releases(misfit.name, pin=misfit.version if is_exact else "")
        try:
            named = SpecifierSet(f"=={misfit.version}" if is_exact else misfit.version)
        except InvalidSpecifier:
            named = SpecifierSet()  # uv's proof speaks of no version
        return found.withdrawn(self._allowed(misfit.name) & named, self._target) if found else []

    def unreadable_urls(self) -> list[LayerActionError]:
        """Return why each direct URL of a wheel that cannot be read cannot: uv tells of one of them."""
        http, problems = self._http.hasty(), []
        for one in self._asking.requirements:
            url = one.requirement.url or ""
            if one.applies_to(self._target) and urlsplit(url).path.endswith(".whl"):
                try:
                    http.ranged(url).close()
                except LayerActionError as problem:
                    problems.append(located(problem, one.location))
        return problems

    def sdist(self, name: str) -> Source | None:
        """Return the source code of the newest version that the lines allow; None if there is none."""
        try:
            packages = self._uv.compile(self._question(name, *self._lines(name))).lock.packages
        except ResolutionError:
            return None
        package = next((package for package in packages if package.name == name), None)
        return _sdist_of(package) if package else None

    def _meant(self, misfit: Misfit, found: Releases) -> Version | None:
        """Return the newest version that the lines allow: where many are open, uv may speak of any of them."""
        asked = self._asked(misfit.name)
        newest = max(self._allowed(misfit.name).filter(found.admitting(self._target)), default=None)
        try:
            named = Version(misfit.version)
        except InvalidVersion:
            return newest
        return newest or named if asked else named

    def _allowed(self, name: str) -> SpecifierSet:
        allowed = SpecifierSet()
        for one in self._asked(name):
            allowed &= one.requirement.specifier
        return allowed

    def _asked(self, name: str) -> list[Asked]:
        asked = (*self._asking.requirements, *self._asking.constraints)
        return [one for one in asked if one.name == name and one.applies_to(self._target)]

    def _lines(self, name: str) -> list[str]:
        return [
            f"{one.name} @ {one.requirement.url}" if one.requirement.url else f"{one.name}{one.requirement.specifier}"
            for one in self._asked(name)
        ]

    def _question(self, *requirements: str, anywhere: str = "") -> Question:
        return Question(
            requirements=requirements,
            target=self._target,
            glibc=glibc_for(self._target),
            index_options=self._asking.index_lines(),
            dependencies=False,
            sources=True,
            anywhere=anywhere,
        )


def _sdist_of(package: Package) -> Source | None:
    if package.sdist is None or package.sdist.url is None:
        return None
    sha256 = package.sdist.hashes.get("sha256", "")
    return Source(kind=SourceKind.SDIST, location=package.sdist.url, identity=f"sha256:{sha256}")
