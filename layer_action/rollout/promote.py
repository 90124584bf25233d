"""Aliases: publish a function version with the new layers, and move an alias onto it."""

from collections.abc import Collection, Sequence
from typing import Final

from layer_action.decide.aliases import Follows, Stays, alias_state
from layer_action.errors import AmbiguousError, AwsError, ConflictError, StaleRevisionError
from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.rollout.run import AliasMove, Run, UnfitVersionError
from layer_action.rollout.update import settled

_ATTEMPTS: Final = 4


def promote(run: Run, function_arn: str, name: str, wanted: Collection[str], target: str) -> tuple[AliasMove, ...]:
    """Move one alias onto a version with the wanted layer versions; () if it must stay, with a notice.

    `target` says in words what the new version is for. Raises AwsError.
    """
    last: AwsError | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            run.clock.sleep(2.0 ** (attempt - 1))
        function = settled(run, function_arn)
        alias = next((a for a in run.functions.aliases(function_arn) if a.name == name), None)
        if alias is None:
            return ()
        state = alias_state(function, run.functions.read(f"{function_arn}:{name}"), alias, wanted)
        if isinstance(state, Follows):
            return ()
        if isinstance(state, Stays):
            run.console.notice(f"Alias {name} of {function.name} stays at {alias.function_version}: {state.reason}.")
            return ()
        try:
            return (_promote(run, function, alias, target),)
        except (StaleRevisionError, ConflictError, AmbiguousError) as error:
            last = error
    raise last or StaleRevisionError(f"Alias {name} of {function_arn} changes all the time.")


def restore_aliases(run: Run, function_arn: str, moves: Sequence[AliasMove]) -> bool:
    """Point aliases back, unless somebody moved them since; tell whether any was. Raises AwsError."""
    done = False
    for move in reversed(moves):
        alias = next((a for a in run.functions.aliases(function_arn) if a.name == move.name), None)
        if alias and alias.function_version == move.after and not alias.routes:
            _point(run, function_arn, alias, move.before)
            done = True
    return done


def _promote(run: Run, function: PinnedFunction, alias: FunctionAlias, target: str) -> AliasMove:
    with run.journal.call("publish_version", function.arn):
        version = run.functions.publish_version(function, f"{target}, by lambda-layer-action")
    _check_active(run, f"{function.arn}:{version}")
    _point(run, function.arn, alias, version)
    return AliasMove(name=alias.name, before=alias.function_version, after=version)


def _check_active(run: Run, version_arn: str) -> None:
    """Wait until a function version can serve. With SnapStart this runs its imports: a broken layer shows here."""
    published = settled(run, version_arn)
    if published.state == "Failed":
        reason = (published.status_reason or "Lambda gave no reason").rstrip(" .")
        raise UnfitVersionError(
            f"{version_arn} does not start with its new layers: {reason}.",
            operation="lambda:PublishVersion",
            resource=version_arn,
        )


def _point(run: Run, function_arn: str, alias: FunctionAlias, version: str) -> None:
    resource = f"{function_arn}:{alias.name}"
    with run.journal.call("move_alias", resource, before=(alias.function_version,), after=(version,)):
        run.functions.move_alias(function_arn, alias, version)
