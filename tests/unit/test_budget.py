"""A layer's size against what it may be."""

import pytest

from layer_action.decide.budget import budget_findings, growth, unmeasured_findings, upload_findings
from layer_action.model.function import Unknown
from layer_action.model.layer import DIRECT_LIMIT, UNZIPPED_LIMIT, DistributionSize, LayerSize, Publication, Severity
from layer_action.model.lock import LockedDistribution
from layer_action.model.plan import PublishLayer
from layer_action.record import replace
from tests.factories import ARM_312, X86_312, make_content, make_distribution, make_lock, make_publication, make_spec

UNKNOWN = Unknown(reason="nobody measured")


def sized(total: int, **parts: int) -> LayerSize:
    distributions = tuple(DistributionSize(name=name, version="1", unzipped=size) for name, size in parts.items())
    return LayerSize(zipped=total // 3, unzipped=total, distributions=distributions)


def test_a_layer_below_its_limits_has_no_finding() -> None:
    assert budget_findings(make_content(), sized(UNZIPPED_LIMIT - 1), UNKNOWN) == ()


def test_an_unknown_size_accuses_nobody() -> None:
    assert budget_findings(make_content(), UNKNOWN, UNKNOWN) == ()


def test_lambda_wants_less_than_its_limit() -> None:
    (finding,) = budget_findings(make_content(), sized(UNZIPPED_LIMIT), UNKNOWN)
    assert finding.severity is Severity.ERROR
    assert finding.check == "layer-too-large"


def test_a_budget_may_be_met_exactly_and_not_exceeded() -> None:
    content = make_content(make_spec(budget=100))
    assert budget_findings(content, sized(100), UNKNOWN) == ()
    (finding,) = budget_findings(content, sized(101), UNKNOWN)
    assert finding.check == "over-budget"
    assert any("Raise `budget:`" in way for way in finding.ways_out)


def test_of_several_zips_each_is_told_by_its_target() -> None:
    content = make_content(make_spec(budget=100, targets=(ARM_312, X86_312)), targets=(X86_312,))
    (finding,) = budget_findings(content, sized(101), UNKNOWN)
    assert finding.message.startswith("The layer `http` for 3.12 x86_64 would be")


def test_the_ten_heaviest_are_named_and_what_grew() -> None:
    parts = {f"p{n}": (20 - n) * 1_000_000 for n in range(12)}
    before = sized(0, p0=1_000_000, p1=19_000_000)
    (finding,) = budget_findings(make_content(make_spec(budget=1)), sized(200_000_000, **parts), before)
    assert "p9 11.0 MB" in finding.message
    assert "p10" not in finding.message.split("What grew")[0]
    assert "What grew: p0 +19.0 MB" in finding.message


def test_what_the_runtime_brings_can_be_left_out() -> None:
    size = sized(UNZIPPED_LIMIT, botocore=22_000_000, boto3=500_000)
    (finding,) = budget_findings(make_content(), size, UNKNOWN)
    assert any("provided: [boto3, botocore]" in way and "22.5 MB" in way for way in finding.ways_out)


def ways_out(total: int, *distributions: LockedDistribution, **parts: int) -> str:
    content = make_content(lock=make_lock(distributions))
    (finding,) = budget_findings(content, sized(total, **parts), UNKNOWN)
    return "\n".join(finding.ways_out)


def test_each_preset_says_what_it_would_save() -> None:
    size = replace(sized(UNZIPPED_LIMIT), savings=(("tests", 10_000_000), ("stubs", 2_000_000)))
    (finding,) = budget_findings(make_content(make_spec("data")), size, UNKNOWN)
    assert finding.ways_out[:2] == (
        "`exclude: [tests]` in `data` saves 10.0 MB.",
        "`exclude: [stubs]` in `data` saves 2.0 MB.",
    )


def needed(name: str, *by: str) -> LockedDistribution:
    return replace(make_distribution(name, "1"), direct=not by, required_by=by)


def test_what_the_runtime_brings_goes_with_all_that_only_it_needs() -> None:
    lock = (
        needed("boto3"),
        needed("botocore", "boto3"),
        needed("s3transfer", "boto3"),
        needed("urllib3", "botocore", "requests"),
        needed("requests"),
    )
    text = ways_out(UNZIPPED_LIMIT, *lock, botocore=20_000_000, s3transfer=1_000_000, boto3=500_000, urllib3=400_000)
    assert "`provided: [boto3, botocore]` in `http` saves 21.5 MB" in text


def test_the_heaviest_requirement_could_move_out_with_what_only_it_needs() -> None:
    lock = needed("pandas"), needed("numpy", "pandas"), needed("pytz", "arrow", "pandas"), needed("arrow")
    text = ways_out(UNZIPPED_LIMIT, *lock, pandas=80_000_000, numpy=9_000_000, pytz=3_000_000, arrow=50_000_000)
    assert "Without pandas and 1 that only it needs it would be 89.0 MB less: move it to a layer of its own." in text


def test_the_only_requirement_has_nowhere_to_move() -> None:
    assert "Without" not in ways_out(UNZIPPED_LIMIT, needed("pandas"), pandas=80_000_000)


def test_what_no_layer_can_hold_wants_an_image() -> None:
    lock = needed("torch"), needed("triton", "torch"), needed("six")
    assert "no layer can hold that" in ways_out(UNZIPPED_LIMIT, *lock, torch=UNZIPPED_LIMIT - 1, triton=1)
    text = ways_out(UNZIPPED_LIMIT * 2, *lock, torch=UNZIPPED_LIMIT, triton=9_000_000, six=1)
    assert "torch and 1 that only it needs are 271.1 MB: no layer can hold that." in text
    assert "container image" in text


TOO_MUCH = (
    "All of that saves at most 122.5 MB, and leaves 300.0 MB. Split the layer by what each function needs, or give the "
    "functions that need all of it a container image: with its layers, a function may have 262.1 MB."
)


def test_where_no_way_out_suffices_that_is_said_and_what_helps() -> None:
    lock = needed("pyarrow"), needed("boto3"), needed("botocore", "boto3"), needed("scipy"), needed("pandas")
    parts = {"pyarrow": 100_000_000, "scipy": 99_000_000, "botocore": 22_000_000, "boto3": 500_000}
    assert TOO_MUCH in ways_out(422_500_000, *lock, **parts)
    assert "All of that" not in ways_out(384_644_000 - 1, *lock, **parts)


def test_what_a_preset_saves_counts_towards_what_suffices() -> None:
    size = replace(sized(UNZIPPED_LIMIT + 9), savings=(("tests", 6), ("stubs", 3)))
    (finding,) = budget_findings(make_content(), size, UNKNOWN)
    assert "All of that" in finding.ways_out[-1]
    (finding,) = budget_findings(make_content(), replace(size, savings=(("tests", 6), ("stubs", 4))), UNKNOWN)
    assert "All of that" not in finding.ways_out[-1]


def test_where_there_is_no_way_out_at_all_what_helps_is_said() -> None:
    text = ways_out(UNZIPPED_LIMIT, needed("pandas"), pandas=80_000_000)
    assert text.startswith("Split the layer by what each function needs, or give")


def test_a_requirement_that_others_need_too_takes_nothing_along() -> None:
    lock = replace(needed("numpy"), required_by=("pandas",)), needed("pandas")
    text = ways_out(UNZIPPED_LIMIT, *lock, numpy=80_000_000, pandas=1_000_000)
    assert "Without numpy it would be 80.0 MB less" in text


def test_an_inexact_size_is_at_least_that() -> None:
    size = LayerSize(zipped=1, unzipped=UNZIPPED_LIMIT, exact=False)
    (finding,) = budget_findings(make_content(), size, UNKNOWN)
    assert "at least" in finding.message


def test_growth_is_told_by_the_largest_first_and_only_if_known() -> None:
    assert growth(sized(9, a=2_000_000, b=31_000_000), sized(1, b=1_000_000)) == "b +30.0 MB and a +2.0 MB"
    assert growth(sized(9, a=2_000_000), UNKNOWN) == ""
    assert growth(sized(9, a=1), sized(9, a=1)) == ""
    assert growth(sized(9, a=100_000, b=99_999), sized(9, c=1)) == "a +0.1 MB"


def test_a_zip_that_aws_takes_only_from_a_bucket_is_told_before_anything_is_published() -> None:
    large = LayerSize(zipped=60_000_000, unzipped=100_000_000)
    (finding,) = upload_findings(make_publication(size=large))
    assert (finding.severity, finding.check) == (Severity.ERROR, "needs-a-bucket")
    assert (
        finding.message == "The layer `http` would be a zip of 60.0 MB; without a bucket AWS takes less than 52.4 MB."
    )
    assert finding.ways_out == ("Name a bucket in each region: `s3-bucket: my-zips-{region}` in `http`.",)


@pytest.mark.parametrize(
    "publication",
    [
        make_publication(size=LayerSize(zipped=DIRECT_LIMIT - 1, unzipped=1)),
        make_publication(size=UNKNOWN),
        make_publication(size=LayerSize(zipped=DIRECT_LIMIT, unzipped=1), region="", previous=None),
        make_publication(
            make_content(make_spec(publication=Publication(s3_bucket="zips"))),
            size=LayerSize(zipped=DIRECT_LIMIT, unzipped=1),
        ),
    ],
    ids=["small enough", "unknown", "nothing is published", "a bucket"],
)
def test_a_zip_that_aws_takes_is_nothing_to_tell(publication: PublishLayer) -> None:
    assert upload_findings(publication) == ()


def test_a_layer_that_could_not_be_measured_says_why_and_that_it_cannot_be_built_either() -> None:
    unread = Unknown(reason="six-1.0-py3-none-any.whl could not be downloaded: the server answers 404.")
    (finding,) = unmeasured_findings(make_publication(size=unread))
    assert (finding.severity, finding.check) == (Severity.WARNING, "size-unknown")
    assert finding.message == (
        "The layer `http` could not be measured, as six-1.0-py3-none-any.whl could not be downloaded: the server "
        "answers 404. While that stays so, it cannot be built either."
    )
    assert "with a login" in finding.ways_out[0]
    assert unmeasured_findings(make_publication()) == ()


def test_a_size_that_would_read_as_its_limit_is_told_in_bytes() -> None:
    (finding,) = budget_findings(make_content(make_spec(budget=62_914_560)), sized(62_940_000), UNKNOWN)
    assert "would be 62\xa0940\xa0000 bytes unzipped; its budget is 62\xa0914\xa0560 bytes." in finding.message
