"""SSM parameters that name layer versions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from layer_action.aws.translate import translating
from layer_action.errors import MissingResourceError

if TYPE_CHECKING:
    from layer_action.aws.session import AwsSession

_KIND: Final = "Parameter"


class AwsParameters:
    """Implements ports.Parameters. May be shared by threads."""

    def __init__(self, session: "AwsSession") -> None:
        """Keep what reaches AWS."""
        self._session = session

    def arn(self, name: str, region: str) -> str:
        """Return the ARN of a parameter of this account, whether it exists or not."""
        session = self._session
        return f"arn:{session.partition()}:ssm:{region}:{session.account()}:parameter/{name.lstrip('/')}"

    def value(self, name: str, region: str) -> str:
        """Return what a parameter holds, "" where there is none. Raises AwsError."""
        client = self._session.ssm(region)
        with translating("ssm:GetParameter", self.arn(name, region)):
            try:
                return client.get_parameter(Name=name)["Parameter"].get("Value", "")
            except client.exceptions.ParameterNotFound:
                return ""

    def put(self, name: str, region: str, value: str) -> None:
        """Write a parameter. Raises AwsError."""
        with translating("ssm:PutParameter", self.arn(name, region)):
            self._session.ssm(region).put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def tags(self, name: str, region: str) -> Mapping[str, str]:
        """Return a parameter's tags, none where there is no such parameter. Raises AwsError."""
        client = self._session.ssm(region)
        with translating("ssm:ListTagsForResource", self.arn(name, region)):
            try:
                found = client.list_tags_for_resource(ResourceType=_KIND, ResourceId=name)["TagList"]
            except (client.exceptions.InvalidResourceId, client.exceptions.ParameterNotFound):
                return {}
        return {tag["Key"]: tag["Value"] for tag in found}

    def tag(self, name: str, region: str, tags: Mapping[str, str]) -> None:
        """Add tags. Raises MissingResourceError, AwsError."""
        client = self._session.ssm(region)
        arn = self.arn(name, region)
        with translating("ssm:AddTagsToResource", arn):
            try:
                client.add_tags_to_resource(
                    ResourceType=_KIND,
                    ResourceId=name,
                    Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                )
            except (client.exceptions.InvalidResourceId, client.exceptions.ParameterNotFound) as error:
                raise MissingResourceError(
                    f"There is no parameter {name} in {region}.", operation="ssm:AddTagsToResource", resource=arn
                ) from error
