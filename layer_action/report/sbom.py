"""The software bill of materials of one artifact: CycloneDX 1.6 JSON, the same text for the same content."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.spdx import fixup_id, is_expression
from packageurl import PackageURL

from layer_action import __version__
from layer_action.model.function import Unknown
from layer_action.model.layer import DistributionSize, LayerContent, LayerSize
from layer_action.model.lock import LockedDistribution, Source, Wheel
from layer_action.report.escape import clean
from layer_action.report.packages import by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

# The library insists on a time. A layer has none: this one is taken out of the text again.
_NO_TIME: Final = datetime(1980, 1, 1, tzinfo=UTC)
# Longer texts are whole licences, not names of them.
_LICENSE_LIMIT: Final = 200


def sbom(content: LayerContent, size: LayerSize | Unknown, version: str) -> str:
    """Return the bill of one artifact: every distribution with purl, hash, licence, unzipped bytes, who needs whom.

    The serial number follows from the digest and the version; there is no timestamp, unless one is put in later.
    """
    root = _root(content, size, version)
    tool = Component(name="lambda-layer-action", version=__version__, type=ComponentType.APPLICATION)
    serial = uuid5(NAMESPACE_URL, f"{content.layer_name}@{version}#{content.digest}")
    metadata = BomMetaData(component=root, tools=ToolRepository(components=[tool]), timestamp=_NO_TIME)
    bom = Bom(serial_number=serial, metadata=metadata)
    sizes = by_name(size)
    components = {found.name: _component(found, sizes) for found in content.lock.distributions}
    bom.components.update(components.values())
    for name, needed in components.items():
        distribution = content.lock.get(name)
        if distribution is not None:
            needing = [components[parent] for parent in distribution.required_by if parent in components]
            for parent in [*needing, *([root] if distribution.direct or not needing else [])]:
                bom.register_dependency(parent, [needed])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _root(content: LayerContent, size: LayerSize | Unknown, version: str) -> Component:
    properties = [
        Property(name="lambda-layer-action:digest", value=content.digest),
        *(Property(name="lambda-layer-action:target", value=str(target)) for target in content.targets),
    ]
    if isinstance(size, LayerSize):
        properties.append(Property(name="lambda-layer-action:unzipped-bytes", value=str(size.unzipped)))
    return Component(
        name=content.layer_name,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"layer:{content.layer_name}",
        properties=properties,
    )


def _component(distribution: LockedDistribution, sizes: "Mapping[str, DistributionSize]") -> Component:
    size = sizes.get(distribution.name)
    purl = PackageURL(type="pypi", name=distribution.name, version=distribution.version)
    unzipped = [Property(name="lambda-layer-action:unzipped-bytes", value=str(size.unzipped))] if size else []
    return Component(
        name=distribution.name,
        version=distribution.version,
        bom_ref=f"{distribution.name}=={distribution.version}",
        purl=purl,
        hashes=_hashes(distribution),
        licenses=_licenses(size.license) if size else [],
        properties=[*_origin(distribution), *unzipped],
    )


def _hashes(distribution: LockedDistribution) -> list[HashType]:
    match distribution.origin:
        case Wheel(sha256=sha256):
            return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)]
        case Source():
            return []


def _origin(distribution: LockedDistribution) -> list[Property]:
    match distribution.origin:
        case Wheel(filename=filename):
            return [Property(name="lambda-layer-action:wheel", value=filename)]
        case Source(kind=kind, identity=identity):
            return [Property(name="lambda-layer-action:source", value=f"{kind} {identity}")]


def _licenses(text: str) -> list[DisjunctiveLicense | LicenseExpression]:
    """Return the licence as an SPDX id, else as an SPDX expression, else by the name that the metadata gives it."""
    name = clean(text)
    if not name or len(text) > _LICENSE_LIMIT:
        return []
    if identifier := fixup_id(name):
        return [DisjunctiveLicense(id=identifier)]
    return [LicenseExpression(name) if is_expression(name) else DisjunctiveLicense(name=name)]
