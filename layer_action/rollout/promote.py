"""Aliases: publish a function version with the new layers, and move an alias onto it."""

from collections.abc import Sequence
from typing import Final

from layer_action.errors import AmbiguousError, AwsError, StaleRevisionError
from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.rollout.run import AliasMove, Run
from layer_action.rollout.update import settled

_LATEST: Final = "$LATEST"
_ATTEMPTS: Final = 4


def promote(run: Run, function_arn: str, name: str, target: str) -> tuple[AliasMove, ...]:
    """Move one alias onto a version with the layers that `$LATEST` has now; () if it must stay, with a notice.

    It stays when its code is not that of `$LATEST` (somebody's unreleased work) and when it splits traffic (a
    deployment is under way). Raises AwsError.
    """
    for attempt in range(_ATTEMPTS):
        function = settled(run, function_arn)
        alias = next((a for a in run.functions.aliases(function_arn) if a.name == name), None)
        if alias is None or alias.function_version == _LATEST:
            return ()
        if stays := _reason_to_stay(run, function, alias):
            if stays != _CURRENT:
                run.console.notice(f"Alias {name} of {function.name} stays at {alias.function_version}: {stays}.")
            return ()
        try:
            return (_promote(run, function, alias, target),)
        except (StaleRevisionError, AmbiguousError):
            run.clock.sleep(2.0**attempt)
    raise StaleRevisionError(f"Alias {name} of {function_arn} was changed by somebody else at each attempt.")


def restore_aliases(run: Run, function_arn: str, moves: Sequence[AliasMove]) -> None:
    """Point aliases back, unless somebody moved them since. Raises AwsError."""
    for move in reversed(moves):
        alias = next((a for a in run.functions.aliases(function_arn) if a.name == move.name), None)
        if alias and alias.function_version == move.after and not alias.routes:
            _point(run, function_arn, alias, move.before)


_CURRENT: Final = "it serves these layers already"


def _reason_to_stay(run: Run, function: PinnedFunction, alias: FunctionAlias) -> str:
    if alias.routes:
        return "it splits traffic between two versions"
    suffix = f":{alias.function_version}"
    served = next((v for v in run.functions.published_versions(function.arn) if v.arn.endswith(suffix)), None)
    if served is None:
        return "the version that it points at could not be read"
    if served.layer_arns == function.layer_arns:
        return _CURRENT
    if served.code_sha256 != function.code_sha256:
        return "its code is not that of $LATEST, which would be released with the layers"
    return ""


def _promote(run: Run, function: PinnedFunction, alias: FunctionAlias, target: str) -> AliasMove:
    with run.journal.call("publish_version", function.arn):
        version = run.functions.publish_version(function, f"{target}, by lambda-layer-action")
    _active(run, f"{function.arn}:{version}")
    _point(run, function.arn, alias, version)
    return AliasMove(name=alias.name, before=alias.function_version, after=version)


def _active(run: Run, version_arn: str) -> None:
    """Wait until a function version can serve. With SnapStart this runs its imports: a broken layer shows here."""
    published = settled(run, version_arn)
    if published.state == "Failed":
        raise AwsError(
            f"{version_arn} does not start with its new layers: {published.status_reason or 'Lambda gave no reason'}",
            operation="lambda:PublishVersion",
            resource=version_arn,
        )


def _point(run: Run, function_arn: str, alias: FunctionAlias, version: str) -> None:
    resource = f"{function_arn}:{alias.name}"
    with run.journal.call("move_alias", resource, before=(alias.function_version,), after=(version,)):
        run.functions.move_alias(function_arn, alias, version)
