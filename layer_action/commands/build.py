"""`build`: zips on disk, with neither AWS nor GitHub nor a remote."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from layer_action.commands.announce import annotate_finding
from layer_action.commands.by_artifact import Found, told_once
from layer_action.commands.folder import begin, finish, write_whole
from layer_action.commands.parallel import each_tried
from layer_action.commands.pointing import placed_all, pointed
from layer_action.decide.budget import budget_findings
from layer_action.errors import BuildError, LayerActionError, each_of, raise_all
from layer_action.formats import pylock
from layer_action.formats.manifest import lock_name
from layer_action.model.layer import Artifact, Finding, LayerContent, Severity
from layer_action.model.plan import Plan, PublishLayer, Unchanged
from layer_action.model.target import Target
from layer_action.ports.building import RefusedLayerError
from layer_action.ports.services import Services
from layer_action.record import record, replace

AT_ONCE = 4  # artifacts; each fetches its wheels in parallel as well


def contents_of(plan: Plan, *, unchanged: bool = False) -> tuple[LayerContent, ...]:
    """Return what to build, each artifact once: what is to be published, or everything that the head declares."""
    wanted: dict[str, LayerContent] = {}
    for operation in plan.layers:
        match operation:
            case PublishLayer(content=content):
                wanted.setdefault(content.layer_name, content)
            case Unchanged(content=LayerContent() as content) if unchanged:
                wanted.setdefault(content.layer_name, content)
            case _:
                pass
    return tuple(wanted.values())


def leg_of(plan: Plan, targets: Collection[Target], layers: Collection[str]) -> Plan:
    """Return what of a plan one leg of a job matrix builds: the named layers' artifacts for any of these targets."""
    kept = (
        operation
        for operation in plan.layers
        if isinstance(operation, PublishLayer)
        and operation.spec.name in layers
        and not set(targets).isdisjoint(operation.content.targets)
    )
    return replace(plan, layers=tuple(kept), functions=())


@record
class Built:
    """Artifacts by layer name, and why the others have none: what is refused leaves no zip.

    `told` are those problems that the plan has told already: they count, but are not told again. `findings` are the
    others as a report tells them.
    """

    artifacts: dict[str, Artifact]
    problems: tuple[LayerActionError, ...] = ()
    told: tuple[LayerActionError, ...] = ()
    findings: tuple[Finding, ...] = ()


def build_artifacts(
    services: Services,
    contents: Sequence[LayerContent],
    directory: Path,
    *,
    fail_on: Severity = Severity.ERROR,
    fresh: bool = True,
) -> dict[str, Artifact]:
    """Build artifacts as `try_artifacts` does, and return them by layer name.

    Raises BuildError, or Problems, when one must not be used.
    """
    built = try_artifacts(services, contents, directory, fail_on=fail_on, fresh=fresh)
    raise_all(built.problems)
    return built.artifacts


def try_artifacts(
    services: Services,
    contents: Sequence[LayerContent],
    directory: Path,
    *,
    fail_on: Severity = Severity.ERROR,
    plan: Plan | None = None,
    fresh: bool = True,
) -> Built:
    """Build artifacts side by side; every one is tried, every finding shown that the plan has not.

    What the plan has measured to be too large is not fetched to be refused again. The directory is cleared of what an
    earlier run built, unless it is not `fresh` to this one. Raises InputError for the directory.
    """
    if fresh:
        begin(directory, [content.layer_name for content in contents])
    results = _each_built(services, contents, directory, _too_large(plan.publications if plan else ()))
    tried = list(zip(contents, results, strict=True))
    failures = [
        (content, failure)
        for content, result in tried
        if not isinstance(result, Artifact | RefusedLayerError)
        for failure in each_of(pointed(services, content, result))
    ]
    findings: list[Found] = [
        (content, finding)
        for content, result in tried
        if isinstance(result, Artifact | RefusedLayerError)
        for finding in placed_all(services, content, result.findings)
    ]
    severe = (Severity.ERROR, fail_on)
    refusing = [(content, finding) for content, finding in findings if finding.severity in severe]
    noticed = [(content, finding) for content, finding in findings if finding.severity not in severe]
    known = {(finding.check, finding.layer) for finding in plan.findings} if plan else set()
    refused = told_once(refusing)
    new = [finding for finding in refused if (finding.check, finding.layer) not in known]
    for finding in told_once(noticed):
        if (finding.check, finding.layer) not in known:
            annotate_finding(services, finding)
    reported = [_not_built(*failed) for failed in failures]
    reported += [replace(finding, severity=Severity.ERROR) for finding in new]
    return Built(
        artifacts=_kept(results, without={content.layer_name for content, _ in refusing}),
        problems=(*(failure for _, failure in failures), *map(refusal, new)),
        told=tuple(refusal(finding) for finding in refused if finding not in new),
        findings=tuple(dict.fromkeys(reported)),
    )


