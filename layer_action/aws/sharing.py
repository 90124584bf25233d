"""What follows a publication: other accounts may use the version, and a parameter names it."""

import json
from typing import TYPE_CHECKING, Final

from layer_action.aws.translate import translating
from layer_action.errors import AwsError, ConflictError, MissingResourceError, PartialApplyError
from layer_action.model.layer import LayerArn, LayerVersion, Publication

if TYPE_CHECKING:
    from layer_action.aws.session import AwsSession

_SID_PREFIX: Final = "lambda-layer-action-"


class Sharing:
    """Permissions and SSM parameters of layer versions. Doing it again changes nothing."""

    def __init__(self, session: "AwsSession") -> None:
        """Keep what reaches AWS."""
        self._session = session

    def complete(self, version: LayerVersion, publication: Publication) -> None:
        """Grant and record what the config asks and is not there yet: also what a killed run left undone.

        A parameter never goes back to a lower number, and names no pre-release: stacks follow it. Raises AwsError,
        PartialApplyError when some of it was done.
        """
        done = False
        try:
            for who in self._without_grant(version, publication):
                self._grant(version, who)
                done = True
            if publication.ssm and not _is_prerelease(version):
                self._record(version, parameter_name(publication.ssm, version.arn))
        except AwsError as error:
            if not done:
                raise
            message = f"{version.version_arn} is shared and recorded only in part: {error.message}"
            raise PartialApplyError(message, hint=error.hint) from error

    def _without_grant(self, version: LayerVersion, publication: Publication) -> list[str]:
        granted = self._granted(version) if publication.share else set()
        return [who for who in publication.share if _statement_id(who) not in granted]

    def _granted(self, version: LayerVersion) -> set[str]:
        try:
            with translating("lambda:GetLayerVersionPolicy", version.version_arn):
                answer = self._session.lambda_(version.arn.region).get_layer_version_policy(
                    LayerName=version.arn.name, VersionNumber=version.number
                )
        except MissingResourceError:
            return set()
        return {statement.get("Sid", "") for statement in json.loads(answer["Policy"]).get("Statement", ())}

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

    def _record(self, version: LayerVersion, name: str) -> None:
        arn = f"arn:{version.arn.partition}:ssm:{version.arn.region}:{version.arn.account}:parameter/{name.lstrip('/')}"
        client = self._session.ssm(version.arn.region)
        with translating("ssm:GetParameter", arn):
            try:
                named = client.get_parameter(Name=name)["Parameter"].get("Value", "")
            except client.exceptions.ParameterNotFound:
                named = ""
        before = LayerArn.of_version(named)
        if before and before[0] == version.arn and before[1] >= version.number:
            return
        with translating("ssm:PutParameter", arn):
            client.put_parameter(Name=name, Value=version.version_arn, Type="String", Overwrite=True)


def parameter_name(template: str, arn: LayerArn) -> str:
    """Return the SSM parameter of a layer: `{layer}` is AWS's name of it, `{region}` its region."""
    return template.replace("{region}", arn.region).replace("{layer}", arn.name)


def _is_prerelease(version: LayerVersion) -> bool:
    return bool(version.published and version.published.version.prerelease)


def _statement_id(who: str) -> str:
    return f"{_SID_PREFIX}{who}"
