"""`pin-files`: after a publication, one pull request that raises the layers' ARNs in the repository's own files."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.decide.pin_files import PinnedPlace, raise_pins
from layer_action.errors import ConfigError, GitHubError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerArn, LayerSpec, LayerVersion
from layer_action.model.plan import FailedLayer, NoLongerDeclared, Outcome, Plan, PublishLayer, Superseded, Unchanged
from layer_action.model.proposal import Proposal
from layer_action.ports.services import Services, Unavailable

BRANCH: Final = "lambda-layer-action/pin-files"
FILE_LIMIT: Final = 2_000_000  # bytes; templates are far smaller, what is larger is something else
_ROWS: Final = 300  # of the table, so that the body stays below GitHub's 65 536 characters


def propose_pins(services: Services, plan: Plan, outcome: Outcome, *, base: str, environment: str = "") -> str:
    """Open, update or close the pull request that raises pins; return its URL, "" when there is none to open.

    `base` is the branch it is for. Every layer with `pin-files` is looked at, not only the published ones: the pull
    request holds all that is not merged yet. Raises ConfigError for a glob, GitHubError; AWS work stays done.
    """
    specs = {spec.name: spec for spec in _specs(plan) if spec.publication.pin_files}
    if not specs:
        return ""
    if isinstance(services.pull_requests, Unavailable):
        services.console.warning(f"No pull request raises the pins in files: {services.pull_requests.reason}.")
        return ""
    branch = f"{BRANCH}-{environment}" if environment else BRANCH
    files, places = _raised(services, specs.values(), newest_versions(plan, outcome))
    if not places:
        closed = services.pull_requests.withdraw(branch, base=base)
        if not isinstance(closed, Unknown):
            services.console.info(f"Closed, because no pin is behind any more: {closed}")
        return ""
    root, head = services.repository.root, services.repository.head()
    if not head:
        raise GitHubError(
            "The pull request for `pin-files` could not be written: it is not known which commit is checked out.",
            hint="Let the checkout step make a git checkout: without git on the runner it only unpacks files.",
        )
    url = services.pull_requests.propose(
        Proposal(
            branch=branch,
            base=base,
            commit=head,
            title=_title(places, environment),
            body=_body(places),
            files=files,
            executable=frozenset(path for path in files if os.access(root / path, os.X_OK)),
        )
    )
    services.console.info(f"Pins raised in {len(files)} files: {url}")
    return url


def newest_versions(plan: Plan, outcome: Outcome) -> dict[str, tuple[LayerVersion, ...]]:
    """Return what pins of each spec should say: of each layer and region the newest version, never a pre-release.

    A layer that was to be published and was not counts with the version before.
    """
    published = {(version.arn.region, version.arn.name): version for version in outcome.published}
    newest: dict[str, tuple[LayerVersion, ...]] = {}
    for operation in plan.layers:
        match operation:
            case PublishLayer(spec=spec, content=content, region=region, previous=previous):
                new = published.get((region, content.layer_name))
                found = new if new and _is_final(new) else previous
            case Unchanged(spec=spec, current=current) | Superseded(spec=spec, current=current):
                found = current
            case _:
                continue
        if found and _is_final(found):
            newest[spec.name] = (*newest.get(spec.name, ()), found)
    return newest


def _is_final(version: LayerVersion) -> bool:
    return version.published is not None and version.published.version.prerelease is None


def _specs(plan: Plan) -> Iterator[LayerSpec]:
    for operation in plan.layers:
        if not isinstance(operation, NoLongerDeclared | FailedLayer):
            yield operation.spec


def _raised(
    services: Services, specs: Iterable[LayerSpec], newest: Mapping[str, tuple[LayerVersion, ...]]
) -> tuple[dict[str, bytes], list[PinnedPlace]]:
    """Return the files that change, whole, and each place; a file may be named by several layers."""
    files: dict[str, bytes] = {}
    places: list[PinnedPlace] = []
    for spec in specs:
        paths = _matching(spec, services.repository.root)
        if not paths:
            services.console.warning(
                f"`pin-files` of {spec.name} matches no file: {', '.join(spec.publication.pin_files)}.",
                location=spec.location("pin-files"),
            )
        current = {path: files.get(path) or (services.repository.root / path).read_bytes() for path in paths}
        for change in raise_pins(current, [version.version_arn for version in newest.get(spec.name, ())]):
            files[change.file] = change.content
            places += change.places
    return files, sorted(places, key=lambda place: (place.file, place.line, place.before))


def _matching(spec: LayerSpec, root: Path) -> list[str]:
    """Return the files that a spec's globs name: inside of the checkout, no links, none of git's own."""
    found: set[str] = set()
    for glob in spec.publication.pin_files:
        try:
            matches = list(root.glob(glob))
        except (ValueError, NotImplementedError, IndexError) as error:
            raise ConfigError(
                f"`{glob}` is no glob below the repository.",
                hint="Write it relative to the top folder, such as `infra/**/*.yaml`.",
                location=spec.location("pin-files"),
            ) from error
        found.update(path.relative_to(root).as_posix() for path in matches if _is_own_file(path, root))
    return sorted(found)


def _is_own_file(path: Path, root: Path) -> bool:
    inside = path.resolve().is_relative_to(root.resolve()) and ".git" not in path.parts and ".." not in path.parts
    return inside and path.is_file() and not path.is_symlink() and path.stat().st_size <= FILE_LIMIT


def _title(places: Sequence[PinnedPlace], environment: str) -> str:
    layers = sorted({_split(place.after)[0].name for place in places})
    named = ", ".join(layers) if len(layers) <= 3 else f"{len(layers)} Lambda layers"  # noqa: PLR2004 - fits a title
    return f"Pin {named} to the newest version{f' ({environment})' if environment else ''}"


def _body(places: Sequence[PinnedPlace]) -> str:
    rows = [_row(place) for place in places[:_ROWS]]
    if len(places) > _ROWS:
        rows.append(f"| and {len(places) - _ROWS} more | | | |")
    return "\n".join(
        [
            "New layer versions are published. These files still name older ones; nothing else in them changes.",
            "",
            "| file | layer | before | after |",
            "|---|---|--:|--:|",
            *rows,
            "",
            "The next publication updates this pull request. Commits that somebody else pushes to its branch are kept.",
        ]
    )


def _row(place: PinnedPlace) -> str:
    (layer, after), (_, before) = _split(place.after), _split(place.before)
    file = place.file.replace("`", "'").replace("|", "\\|")
    return f"| `{file}:{place.line}` | {layer.name} ({layer.region}) | {before} | {after} |"


def _split(version_arn: str) -> tuple[LayerArn, int]:
    split = LayerArn.of_version(version_arn)
    if split is None:
        raise ValueError(version_arn)
    return split
