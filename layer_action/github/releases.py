"""GitHub Releases: draft, assets, publish. A half-made one is completed, whichever step the last run died at."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from github import Github
from github.GithubObject import NotSet

from layer_action.errors import GitHubError
from layer_action.formats.digest import sha256_of
from layer_action.github.cut import cut_markdown
from layer_action.github.refusals import RELEASE, RefusedError, translated
from layer_action.github.session import at_host

if TYPE_CHECKING:
    from github.GitRelease import GitRelease
    from github.GitReleaseAsset import GitReleaseAsset
    from github.Repository import Repository

    from layer_action.ports.repository import Release

BODY_LIMIT: Final = 125_000  # characters; above it GitHub answers 422
UPLOAD_TIMEOUT: Final = 300  # seconds without an answer
ATTEMPTS: Final = 3

_ALREADY: Final = "already_exists"  # the code in a 422
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")  # GitHub itself turns these into dots
_TYPES: Final = {
    ".zip": "application/zip",
    ".json": "application/json",
    ".toml": "application/toml",
    ".txt": "text/plain",
}


class GitHubReleases:
    """The Releases port."""

    def __init__(self, session: Github, repository: str, *, commit: str = "") -> None:
        """Release in `owner/name`. `commit` is what a tag that does not exist yet will point at."""
        self._session = session
        self._repository = repository
        self._commit = commit

    def tags(self) -> tuple[str, ...]:
        """Return the tags of all releases but drafts, the newest first. Raises GitHubError."""
        with translated(f"read the releases of {self._repository}", needs=RELEASE):
            found = self._session.get_repo(self._repository).get_releases()
            return tuple(release.tag_name for release in found if not release.draft)

    def publish(self, release: "Release") -> str:
        """Create (or complete) a release: draft, assets, publish; return its URL. Raises GitHubError."""
        assets = _named(release.assets)
        with translated(f"read the releases of {self._repository}", needs=RELEASE):
            # not lazily: a renamed repository answers reads with a redirect, but loses what is posted to its old name
            repository = self._session.get_repo(self._repository).complete()
        found = self._find(repository, release.tag) or self._draft(repository, release)
        try:
            return self._complete(found, release, assets)
        except RefusedError as error:
            if _ALREADY not in error.message:
                raise
        # another run has published this tag since we looked: complete that release, and drop our draft
        theirs = self._find(repository, release.tag)
        if theirs is None or theirs.id == found.id:
            raise GitHubError(f"GitHub says both that a release of {release.tag} exists and that none does.")
        self._drop(found)
        return self._complete(theirs, release, assets)

    def _complete(self, found: "GitRelease", release: "Release", assets: dict[str, Path]) -> str:
        present = self._assets(found)
        for name, path in assets.items():
            self._attach(found, name, path, present.get(name))
        return self._finish(found, release)

    def _drop(self, draft: "GitRelease") -> None:
        with translated(f"remove the draft {draft.tag_name}", needs=RELEASE):
            draft.delete_release()

    def _find(self, repository: "Repository", tag: str) -> "GitRelease | None":
        """Return the release of a tag: the published one, else the oldest draft (only listings show drafts)."""
        drafts = []
        with translated(f"read the releases of {self._repository}", needs=RELEASE):
            for release in repository.get_releases():
                if release.tag_name == tag and not release.draft:
                    return release
                if release.tag_name == tag:
                    drafts.append(release)
        return min(drafts, key=lambda draft: draft.id, default=None)

    def _draft(self, repository: "Repository", release: "Release") -> "GitRelease":
        try:
            return self._create(repository, release)
        except RefusedError as error:
            if not (error.is_ambiguous or _ALREADY in error.message):
                raise
            # the answer was lost, or another run was quicker: create again only if it is not there
            found = self._find(repository, release.tag)
            if found is None and not error.is_ambiguous:
                raise
        return found or self._create(repository, release)

    def _create(self, repository: "Repository", release: "Release") -> "GitRelease":
        with translated(f"create the release {release.tag}", needs=RELEASE):
            return repository.create_git_release(
                release.tag,
                name=release.title,
                message=_body(release),
                draft=True,
                prerelease=release.prerelease,
                make_latest="false",
                target_commitish=self._commit or NotSet,
            )

    def _attach(self, release: "GitRelease", name: str, path: Path, present: "GitReleaseAsset | None") -> None:
        """Make sure that the release has this file under this name; `present` is the asset that now has it."""
        for attempt in range(1, ATTEMPTS + 1):
            if present is not None and _is_same(present, path):
                return
            if release.immutable:
                raise GitHubError(
                    f"The release {release.tag_name} is immutable, and its asset {name} is missing or differs.",
                    hint="Release again under the next version: an immutable release never changes.",
                )
            try:
                if present is not None:
                    self._delete(present)
                self._upload(release, name, path)
            except RefusedError as error:
                # a lost upload leaves nothing, a broken asset, or a whole one: look again
                if attempt == ATTEMPTS or not (error.is_ambiguous or _ALREADY in error.message):
                    raise
                present = self._assets(release).get(name)
            else:
                return

    def _assets(self, release: "GitRelease") -> "dict[str, GitReleaseAsset]":
        with translated(f"read the assets of the release {release.tag_name}", needs=RELEASE):
            return {asset.name: asset for asset in release.get_assets()}

    def _delete(self, asset: "GitReleaseAsset") -> None:
        with translated(f"replace the asset {asset.name}", needs=RELEASE):
            asset.delete_asset()

    def _upload(self, release: "GitRelease", name: str, path: Path) -> None:
        address = urlsplit(release.upload_url.split("{?")[0])
        headers = {
            "Content-Type": _TYPES.get(path.suffix, "application/octet-stream"),
            "Content-Length": str(path.stat().st_size),
        }
        with ExitStack() as open_things, translated(f"upload the asset {name}", needs=RELEASE):
            file = open_things.enter_context(path.open("rb"))
            uploads = open_things.enter_context(
                at_host(self._session, f"{address.scheme}://{address.netloc}", timeout=UPLOAD_TIMEOUT)
            )
            uploads.requester.requestMemoryBlobAndCheck("POST", address.path, {"name": name}, headers, file)

    def _finish(self, release: "GitRelease", wanted: "Release") -> str:
        """Publish the draft; give a published one the title and notes that it lacks."""
        # notes that are out are not touched: the run that wrote them saw what moved, and somebody may have edited them
        body = _body(wanted) if release.draft or not release.body else release.body
        right = (release.name, release.body, release.prerelease) == (wanted.title, body, wanted.prerelease)
        if not release.draft and right:
            return str(release.html_url)
        with translated(f"publish the release {wanted.tag}", needs=RELEASE):
            published = release.update_release(
                wanted.title,
                body,
                draft=False,
                prerelease=wanted.prerelease,
                # `legacy` lets GitHub choose by date and version; a layer's own release never becomes the latest
                make_latest="legacy" if wanted.latest and not wanted.prerelease else "false",
            )
            return str(published.html_url)


def asset_name(file_name: str) -> str:
    """Return the name that GitHub gives an asset of that file name."""
    return _ODD.sub(".", file_name)


def _named(assets: tuple[Path, ...]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for path in assets:
        name = asset_name(path.name)
        if name in named:
            raise GitHubError(f"Two assets would be called {name}: {named[name]} and {path}.")
        if not path.is_file():
            raise GitHubError(f"The asset {path} does not exist.")
        named[name] = path
    return named


def _body(release: "Release") -> str:
    note = "Cut here: a release's notes hold 125 000 characters."
    return cut_markdown(release.body, BODY_LIMIT, note=note)


def _is_same(asset: "GitReleaseAsset", path: Path) -> bool:
    """Tell whether an asset is this very file. Without a digest (older servers) it is not known to be."""
    return (
        asset.state == "uploaded" and asset.size == path.stat().st_size and asset.digest == f"sha256:{sha256_of(path)}"
    )
