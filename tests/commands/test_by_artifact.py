"""Findings of several zips of one layer, told as one."""

from layer_action.commands.by_artifact import told_once
from layer_action.decide.budget import budget_findings
from layer_action.model.function import Unknown
from layer_action.model.layer import DistributionSize, Finding, LayerContent, LayerSize
from layer_action.model.target import Architecture, Target
from tests.factories import ARM_312, X86_312, make_content, make_finding, make_spec

X86_313 = Target(runtime="python3.13", architecture=Architecture.X86_64)
SPEC = make_spec("data", targets=(ARM_312, X86_312, X86_313), layer_name="data-{runtime}-{architecture}")
ARM, X86, NEWER = (
    make_content(SPEC, layer_name=f"data-{number}", targets=(target,)) for number, target in enumerate(SPEC.targets)
)


def too_large(content: LayerContent, **megabytes: float) -> tuple[LayerContent, Finding]:
    parts = [DistributionSize(name=name, version="1", unzipped=round(mb * 1e6)) for name, mb in megabytes.items()]
    total = sum(part.unzipped for part in parts)
    size = LayerSize(zipped=total // 3, unzipped=total, distributions=tuple(parts))
    (finding,) = budget_findings(content, size, Unknown(reason="there is no version before"))
    return content, finding


def test_a_layer_whose_zips_are_all_too_large_says_so_once_with_each_size() -> None:
    (finding,) = told_once(
        [too_large(ARM, torch=270, six=1), too_large(X86, torch=290, six=1), too_large(NEWER, torch=290, six=1)]
    )
    assert finding.message == (
        "The layer `data` would be 271.0 MB unzipped for 3.12 arm64, 291.0 MB for 3.12, 3.13 x86_64 each; "
        "Lambda's limit is 262.1 MB. Heaviest: torch 290.0 MB, six 1.0 MB."
    )
    assert finding.ways_out == too_large(X86, torch=290, six=1)[1].ways_out


def test_what_only_the_largest_zip_holds_is_said_of_it_alone() -> None:
    (finding,) = told_once([too_large(ARM, torch=270), too_large(X86, torch=270, cuda=90)])
    assert finding.message.endswith(" For 3.12 x86_64: Heaviest: torch 270.0 MB, cuda 90.0 MB.")


def test_sizes_in_bytes_are_sizes_too() -> None:
    (finding,) = told_once([too_large(ARM, torch=262.145), too_large(X86, torch=262.146)])
    assert "262\xa0145\xa0000 bytes unzipped for 3.12 arm64, 262\xa0146\xa0000 bytes for 3.12 x86_64" in finding.message


def test_one_zip_of_several_is_told_as_it_is() -> None:
    found = too_large(ARM, torch=270)
    assert told_once([found]) == [found[1]]


def test_a_zip_that_breaks_another_limit_is_told_apart() -> None:
    other = make_finding(
        layer="data", message="The layer `data` for 3.12 x86_64 is 3.0 MB unzipped; its budget is 2 kB."
    )
    assert len(told_once([too_large(ARM, torch=270), (X86, other)])) == 2


def test_what_differs_in_the_zip_alone_names_all_of_them() -> None:
    found = [
        (content, make_finding(message=f"exclude *.h matches no file of the layer{content.which}."))
        for content in (ARM, X86)
    ]
    assert [finding.message for finding in told_once(found)] == [
        "exclude *.h matches no file of the layer for 3.12 arm64 and x86_64."
    ]


def test_two_things_of_one_zip_stay_two() -> None:
    found = [make_finding(message=f"exclude tests: 2 files, {size} kB unzipped") for size in (3, 4)]
    assert told_once([(ARM, found[0]), (ARM, found[1])]) == found