def _each_built(
    services: Services, contents: Sequence[LayerContent], directory: Path, too_large: Mapping[str, RefusedLayerError]
) -> list[Artifact | LayerActionError]:
    """Build each artifact; return in its place why it cannot be."""
    with services.console.progress("Building layers", len(contents)) as progress:

        def build(content: LayerContent) -> Artifact:
            try:
                if content.layer_name in too_large:
                    raise too_large[content.layer_name]
                return services.builder.build(content, services.repository.root, directory)
            finally:
                progress.advance()

        return each_tried(build, contents, at_once=AT_ONCE)


def _not_built(content: LayerContent, failure: LayerActionError) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        check="not-built",
        message=failure.message,
        ways_out=(failure.hint,) if failure.hint else (),
        location=failure.location,
        layer=content.spec.name,
    )


def _kept(results: Iterable[Artifact | LayerActionError], *, without: Collection[str]) -> dict[str, Artifact]:
    """Return artifacts by layer name; the zips of those that are refused are removed."""
    kept: dict[str, Artifact] = {}
    for result in results:
        if not isinstance(result, Artifact):
            continue
        if result.content.layer_name in without:
            result.path.unlink(missing_ok=True)
        else:
            kept[result.content.layer_name] = result
    return kept


def _too_large(publications: Iterable[PublishLayer]) -> dict[str, RefusedLayerError]:
    """Return, by layer name, what the plan has measured to be too large."""
    return {
        operation.content.layer_name: RefusedLayerError(findings)
        for operation in publications
        if (findings := budget_findings(operation.content, operation.size, operation.before))
    }


def refusal(finding: Finding) -> BuildError:
    """Return a finding as the error that stops a run."""
    return BuildError(finding.message, hint="\n".join(finding.ways_out), location=finding.location)


def write_lock(content: LayerContent, directory: Path) -> Path:
    """Write the lock of an artifact as a file of its own; return its path."""
    path = directory / lock_name(content.layer_name)
    lock = pylock.encode(
        layer_name=content.layer_name, targets=content.targets, lock=content.lock, digest=content.digest
    )
    write_whole(path, lock)
    return path


def write_build(artifacts: Iterable[Artifact], directory: Path) -> Path:
    """Write each artifact's lock beside its zip, and `manifest.json` over all; return the manifest's path."""
    rows = []
    for artifact in artifacts:
        content = artifact.content
        lock = write_lock(content, directory)
        rows.append(
            {
                "layer": content.spec.name,
                "name": content.layer_name,
                "targets": [{"runtime": t.runtime, "architecture": t.architecture.value} for t in content.targets],
                "zip": artifact.path.name,
                "lock": lock.name,
                "digest": content.digest,
                "code-sha256": artifact.code_sha256,
                "zipped": artifact.size.zipped,
                "unzipped": artifact.size.unzipped,
                "distributions": [
                    {"name": size.name, "version": size.version, "unzipped": size.unzipped, "license": size.license}
                    for size in artifact.size.distributions
                ],
                "findings": [
                    {"severity": finding.severity.value, "check": finding.check, "message": finding.message}
                    for finding in artifact.findings
                ],
            }
        )
    return finish(directory, rows)
