"""Whether a layer is affected, and why."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from semver import Version

from layer_action.decide.affected import judge, judge_against_base, judge_by_inputs
from layer_action.decide.verdict import NOTHING, Affected, AtBase, Judgement, Published, newest_of_ours
from layer_action.errors import Location
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerContent, Severity
from layer_action.model.lock import Lock, LockDiff
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.plan import Superseded, Unchanged
from layer_action.model.published import LayerVersion
from layer_action.record import replace
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    hex_digest,
    make_content,
    make_digest,
    make_distribution,
    make_layer_version,
    make_lock,
    make_spec,
)

LINES = {"requests": Location("layers/http/requirements.txt", 3)}
SPEC = make_spec(locations=(("", Location("c.yml", 5)), ("runtimes", Location("c.yml", 1))))
BEFORE = make_lock(
    [
        make_distribution("requests", "2.31.0"),
        make_distribution("urllib3", "2.0.7", direct=False, required_by=("requests",)),
    ]
)


def head(lock: Lock | None = None, **overrides: object) -> LayerContent:
    return make_content(SPEC, seed="head", lock=lock or BEFORE, **overrides)


def ours(number: int = 14, version: str = "1.4.2", *, digest: str = "before", **overrides: object) -> LayerVersion:
    return make_layer_version("http", number, version, digest=make_digest(digest), **overrides)  # type: ignore[arg-type]


def published(
    *versions: LayerVersion, lock: Lock | Unknown | None = BEFORE, contained: bool | Unknown = True
) -> Published:
    return Published(region=REGION, versions=versions, lock=lock, contained=contained)


def affected(judgement: Judgement) -> Affected:
    assert isinstance(judgement.verdict, Affected)
    return judgement.verdict


def known(found: Affected) -> LockDiff:
    assert not isinstance(found.changes, Unknown)
    return found.changes


def checks(judgement: Judgement) -> Sequence[str]:
    return [finding.check for finding in judgement.findings]


def test_an_equal_digest_is_unchanged() -> None:
    judgement = judge(head(), published(ours(digest="head")), lines=LINES)
    assert isinstance(judgement.verdict, Unchanged)
    assert judgement.verdict.reason.text == "http:14 (1.4.2) holds what the repository asks for"


def test_equal_inputs_are_unchanged_without_a_lock() -> None:
    same = ours(digest="anything")
    inputs_hash = f"i:{hex_digest('one', 12)}"
    assert judge_by_inputs(SPEC, "http", inputs_hash, published(same)) is not None
    assert judge_by_inputs(SPEC, "http", "i:" + "0" * 12, published(same)) is None
    assert judge_by_inputs(SPEC, "http", inputs_hash, published()) is None


def test_a_raised_requirement_is_the_reason_with_its_line() -> None:
    after = make_lock({"requests": "2.32.3"})
    found = affected(judge(head(after), published(ours()), lines=LINES))
    assert found.reason.text.startswith("requests 2.31.0 → 2.32.3, layers/http/requirements.txt:3")
    assert found.reason.location == LINES["requests"]
    assert found.bump is Bump.MINOR
    assert found.previous == ours()


@pytest.mark.parametrize(
    ("file", "places"),
    [
        ("layers/http/requirements.txt", "layers/http/requirements.txt:7 and 3"),
        ("layers/base.txt", "layers/base.txt:7 and layers/http/requirements.txt:3"),
    ],
)
def test_requirements_that_were_raised_together_each_have_their_line(file: str, places: str) -> None:
    before = make_lock({"requests": "2.31.0", "idna": "3.7"})
    after = make_lock({"requests": "2.32.3", "idna": "3.10"})
    lines = LINES | {"idna": Location(file, 7)}
    reason = affected(judge(head(after), published(ours(), lock=before), lines=lines)).reason
    assert reason.text == f"idna 3.7 → 3.10 and requests 2.31.0 → 2.32.3, {places}"
    assert reason.location == lines["idna"]


def test_a_transitive_change_names_what_needs_it() -> None:
    after = make_lock(
        [
            make_distribution("requests", "2.31.0"),
            make_distribution("urllib3", "2.8.0", direct=False, required_by=("requests",)),
            make_distribution("idna", "3.7", direct=False, required_by=("urllib3",)),
        ]
    )
    found = affected(judge(head(after), published(ours()), lines=LINES))
    assert found.reason.text == (
        "idna 3.7 added and urllib3 2.0.7 → 2.8.0, which requests needs, layers/http/requirements.txt:3"
    )


def test_what_the_config_says_is_provided_points_at_the_config() -> None:
    here = Location("layers.yml", 5)
    spec = make_spec(provided=("UrlLib3", "idna"), locations=(("provided", here),))
    after = make_content(spec, seed="head", lock=make_lock({"requests": "2.31.0"}))
    reason = affected(judge(after, published(ours()), lines=LINES)).reason
    assert (reason.text, reason.location) == ("urllib3 removed, as `provided` says, layers.yml:5", here)


def test_distributions_that_need_each_other_are_told_by_who_needs_them_from_outside() -> None:
    after = make_lock(
        [
            make_distribution("requests", "2.31.0"),
            make_distribution("urllib3", "2.8.0", direct=False, required_by=("idna", "requests")),
            make_distribution("idna", "3.7", direct=False, required_by=("urllib3",)),
        ]
    )
    found = affected(judge(head(after), published(ours()), lines=LINES))
    assert "which requests needs" in found.reason.text


def test_a_removed_requirement_points_at_its_file() -> None:
    before = make_lock({"requests": "2.31.0", "six": "1.17.0"})
    after = make_lock({"requests": "2.31.0"})
    found = affected(judge(head(after), published(ours(), lock=before), lines=LINES))
    assert found.reason.text == "six removed, layers/http/requirements.txt"
    assert found.bump is Bump.MAJOR


def test_a_new_target_is_the_reason_when_nothing_else_is() -> None:
    found = affected(judge(head(targets=(ARM_312, X86_312)), published(ours()), lines=LINES))
    assert found.reason.text == "x86_64 added, c.yml:1"
    assert found.bump is Bump.MINOR


def test_own_files_are_the_reason_when_packages_and_targets_are_the_same() -> None:
    own = OwnFile(path="python/a.py", source=Path("a.py"), sha256="0" * 64, size=1)
    found = affected(judge(head(own_files=OwnFiles([own])), published(ours()), lines=LINES))
    assert found.reason.text == "own files or build options changed, c.yml:5"
    assert found.bump is Bump.PATCH


def test_a_first_version_has_no_bump() -> None:
    found = affected(judge(head(), published(lock=None), lines=LINES))
    assert found.reason.text == "first version, c.yml:5"
    assert found.bump is Bump.NONE
    assert [change.name for change in known(found)] == ["requests", "urllib3"]


def test_only_foreign_versions_are_adopted_and_compared() -> None:
    foreign = make_layer_version("http", 3, None)
    found = affected(judge(head(make_lock({"requests": "2.32.3"})), published(foreign), lines=LINES))
    assert found.previous is None
    assert found.reference == foreign
    assert found.reason.text.startswith("adopted: http:3 was published by something else; requests 2.31.0 → 2.32.3")


def test_a_foreign_version_on_top_of_ours_is_a_warning() -> None:
    foreign = make_layer_version("http", 15, None)
    judgement = judge(head(), published(foreign, ours(digest="head")), lines=LINES)
    assert isinstance(judgement.verdict, Unchanged)
    assert judgement.verdict.current == ours(digest="head")
    assert checks(judgement) == ["foreign-version"]


def test_a_foreign_version_below_ours_is_history() -> None:
    foreign = make_layer_version("http", 13, None)
    assert checks(judge(head(), published(ours(digest="head"), foreign), lines=LINES)) == []


def test_a_newer_commit_supersedes_ours() -> None:
    judgement = judge(head(), published(ours(commit="f" * 12), contained=False), lines=LINES)
    assert isinstance(judgement.verdict, Superseded)
    assert "ffffffffffff, which this commit does not contain" in judgement.verdict.reason.text


def test_what_is_superseded_is_a_notice_with_the_way_out() -> None:
    (finding,) = judge(head(), published(ours(commit="f" * 12), contained=False), lines=LINES).findings
    assert (finding.check, finding.severity) == ("superseded", Severity.NOTICE)
    assert "ffffffffffff was published" in finding.message
    assert any("allow-older" in way for way in finding.ways_out)


def test_an_older_commit_may_be_allowed() -> None:
    judgement = judge(head(), published(ours(), contained=False), lines=LINES, allow_older=True)
    assert isinstance(judgement.verdict, Affected)


def test_an_unknown_history_is_a_warning_and_goes_on() -> None:
    judgement = judge(head(), published(ours(), contained=Unknown(reason="shallow")), lines=LINES)
    assert isinstance(judgement.verdict, Affected)
    assert [(found.check, found.severity) for found in judgement.findings] == [("history-unknown", Severity.WARNING)]


def test_who_allows_an_older_commit_does_not_care_for_history() -> None:
    unknown = published(ours(), contained=Unknown(reason="shallow"))
    assert checks(judge(head(), unknown, lines=LINES, allow_older=True)) == []


def test_an_unchanged_layer_does_not_care_for_history() -> None:
    judgement = judge(head(), published(ours(digest="head"), contained=False), lines=LINES)
    assert isinstance(judgement.verdict, Unchanged)


def test_a_lock_that_cannot_be_read_assumes_the_worst_and_says_so() -> None:
    judgement = judge(head(), published(ours(), lock=Unknown(reason="denied")), lines=LINES)
    assert affected(judgement).bump is Bump.MAJOR
    assert affected(judgement).changes == Unknown(reason="denied")
    assert checks(judgement) == ["previous-lock-unknown"]


def test_a_tag_releases_an_unchanged_layer_that_it_names() -> None:
    version = Version.parse("2.0.0")
    same = published(ours(digest="head"))
    named = judge(head(), same, lines=LINES, release=version, even_if_unchanged=True)
    assert affected(named).reason.text == "released as 2.0.0"
    assert isinstance(judge(head(), same, lines=LINES, release=version).verdict, Unchanged)


def test_a_tag_that_was_released_already_is_unchanged() -> None:
    version = Version.parse("1.4.2")
    again = judge(head(), published(ours(digest="head")), lines=LINES, release=version, even_if_unchanged=True)
    assert isinstance(again.verdict, Unchanged)


def test_a_pre_release_that_was_released_already_is_unchanged_below_a_stable_one() -> None:
    version = Version.parse("2.0.0-rc.1")
    versions = (ours(15, "2.0.0-rc.1", digest="head"), ours())
    again = judge(head(), published(*versions), lines=LINES, release=version)
    assert isinstance(again.verdict, Unchanged)
    assert again.verdict.current == versions[0]


def test_a_pre_release_alone_settles_nothing() -> None:
    candidate = ours(1, "1.0.0-rc.1", digest="head")
    found = affected(judge(head(), published(candidate, contained=False), lines=LINES))
    assert found.reason.text == "released, after http:1 (1.0.0-rc.1)"
    assert found.bump is Bump.PATCH
    assert judge_by_inputs(SPEC, "http", f"i:{hex_digest('one', 12)}", published(candidate)) is None


def test_a_head_is_compared_with_the_newest_stable_version_of_ours() -> None:
    stable, candidate = ours(14), ours(15, "2.0.0-rc.1")
    foreign = make_layer_version("http", 16, None)
    assert newest_of_ours((foreign, candidate, stable)) == stable
    assert newest_of_ours((foreign, candidate)) == candidate
    assert newest_of_ours((foreign,)) is None


def test_without_aws_the_base_commit_is_what_counts() -> None:
    base = make_content(SPEC, seed="base", lock=BEFORE)
    found = affected(
        judge_against_base(head(make_lock({"requests": "2.31.0"})), AtBase(content=base, label="base"), lines=LINES)
    )
    assert found.region == ""
    assert found.previous is None
    same = judge_against_base(head(), AtBase(content=head(), label="the base commit abc"), lines=LINES)
    assert isinstance(same.verdict, Unchanged)
    assert same.verdict.reason.text == "asks for the same as the base commit abc"


def test_against_a_base_the_own_files_that_changed_are_named() -> None:
    then = [OwnFile(path=f"python/{name}", source=Path(name), sha256="0" * 64, size=1) for name in ("a.py", "b.py")]
    now = [replace(then[0], executable=True), then[1], replace(then[1], path="python/c.py", source=Path("c.py"))]
    base = make_content(SPEC, seed="base", lock=head().lock, own_files=OwnFiles(then))
    found = affected(
        judge_against_base(head(own_files=OwnFiles(now)), AtBase(content=base, label="the base"), lines=LINES)
    )
    assert found.reason.text == "own files changed: a.py and c.py, c.yml:5"


def test_against_a_base_with_the_same_packages_and_files_build_options_changed() -> None:
    base = make_content(SPEC, seed="base", lock=head().lock)
    found = affected(judge_against_base(head(), AtBase(content=base, label="the base"), lines=LINES))
    assert found.reason.text == "build options changed, c.yml:5"


def test_a_layer_that_the_base_lacks_is_new() -> None:
    found = affected(judge_against_base(head(), AtBase(content=None, label="the base commit abc"), lines=LINES))
    assert found.reason.text == "new since the base commit abc, c.yml:5"


def test_a_base_that_cannot_be_told_is_said_to_be() -> None:
    base = AtBase(content=Unknown(reason="it conflicts"), label="the base commit abc")
    found = affected(judge_against_base(head(), base, lines=LINES))
    assert "what the base commit abc holds is unknown: it conflicts" in found.reason.text
    assert found.changes == Unknown(reason="it conflicts")


def test_without_any_base_everything_is_added() -> None:
    base = AtBase(content=Unknown(reason="there is no git"), label=NOTHING)
    found = affected(judge_against_base(head(), base, lines=LINES))
    assert {change.before for change in known(found)} == {None}


def test_of_twins_that_two_runs_published_at_once_the_lowest_number_counts() -> None:
    digest = "d1:" + "a" * 32
    versions = [make_layer_version("http", n, v, digest=digest) for n, v in ((4, "1.1.0"), (3, "1.1.0"), (2, "1.0.0"))]
    newest = newest_of_ours(versions)
    assert newest is not None
    assert newest.number == 3
