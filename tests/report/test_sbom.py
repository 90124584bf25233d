import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from layer_action.model.function import Unknown
from layer_action.model.layer import DistributionSize, LayerContent, LayerSize
from layer_action.model.lock import Source, SourceKind
from layer_action.report.reporter import MarkdownReporter
from tests.factories import make_content, make_distribution, make_lock
from tests.report import parts

BILL = MarkdownReporter().sbom
HTTP = parts.http_publication().content


def bill(content: LayerContent = HTTP, size: LayerSize | Unknown = parts.HTTP_AFTER) -> dict[str, Any]:
    text = BILL(content, size, "1.5.0")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_the_bill_names_every_distribution_with_hash_licence_and_size() -> None:
    requests = next(component for component in bill()["components"] if component["name"] == "requests")
    assert requests["purl"] == "pkg:pypi/requests@2.34.2"
    assert requests["hashes"][0]["alg"] == "SHA-256"
    assert requests["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert {"name": "lambda-layer-action:unzipped-bytes", "value": "308000"} in requests["properties"]


def test_the_bill_tells_who_needs_whom() -> None:
    needed = {entry["ref"]: entry.get("dependsOn", []) for entry in bill()["dependencies"]}
    assert needed["layer:http"] == ["requests==2.34.2"]
    assert needed["requests==2.34.2"] == ["certifi==2026.4.1", "idna==3.10", "urllib3==2.8.0"]


def test_the_same_content_gives_the_same_text_without_a_time() -> None:
    assert BILL(HTTP, parts.HTTP_AFTER, "1.5.0") == BILL(HTTP, parts.HTTP_AFTER, "1.5.0")
    assert "timestamp" not in bill()["metadata"]


def test_another_version_is_another_document() -> None:
    assert BILL(HTTP, parts.HTTP_AFTER, "1.5.0") != BILL(HTTP, parts.HTTP_AFTER, "1.5.1")


def test_a_source_is_named_by_its_identity() -> None:
    source = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity="tree:abc")
    content = make_content(lock=make_lock([make_distribution("common", origin=source)]))
    component = bill(content, Unknown(reason="not built"))["components"][0]
    assert "hashes" not in component
    assert component["properties"] == [{"name": "lambda-layer-action:source", "value": "directory tree:abc"}]


@pytest.mark.parametrize(
    "license_text", ["MIT OR Apache-2.0", "BSD", "see LICENSE", "", "x" * 5_000, "a\nb", "LGPL-3.0+"]
)
def test_any_licence_text_gives_a_valid_bill(license_text: str) -> None:
    sizes = LayerSize(
        zipped=1,
        unzipped=1,
        distributions=(DistributionSize(name="requests", version="2.34.2", unzipped=1, license=license_text),),
    )
    bill(size=sizes)


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_hostile_metadata_gives_a_valid_bill(text: str) -> None:
    sizes = LayerSize(
        zipped=1,
        unzipped=1,
        distributions=(DistributionSize(name="requests", version="2.34.2", unzipped=1, license=text),),
    )
    json.loads(BILL(HTTP, sizes, "1.5.0"))
