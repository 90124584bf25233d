"""Looking at what an index has beside uv's answer: to find what fits, and to say why nothing does."""

from typing import Final

from packaging.pylock import Package
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from layer_action.build.asked import Asked, Asking
from layer_action.build.releases import Releases, read_releases
from layer_action.build.select import Misfit
from layer_action.build.uv import Question, Uv
from layer_action.errors import ResolutionError
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.model.target import Target

_OLDEST_PYTHON: Final = "3.7"


class Looking:
    """Asks for one name at a time, on behalf of one target; each page is read once."""

    def __init__(self, uv: Uv, http: Http, asking: Asking, target: Target) -> None:
        """Remember whom to ask."""
        self._uv = uv
        self._http = http
        self._asking = asking
        self._target = target
        self._pages: dict[str, Releases | None] = {}

    def releases(self, name: str) -> Releases | None:
        """Return all releases of a name; None where its index does not tell."""
        if name not in self._pages:
            index = self._index(name)
            self._pages[name] = read_releases(self._http, index, name) if index else None
        return self._pages[name]

    def _index(self, name: str) -> str:
        """Return the address of the index that has a name, even if only for other platforms or older Pythons."""
        for python in (self._target.python, _OLDEST_PYTHON):
            try:
                if index := self._uv.indexes(self._question(name, anywhere=python)).get(name):
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
        allowed = SpecifierSet()
        asked = self._asked(misfit.name)
        for one in asked:
            allowed &= one.requirement.specifier
        newest = max(allowed.filter(found.admitting(self._target)), default=None)
        try:
            named = Version(misfit.version)
        except InvalidVersion:
            return newest
        return newest or named if asked else named

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
            glibc=self._target.glibc if self._target.glibc >= (2, 34) else (2, 28),
            index_options=self._asking.index_lines(),
            dependencies=False,
            sources=True,
            anywhere=anywhere,
        )


def _sdist_of(package: Package) -> Source | None:
    if package.sdist is None or package.sdist.url is None:
        return None
    sha256 = package.sdist.hashes.get("sha256", "")
    return Source(
        kind=SourceKind.SDIST, location=package.sdist.url, identity=f"sha256:{sha256}", size=package.sdist.size
    )
