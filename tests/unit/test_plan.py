"""One version over all regions, and the order of a plan."""

from typing import TYPE_CHECKING

import pytest
from semver import Version

from layer_action.decide.affected import judge
from layer_action.decide.destinations import destinations
from layer_action.decide.numbering import ReleaseRequest, agreed_version
from layer_action.decide.plan import make_plan, publications, settle, size_findings
from layer_action.decide.verdict import Affected, JudgedLayer, Judgement, Published
from layer_action.errors import InputError
from layer_action.formats.description import decode
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerContent, LayerSize
from layer_action.model.plan import LayerOperation, PublishLayer, Superseded, Unchanged
from layer_action.record import replace
from tests.factories import (
    COMMIT,
    make_content,
    make_digest,
    make_finding,
    make_function,
    make_layer_arn,
    make_layer_version,
    make_lock,
    make_repoint,
    make_size,
    make_spec,
    make_unchanged,
)

if TYPE_CHECKING:
    from layer_action.model.published import LayerVersion

WEST, EAST = "eu-west-1", "us-east-1"
OLD_LOCK = make_lock({"requests": "2.31.0"})
HEAD = make_content(seed="head", lock=make_lock({"requests": "2.32.3"}))


def held(
    region: str, number: int = 1, version: str | None = "1.0.0", *, digest: str = "old", contained: bool = True
) -> Published:
    versions: tuple[LayerVersion, ...] = ()
    if version:
        versions = (make_layer_version("http", number, version, region=region, digest=make_digest(digest)),)
    return Published(region=region, versions=versions, lock=OLD_LOCK if versions else None, contained=contained)


def judged(*regions: Published, content: LayerContent = HEAD, release: ReleaseRequest | None = None) -> JudgedLayer:
    rows: list[Judgement] = [
        judge(
            content,
            region,
            lines={},
            release=release.version if release else None,
            even_if_unchanged=bool(release and release.layer),
        )
        for region in regions
    ]
    return JudgedLayer(spec=content.spec, layer_name=content.layer_name, judgements=tuple(rows))


def sizes(_: Affected) -> tuple[LayerSize | Unknown, LayerSize | Unknown]:
    return make_size(), Unknown(reason="no version before")


def operations(*layers: JudgedLayer, release: ReleaseRequest | None = None) -> tuple[LayerOperation, ...]:
    return publications(settle(layers), sizes=sizes, release=release, commit=COMMIT)


def versions(found: tuple[LayerOperation, ...]) -> list[tuple[str, str]]:
    return [(op.region, str(op.version)) for op in found if isinstance(op, PublishLayer)]


def test_the_first_region_computes_and_the_others_copy() -> None:
    found = operations(judged(held(WEST, version="1.4.2"), held(EAST, version="1.4.2")))
    assert versions(found) == [(WEST, "1.5.0"), (EAST, "1.5.0")]


def test_a_new_region_starts_at_the_version_of_the_others() -> None:
    found = operations(judged(held(WEST, version="1.4.2", digest="head"), held(EAST, version=None)))
    assert isinstance(found[0], Unchanged)
    assert versions(found) == [(EAST, "1.4.2")]


def test_after_a_run_that_died_in_between_the_other_region_catches_up() -> None:
    found = operations(judged(held(WEST, version="1.4.2"), held(EAST, 2, "1.5.0", digest="head")))
    assert versions(found) == [(WEST, "1.5.0")]


def test_a_region_that_is_still_empty_gives_no_version_twice() -> None:
    found = operations(judged(held(WEST, version=None), held(EAST, version="1.0.0")))
    assert versions(found) == [(WEST, "1.1.0"), (EAST, "1.1.0")]


def test_no_region_goes_backwards_for_the_sake_of_another() -> None:
    found = operations(judged(held(WEST, version="1.0.0", digest="head"), held(EAST, version="3.0.0")))
    assert versions(found) == [(EAST, "3.1.0")]


def test_the_bump_is_what_the_two_versions_say() -> None:
    found = operations(judged(held(WEST, version="1.4.2", digest="head"), held(EAST, version="0.9.0")))
    assert [op.bump for op in found if isinstance(op, PublishLayer)] == [Bump.MAJOR]


def test_a_first_version_is_1_0_0() -> None:
    (op,) = operations(judged(held(WEST, version=None)))
    assert isinstance(op, PublishLayer)
    assert (str(op.version), op.bump, op.previous) == ("1.0.0", Bump.NONE, None)


