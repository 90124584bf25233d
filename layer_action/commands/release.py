"""`release`: a publication under the version of a tag, and a GitHub Release that tells of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from layer_action.choice import ReleaseTag
from layer_action.commands.build import build_artifacts, write_lock
from layer_action.commands.since_release import since_last_release
from layer_action.errors import GitHubError, LayerActionError
from layer_action.formats.digest import sha256_of
from layer_action.model.layer import Artifact, LayerContent
from layer_action.model.plan import Outcome, Plan, PublishLayer, Unchanged
from layer_action.ports.repository import Release
from layer_action.ports.services import Services, Unavailable
from layer_action.ports.speaking import Reporter

NOTES_LIMIT: Final = 125_000  # characters; GitHub takes no more
_BETWEEN: Final = "\n\n"


def released_contents(plan: Plan, tag: ReleaseTag) -> tuple[LayerContent, ...]:
    """Return the artifacts that carry the tag's version: published by this plan, or by an earlier try."""
    wanted: dict[str, LayerContent] = {}
    for operation in plan.layers:
        match operation:
            case PublishLayer(content=content):
                wanted.setdefault(content.layer_name, content)
            case Unchanged(content=LayerContent() as content, current=current) if (
                current and current.published and current.published.version == tag.version
            ):
                wanted.setdefault(content.layer_name, content)
            case _:
                pass
    return tuple(content for content in wanted.values() if tag.layer in (None, content.spec.name))


def release(
    services: Services,
    plan: Plan,
    outcome: Outcome,
    tag: ReleaseTag,
    *,
    artifacts: Mapping[str, Artifact],
    directory: Path,
) -> str:
    """Create, or complete, the GitHub Release of a tag; return its URL, "" when no layer carries the version.

    What an earlier try published is built again: same digest, same bytes. Raises GitHubError; AWS work stays done.
    """
    contents = released_contents(plan, tag)
    if not contents:
        services.console.notice(f"The tag {tag.tag} releases nothing: no layer is affected.")
        return ""
    if isinstance(services.releases, Unavailable):
        raise GitHubError(
            f"the release of {tag.tag} could not be written: {services.releases.reason}",
            hint="The layers are published; run again with a token that has `contents: write`.",
        )
    chosen = _artifacts(services, contents, artifacts, directory, tag)
    layers = list(dict.fromkeys(content.spec.name for content in contents))
    told, done = since_last_release(services, plan, outcome, tag)
    return services.releases.publish(
        Release(
            tag=tag.tag,
            title=f"{', '.join(layers)} {tag.version}",
            body=joined_notes(partial(_notes_of, services.reporter, told, done), layers),
            prerelease=tag.is_prerelease,
            # In a repository of several layers, the release of one is not the latest of all.
            latest=tag.layer is None and not tag.is_prerelease,
            assets=tuple(_assets(services, chosen, tag, directory)),
        )
    )


def joined_notes(notes_of: Callable[[str, int], str], layers: Sequence[str], limit: int = NOTES_LIMIT) -> str:
    """Return the notes of all layers, below `limit` characters together; what short ones leave, long ones may use.

    `notes_of(layer, limit)` returns the notes of one, below a limit of their own.
    """
    whole = {layer: notes_of(layer, limit) for layer in layers}
    left = limit - len(_BETWEEN) * len(layers)
    for count, layer in enumerate(sorted(layers, key=lambda layer: _length(whole[layer]))):
        share = left // (len(layers) - count)
        if _length(whole[layer]) > share:
            whole[layer] = notes_of(layer, share)
        left -= _length(whole[layer])
    return _BETWEEN.join(whole[layer] for layer in layers)


def _notes_of(reporter: Reporter, plan: Plan, outcome: Outcome, layer: str, limit: int) -> str:
    return reporter.release_notes(plan, outcome, layer=layer, limit=limit)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2  # as GitHub counts at its strictest


def _artifacts(
    services: Services,
    contents: Iterable[LayerContent],
    ready: Mapping[str, Artifact],
    directory: Path,
    tag: ReleaseTag,
) -> list[Artifact]:
    """Return the artifact of each content, those that an earlier try published built again."""
    missing = [content for content in contents if content.layer_name not in ready]
    try:
        complete = dict(ready) | build_artifacts(services, missing, directory, fresh=False)
    except LayerActionError as error:
        raise GitHubError(
            f"the release of {tag.tag} could not be written, for a zip that is published already could not be made "
            f"again: {error.message}",
            hint="The layers stay published; run again.",
        ) from error
    return [complete[content.layer_name] for content in contents]


def _assets(services: Services, artifacts: Iterable[Artifact], tag: ReleaseTag, directory: Path) -> Iterable[Path]:
    assets: list[Path] = []
    for artifact in artifacts:
        content = artifact.content
        lock = write_lock(content, directory)
        sbom = directory / f"{content.layer_name}.cdx.json"
        sbom.write_text(services.reporter.sbom(content, artifact.size, str(tag.version)), encoding="utf-8")
        assets += [artifact.path, lock, sbom]
    checksums = directory / "checksums.txt"
    checksums.write_text("".join(f"{sha256_of(path)}  {path.name}\n" for path in assets), encoding="utf-8")
    return [*assets, checksums]
