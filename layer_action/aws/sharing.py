"""What follows a publication: other accounts may use the version, and a parameter names it."""

import json
from typing import TYPE_CHECKING, Final

from layer_action.aws.translate import translating
from layer_action.errors import ConflictError, MissingResourceError
from layer_action.model.layer import LayerVersion, Publication

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

        In the parameter's name `{layer}` is AWS's name of the layer, `{region}` its region.
        """
        if publication.share:
            granted = self._granted(version)
            for who in publication.share:
                if _statement_id(who) not in granted:
                    self._grant(version, who)
        if publication.ssm:
            self._record(version, publication.ssm)

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

    def _record(self, version: LayerVersion, template: str) -> None:
        name = template.replace("{region}", version.arn.region).replace("{layer}", version.arn.name)
        arn = f"arn:{version.arn.partition}:ssm:{version.arn.region}:{version.arn.account}:parameter/{name.lstrip('/')}"
        client = self._session.ssm(version.arn.region)
        with translating("ssm:GetParameter", arn):
            try:
                if client.get_parameter(Name=name)["Parameter"].get("Value") == version.version_arn:
                    return
            except client.exceptions.ParameterNotFound:
                pass
        with translating("ssm:PutParameter", arn):
            client.put_parameter(Name=name, Value=version.version_arn, Type="String", Overwrite=True)


def _statement_id(who: str) -> str:
    return f"{_SID_PREFIX}{who}"
