"""Failures on several targets, told as one."""

from layer_action.commands.by_target import named, told_once
from layer_action.errors import DownloadError, LayerActionError, Location, Problems, ResolutionError
from layer_action.model.target import Architecture, Target
from tests.factories import ARM_312, X86_312

X86_311 = Target(runtime="python3.11", architecture=Architecture.X86_64)
HERE = Location("requirements.txt", 3)


def no_wheel(target: Target, hint: str, version: str = "2.0") -> LayerActionError:
    error = ResolutionError(f"fast {version} has no wheel that fits {target}.", hint=hint, location=HERE)
    error.distribution = "fast"
    return error


def test_what_differs_by_target_stands_inside_one_problem() -> None:
    [found] = told_once(
        {
            ARM_312: no_wheel(ARM_312, "It takes cp312 on 2_34_aarch64.\nAsk for 1.5."),
            X86_312: no_wheel(X86_312, "It takes cp312 on 2_34_x86_64.\nAsk for 1.5."),
            X86_311: no_wheel(X86_311, "It takes cp311 on 2_26_x86_64.\nAsk for 1.5."),
        }
    )
    assert found.message == "fast 2.0 has no wheel that fits 3.12 arm64 and 3.11, 3.12 x86_64."
    assert found.hint.splitlines() == [
        "3.12 arm64 and x86_64: It takes cp312 on 2_34_aarch64/x86_64.",
        "3.11 x86_64: It takes cp311 on 2_26_x86_64.",
        "Ask for 1.5.",
    ]


def test_another_version_of_the_same_distribution_is_no_other_problem() -> None:
    [found] = told_once({ARM_312: no_wheel(ARM_312, ""), X86_311: no_wheel(X86_311, "", version="1.9")})
    assert found.message == ("fast 2.0 has no wheel that fits 3.12 arm64. fast 1.9 has no wheel that fits 3.11 x86_64.")


def test_a_target_that_its_hint_names_is_not_told_twice() -> None:
    [found] = told_once({target: no_wheel(target, f"Lock for {target}.") for target in (ARM_312, X86_311)})
    assert found.hint == "Lock for 3.12 arm64 and 3.11 x86_64."


def test_problems_of_other_kinds_or_lines_stay_apart() -> None:
    elsewhere = no_wheel(ARM_312, "")
    elsewhere.location = Location("requirements.txt", 1)
    broken = DownloadError("fast cannot be had.", location=HERE)
    broken.distribution = "fast"
    found = told_once({ARM_312: Problems([no_wheel(ARM_312, ""), broken]), X86_312: elsewhere})
    assert [str(each.location) for each in found] == ["requirements.txt:1", "requirements.txt:3", "requirements.txt:3"]


def test_two_problems_of_a_distribution_on_one_target_are_both_told() -> None:
    found = told_once({ARM_312: Problems([no_wheel(ARM_312, ""), no_wheel(ARM_312, "", version="1.9")])})
    assert len(found) == 2


def test_what_targets_have_in_common_is_named_once() -> None:
    assert named((ARM_312, X86_311, X86_312)) == "3.12 arm64 and 3.11, 3.12 x86_64"
    assert named((ARM_312, X86_312)) == "3.12 arm64 and x86_64"


def test_pythons_in_a_row_are_named_by_the_first_and_the_last() -> None:
    runtimes = ["python3.9", "python3.10", "python3.11"]
    found = [Target(runtime=runtime, architecture=each) for runtime in runtimes for each in Architecture]
    assert named(found) == "3.9 to 3.11 x86_64 and arm64"


def test_what_is_no_letter_in_a_message_stays_as_it_is() -> None:
    [found] = told_once({ARM_312: ResolutionError("`six\0\1\2` is none.", hint="", location=HERE)})
    assert found.message == "`six\0\1\2` is none."
