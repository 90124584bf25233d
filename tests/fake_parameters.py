"""SSM parameters in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layer_action.errors import MissingResourceError
from tests.factories import ACCOUNT
from tests.fake_calls import Calls


@dataclass
class FakeParameters:
    """Implements Parameters. `values` and `labels` are by (name, region)."""

    calls: Calls
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def arn(self, name: str, region: str) -> str:
        return f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/{name.lstrip('/')}"

    def value(self, name: str, region: str) -> str:
        with self.calls.call("value", self.arn(name, region)):
            return self.values.get((name, region), "")

    def put(self, name: str, region: str, value: str) -> None:
        with self.calls.call("put", self.arn(name, region), writes=True):
            self.values[name, region] = value

    def tags(self, name: str, region: str) -> Mapping[str, str]:
        with self.calls.call("parameter_tags", self.arn(name, region)):
            return dict(self.labels.get((name, region), {}))

    def tag(self, name: str, region: str, tags: Mapping[str, str]) -> None:
        with self.calls.call("tag_parameter", self.arn(name, region), writes=True):
            if (name, region) not in self.values:
                raise MissingResourceError(f"There is no parameter {name} in {region}.", resource=name)
            self.labels.setdefault((name, region), {}).update(tags)
