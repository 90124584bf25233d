"""`pin-files`: after a publication, one pull request that raises the layers' ARNs in the repository's own files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from layer_action.commands.pin_text import Pins, body, left_alone, title
from layer_action.decide.pin_files import built_pins, raise_pins
from layer_action.errors import ConfigError, GitHubError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec, LayerVersion
from layer_action.model.plan import FailedLayer, NoLongerDeclared, Outcome, Plan, PublishLayer, Superseded, Unchanged
from layer_action.model.proposal import Proposal
from layer_action.ports.services import Services, Unavailable

BRANCH: Final = "lambda-layer-action/pin-files"
FILE_LIMIT: Final = 2_000_000  # bytes; templates are far smaller, what is larger is something else
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")  # what a branch's name had better not hold


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
    head = services.repository.head()
    if not head:
        raise GitHubError(
            "The pull request for `pin-files` could not be written: it is not known which commit is checked out.",
            hint="Let the checkout step make a git checkout: without git on the runner it only unpacks files.",
        )
    found = _pins(services, specs.values(), newest_versions(plan, outcome))
    for pin in found.built:
        services.console.notice(left_alone(pin), title="pin-files", location=Location(pin.file, pin.line))
    branch = f"{BRANCH}-{_ODD.sub('-', environment)}" if environment else BRANCH
    if not found.places:
        closed = services.pull_requests.withdraw(branch, base=base)
        if not isinstance(closed, Unknown):
            services.console.info(f"Closed, because no pin is behind any more: {closed}")
        return ""
    proposed = services.pull_requests.propose(
        Proposal(
            branch=branch,
            base=base,
            commit=head,
            title=title(found.places, environment),
            body=body(found),
            files=found.files,
            executable=found.executable,
        )
    )
    if isinstance(proposed, Unknown):
        services.console.warning(proposed.reason, title="pin-files")
        return ""
    services.console.info(f"Pins raised in {_counted(len(found.files))}: {proposed}")
    return proposed


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


def _pins(services: Services, specs: Iterable[LayerSpec], newest: Mapping[str, tuple[LayerVersion, ...]]) -> Pins:
    """Find the pins of all specs; a file may be named by several."""
    found = Pins()
    for spec in specs:
        held = services.repository.committed(_matching(spec, services.repository.root))
        if not held:
            services.console.warning(
                f"`pin-files` of {spec.name} matches no file of the commit: {', '.join(spec.publication.pin_files)}.",
                location=spec.location("pin-files"),
            )
        arns = [version.version_arn for version in newest.get(spec.name, ())]
        current = {path: found.files.get(path, file.content) for path, file in held.items()}
        for change in raise_pins(current, arns):
            found.files[change.file] = change.content
            found.places += change.places
        found.executable |= {path for path, file in held.items() if file.executable}
        found.built += built_pins(current, arns)
    found.places = tuple(sorted(found.places, key=lambda place: (place.file, place.line, place.before)))
    found.built = tuple(sorted(set(found.built), key=lambda pin: (pin.file, pin.line, pin.layer_name)))
    found.executable &= found.files.keys()
    return found


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


def _counted(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"