def test_the_description_says_what_changed_and_can_be_read_back() -> None:
    (op,) = operations(judged(held(WEST)))
    assert isinstance(op, PublishLayer)
    assert op.description.startswith("1.1.0 | requests 2.31.0 -> 2.32.3 | d1:")
    read = decode(op.description)
    assert read is not None
    assert (read.digest, read.inputs_hash, read.commit) == (HEAD.digest, HEAD.inputs_hash, COMMIT[:12])


def test_the_description_of_unknown_changes_claims_nothing() -> None:
    (op,) = operations(judged(replace(held(WEST), lock=Unknown(reason="denied"))))
    assert isinstance(op, PublishLayer)
    assert op.description.startswith("2.0.0 | unknown changes | d1:")


def test_superseded_in_one_region_is_superseded_in_all() -> None:
    found = operations(judged(held(WEST), held(EAST, 2, "1.1.0", contained=False)))
    assert [type(op) for op in found] == [Superseded, Superseded]


def test_a_pre_release_is_never_copied_to_other_regions() -> None:
    found = operations(judged(held(WEST, version="1.0.0"), held(EAST, 2, "1.0.1-rc.1", digest="head")))
    assert versions(found) == [(WEST, "1.1.0"), (EAST, "1.1.0")]


def test_a_tag_gives_its_version_in_all_regions() -> None:
    release = ReleaseRequest(layer="http", version=Version.parse("2.0.0"))
    layer = judged(held(WEST, digest="head"), held(EAST, digest="head"), release=release)
    assert versions(operations(layer, release=release)) == [(WEST, "2.0.0"), (EAST, "2.0.0")]


@pytest.mark.parametrize(("tag", "said"), [("1.0.0", "holds other content"), ("0.9.0", "is at 1.0.0")])
def test_a_tag_that_is_not_greater_is_refused(tag: str, said: str) -> None:
    release = ReleaseRequest(layer="http", version=Version.parse(tag))
    with pytest.raises(InputError, match=said):
        operations(judged(held(WEST), release=release), release=release)


def test_a_half_made_release_is_completed() -> None:
    release = ReleaseRequest(layer=None, version=Version.parse("2.0.0"))
    layer = judged(held(WEST, 2, "2.0.0", digest="head"), held(EAST), release=release)
    assert versions(operations(layer, release=release)) == [(EAST, "2.0.0")]


def test_a_tag_without_a_layer_leaves_unaffected_ones_alone() -> None:
    release = ReleaseRequest(layer=None, version=Version.parse("2.0.0"))
    layer = judged(held(WEST, digest="head"), release=release)
    assert versions(operations(layer, release=release)) == []


def test_without_judgements_there_is_no_version() -> None:
    assert agreed_version((), None) is None


def arns(layer_name: str, region: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return make_layer_arn(layer_name, region=region)


def test_functions_follow_what_is_published() -> None:
    layer = judged(held(WEST))
    (found,) = destinations([layer], operations(layer), arn_of=arns)
    assert (str(found.version), found.version_arn) == ("1.1.0", None)
    assert found.known == {1: Version.parse("1.0.0")}


def test_functions_left_behind_follow_an_unchanged_layer() -> None:
    layer = judged(held(WEST, 7, "1.3.0", digest="head"))
    (found,) = destinations([layer], operations(layer), arn_of=arns)
    assert found.version_arn == make_layer_arn("http", region=WEST).version(7)


def test_functions_do_not_follow_a_pre_release() -> None:
    release = ReleaseRequest(layer="http", version=Version.parse("2.0.0-rc.1"))
    layer = judged(held(WEST), release=release)
    assert destinations([layer], operations(layer, release=release), arn_of=arns) == ()


def test_functions_do_not_follow_a_superseded_layer() -> None:
    (layer,) = settle([judged(held(WEST, contained=False))])
    assert destinations([layer], operations(layer), arn_of=arns) == ()


def test_a_plan_is_in_the_configs_order_and_says_each_thing_once() -> None:
    specs = [make_spec("b"), make_spec("a")]
    functions = [make_repoint(make_function(name)) for name in ("z", "c")]
    plan = make_plan(
        specs,
        layers=[make_unchanged(specs[1]), make_unchanged(specs[0])],
        functions=functions,
        findings=[make_finding(), make_finding()],
        commit=COMMIT,
        compared_with="nothing",
    )
    assert [op.spec.name for op in plan.layers if isinstance(op, Unchanged)] == ["b", "a"]
    assert [op.function.name for op in plan.functions] == ["c", "z"]
    assert len(plan.findings) == 1


def test_a_layer_too_large_is_told_once_for_all_regions() -> None:
    content = make_content(make_spec(budget=1), seed="head", lock=HEAD.lock)
    found = operations(judged(held(WEST), held(EAST, version=None), content=content))
    assert [finding.check for _, finding in size_findings(found)] == ["over-budget"]
