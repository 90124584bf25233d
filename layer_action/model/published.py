"""What AWS holds of a layer: its ARN, its versions, and what we wrote into their descriptions."""

import re
from typing import TYPE_CHECKING, Final, Self

from layer_action.record import record

if TYPE_CHECKING:
    from semver import Version

_LAYER_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z-]*):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":layer:(?P<name>[a-zA-Z0-9-_]+)"
)


@record(order=True)
class LayerArn:
    """A layer without its version number."""

    partition: str
    region: str
    account: str
    name: str

    def __str__(self) -> str:
        """Return the ARN."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:layer:{self.name}"

    def version(self, number: int) -> str:
        """Return the ARN of one version."""
        return f"{self}:{number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the layer of a layer ARN without number; None for anything else."""
        match = _LAYER_ARN.fullmatch(text)
        return cls(**match.groupdict()) if match else None

    @classmethod
    def of_version(cls, version_arn: str) -> tuple[Self, int] | None:
        """Split a layer version ARN; None for `awslayer` ARNs and whatever else is not one of ours to touch."""
        layer, _, number = version_arn.rpartition(":")
        parsed = cls.parse(layer)
        return (parsed, int(number)) if parsed and number.isdecimal() else None


@record
class Description:
    """What our description of a published version says.

    `summary` is the readable middle part. `digest` is `d1:<32 hex>`, `inputs_hash` `i:<12 hex>`, `commit` 12 hex
    digits or "".
    """

    version: "Version"
    summary: str
    digest: str
    inputs_hash: str
    commit: str


@record
class LayerVersion:
    """A version that AWS holds. `published` is None when we did not write it (its description is not ours).

    `runtimes` and `architectures` are AWS's words, as published. `code_sha256` (base64) and `zipped` (bytes) are None
    where the listing does not tell them.
    """

    arn: LayerArn
    number: int
    description: str
    published: Description | None
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    license: str = ""
    created: str = ""
    code_sha256: str | None = None
    zipped: int | None = None

    @property
    def version_arn(self) -> str:
        """The ARN that functions pin."""
        return self.arn.version(self.number)
