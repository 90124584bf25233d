"""What follows a publication: other accounts may use the version."""

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, TypedDict

from layer_action.aws.translate import translating
from layer_action.errors import AwsError, ConflictError, MissingResourceError, PartialApplyError
from layer_action.model.layer import Publication
from layer_action.model.published import LayerVersion

if TYPE_CHECKING:
    from layer_action.aws.session import AwsSession

_SID_PREFIX: Final = "lambda-layer-action-"


class _Statement(TypedDict, total=False):
    """A grant, as AWS returns it."""

    Sid: str
    Principal: str | dict[str, str]
    Condition: dict[str, dict[str, str]]


class Sharing:
    """Permissions of layer versions. Doing it again changes nothing."""

    def __init__(self, session: "AwsSession") -> None:
        """Keep what reaches AWS."""
        self._session = session

    def share(self, version: LayerVersion, publication: Publication) -> tuple[str, ...]:
        """Grant what the config asks and is not there yet: also what a killed run left undone. Return who was granted.

        Raises AwsError, PartialApplyError when some of it was done.
        """
        done: list[str] = []
        try:
            for who in self._without_grant(version, publication):
                self._session.recent.once_known(partial(self._grant, version, who))
                done.append(who)
        except AwsError as error:
            if not done:
                raise
            message = f"{version.version_arn} is shared only in part: {error.message}"
            raise PartialApplyError(message, hint=error.hint) from error
        return tuple(done)

    def _without_grant(self, version: LayerVersion, publication: Publication) -> list[str]:
        granted = self._granted(version) if publication.share else set()
        return [who for who in publication.share if _statement_id(who) not in granted]

    def sharers(self, version: LayerVersion) -> tuple[str, ...]:
        """Return who else may use a version, as its policy has it: account ids, organisations (`o-...`), `*` for all.

        Raises AwsError, AccessDeniedError.
        """
        found = {who for statement in self._statements(version) for who in _principals(statement)}
        return tuple(sorted(found - {version.arn.account}))

    def _granted(self, version: LayerVersion) -> set[str]:
        return {statement.get("Sid", "") for statement in self._statements(version)}

    def _statements(self, version: LayerVersion) -> list[_Statement]:
        try:
            with translating("lambda:GetLayerVersionPolicy", version.version_arn):
                answer = self._session.lambda_(version.arn.region).get_layer_version_policy(
                    LayerName=version.arn.name, VersionNumber=version.number
                )
        except MissingResourceError:
            return []  # that is how AWS says that there is no policy
        found: list[_Statement] = json.loads(answer["Policy"]).get("Statement", [])
        return found

    def _grant(self, version: LayerVersion, who: str) -> None:
        organization = {"OrganizationId": who} if who.startswith("o-") else {}
        try:
            with translating("lambda:AddLayerVersionPermission", version.version_arn):
                self._session.lambda_(version.arn.region).add_layer_version_permission(
                    LayerName=version.arn.name,
                    VersionNumber=version.number,
                    StatementId=_statement_id(who),
                    Action="lambda:GetLayerVersion",
                    Principal="*" if organization else who,
                    **organization,
                )
        except ConflictError:
            return  # a run beside this one was faster


def _statement_id(who: str) -> str:
    return f"{_SID_PREFIX}{who}"


def _principals(statement: _Statement) -> Iterator[str]:
    """Return whom a grant names: `444455556666` for an account, `o-abcdefghij` for an organisation, `*` for all."""
    principal = statement.get("Principal", "*")
    named = principal if isinstance(principal, str) else principal.get("AWS", "*")
    organizations = [
        value
        for condition in statement.get("Condition", {}).values()
        for key, value in condition.items()
        if key.lower() == "aws:principalorgid"
    ]
    if named == "*" and organizations:
        yield from organizations
    else:
        # arn:aws:iam::444455556666:root
        yield named.split(":")[4] if named.startswith("arn:") else named
