"""`pin-files`: after a publication, one pull request that raises the layers' ARNs in the repository's own files."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.commands.pin_text import Pins, body, left_alone, title
from layer_action.decide.artifacts import layer_names
from layer_action.decide.pin_files import built_pins, raise_pins
from layer_action.errors import AwsError, ConfigError, GitHubError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import LayerOperation, Outcome, Plan, PublishLayer, Superseded, Unchanged
from layer_action.model.proposal import Proposal
from layer_action.model.published import LayerVersion
from layer_action.ports.repository import PullRequests
from layer_action.ports.services import Services, Unavailable

BRANCH: Final = "lambda-layer-action/pin-files"
FILE_LIMIT: Final = 2_000_000  # bytes; templates are far smaller, what is larger is something else
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")  # what a branch's name had better not hold


def propose_pins(
    services: Services,
    plan: Plan,
    outcome: Outcome,
    *,
    base: str,
    environment: str = "",
    others: Sequence[tuple[LayerSpec, tuple[str, ...]]] = (),
) -> str:
    """Open, update or close the pull request that raises pins; return its URL, "" when there is none to open.

    `base` is the branch it is for. Every layer with `pin-files` is looked at, not only the published ones: the pull
    request holds all that is not merged yet. `others` are the config's layers with their regions, those too that the
    plan does not hold. Raises ConfigError for a glob, GitHubError; AWS work stays done.
    """
    places = {(region, name): spec for spec, name, region in _places(plan, others) if spec.publication.pin_files}
    if not places:
        return ""
    if isinstance(services.pull_requests, Unavailable):
        services.console.warning(f"No pull request raises the pins in files: {services.pull_requests.reason}.")
        return ""
    commit = _commit(services)
    found = _pins(services, places.values(), _newest(services, places, plan, outcome))
    for pin in found.built:
        services.console.notice(left_alone(pin), title="pin-files", location=Location(pin.file, pin.line))
    branch = f"{BRANCH}-{_ODD.sub('-', environment)}" if environment else BRANCH
    if found.places:
        proposal = Proposal(
            branch=branch,
            base=base,
            commit=commit,
            title=title(found.places, environment),
            body=body(found),
            files=found.files,
            executable=found.executable,
        )
        return _proposed(services, services.pull_requests, proposal)
    closed = services.pull_requests.withdraw(branch, base=base, commit=commit)
    if not isinstance(closed, Unknown):
        services.console.info(f"Closed, because no pin is behind any more: {closed}")
    return ""


def _commit(services: Services) -> str:
    """Return the commit whose files are read. Raises GitHubError where nobody knows it."""
    if head := services.repository.head():
        return head
    raise GitHubError(
        "The pull request for `pin-files` could not be written: it is not known which commit is checked out.",
        hint="Let the checkout step make a git checkout: without git on the runner it only unpacks files.",
    )


def _proposed(services: Services, pull_requests: PullRequests, proposal: Proposal) -> str:
    """Open or update the pull request; return its URL, "" where it is left as it is."""
    proposed = pull_requests.propose(proposal)
    if isinstance(proposed, Unknown):
        services.console.warning(proposed.reason, title="pin-files")
        return ""
    services.console.info(f"Pins raised in {_counted(len(proposal.files))}: {proposed}")
    return proposed


def _newest(
    services: Services, places: Mapping[tuple[str, str], LayerSpec], plan: Plan, outcome: Outcome
) -> dict[str, list[LayerVersion]]:
    """Return what pins of each spec should say: the newest version at each place, whoever made it, but no pre-release.

    What was published just now counts even where AWS does not list it yet. Raises GitHubError.
    """
    listed: list[LayerVersion] = [*outcome.published, *filter(None, map(_version_of, plan.layers))]
    if not isinstance(services.store, Unavailable):
        try:
            listed += (found for region, name in places for found in services.store.versions(name, region))
        except AwsError as error:
            message = f"The pull request for `pin-files` could not be written: {error.message}"
            raise GitHubError(message, hint="The layers are published; run the job again.") from error
    newest: dict[tuple[str, str], LayerVersion] = {}
    for version in filter(_is_final, listed):
        place = version.arn.region, version.arn.name
        newest[place] = max(newest.get(place, version), version, key=lambda found: found.number)
    by_spec: dict[str, list[LayerVersion]] = {}
    for place, spec in places.items():
        by_spec.setdefault(spec.name, []).extend([newest[place]] if place in newest else [])
    return by_spec


def _version_of(operation: LayerOperation) -> LayerVersion | None:
    match operation:
        case PublishLayer(previous=found) | Unchanged(current=found) | Superseded(current=found):
            return found
        case _:
            return None


def _is_final(version: LayerVersion) -> bool:
    return version.published is not None and version.published.version.prerelease is None


def _places(plan: Plan, others: Sequence[tuple[LayerSpec, tuple[str, ...]]]) -> Iterator[tuple[LayerSpec, str, str]]:
    """Yield each AWS layer with its spec and region, once or twice."""
    for operation in plan.layers:
        match operation:
            case PublishLayer(content=content, region=region):
                yield operation.spec, content.layer_name, region
            case (
                Unchanged(spec=spec, layer_name=name, region=region)
                | Superseded(spec=spec, layer_name=name, region=region)
            ):
                yield spec, name, region
            case _:
                pass
    for spec, regions in others:
        yield from ((spec, name, region) for name in layer_names(spec) for region in regions)


def _pins(services: Services, specs: Iterable[LayerSpec], newest: Mapping[str, Sequence[LayerVersion]]) -> Pins:
    """Find the pins of all specs; a file may be named by several."""
    found = Pins()
    useless: dict[tuple[Location | None, str], None] = {}  # a line may be that of many layers
    for spec in {spec.name: spec for spec in specs}.values():
        matching = _matching(spec, services.repository.root)
        held = services.repository.committed(sorted(set().union(*matching.values())))
        useless |= {(spec.location("pin-files"), glob): None for glob in matching if not matching[glob] & held.keys()}
        arns = [version.version_arn for version in newest.get(spec.name, ())]
        current = {path: found.files.get(path, file.content) for path, file in held.items()}
        for change in raise_pins(current, arns):
            found.files[change.file] = change.content
            found.places += change.places
        found.executable |= {path for path, file in held.items() if file.executable}
        found.built += built_pins(current, arns)
    for location, glob in useless:
        services.console.warning(f"`pin-files` matches no file of the commit: {glob}.", location=location)
    found.places = tuple(sorted(found.places, key=lambda place: (place.file, place.line, place.before)))
    found.built = tuple(sorted(set(found.built), key=lambda pin: (pin.file, pin.line, pin.layer_name)))
    found.executable &= found.files.keys()
    return found


def _matching(spec: LayerSpec, root: Path) -> dict[str, set[str]]:
    """Return the files that each of a spec's globs names: inside of the checkout, no links, none of git's own."""
    found: dict[str, set[str]] = {}
    for glob in spec.publication.pin_files:
        try:
            matches = list(root.glob(glob))
        except (ValueError, NotImplementedError, IndexError) as error:
            raise ConfigError(
                f"`{glob}` is no glob below the repository.",
                hint="Write it relative to the top folder, such as `infra/**/*.yaml`.",
                location=spec.location("pin-files"),
            ) from error
        found[glob] = {path.relative_to(root).as_posix() for path in matches if _is_own_file(path, root)}
    return found


def _is_own_file(path: Path, root: Path) -> bool:
    inside = path.resolve().is_relative_to(root.resolve()) and ".git" not in path.parts and ".." not in path.parts
    return inside and path.is_file() and not path.is_symlink() and path.stat().st_size <= FILE_LIMIT


def _counted(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"
