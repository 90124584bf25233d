"""Building: each artifact once, every one tried, and a manifest over all."""

import json
from pathlib import Path

import pytest

from layer_action.commands.build import build_artifacts, contents_of, try_artifacts, write_build
from layer_action.commands.by_artifact import told_once
from layer_action.decide.plan import size_findings
from layer_action.errors import BuildError, InputError, Location, Problems, concerning
from layer_action.formats import pylock
from layer_action.model.layer import Artifact, Finding, LayerContent, Severity
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    make_content,
    make_finding,
    make_plan,
    make_publication,
    make_size,
    make_spec,
    make_unchanged,
)
from tests.fakes import FakeBuilder, Stage

CONTENTS = [make_content(make_spec(name), seed=name) for name in ("http", "data", "common")]


class FindingBuilder(FakeBuilder):
    """Finds the same thing in every artifact."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = findings

    def build(self, content: LayerContent, root: Path, directory: Path) -> Artifact:
        built = super().build(content, root, directory)
        return Artifact(
            content=built.content,
            path=built.path,
            code_sha256=built.code_sha256,
            size=built.size,
            findings=self.findings,
        )


def test_an_artifact_of_several_regions_is_built_once() -> None:
    publications = [make_publication(CONTENTS[0], region=region) for region in (REGION, "us-east-1")]
    assert contents_of(make_plan(publications)) == (CONTENTS[0],)


def test_what_is_unchanged_is_built_only_on_request() -> None:
    plan = make_plan([make_unchanged(content=CONTENTS[0]), make_unchanged(make_spec("data"))])
    assert contents_of(plan) == ()
    assert contents_of(plan, unchanged=True) == (CONTENTS[0],)


def test_artifacts_are_returned_by_layer_name_in_a_folder_that_is_made(tmp_path: Path) -> None:
    built = build_artifacts(Stage().services(), CONTENTS, tmp_path / "new" / "folder")
    assert list(built) == ["http", "data", "common"]
    assert all(artifact.path.is_file() for artifact in built.values())


def test_what_the_plan_has_told_counts_and_is_not_told_again(tmp_path: Path) -> None:
    large = make_finding(check="layer-too-large", layer="http", severity=Severity.ERROR)
    small = make_finding(check="start-up-code", layer="http", severity=Severity.NOTICE)
    stage = Stage()
    stage.builder = FindingBuilder(large, small)
    built = try_artifacts(stage.services(), CONTENTS[:1], tmp_path, plan=make_plan(findings=[large]))
    assert built.problems == ()
    assert [problem.message for problem in built.told] == [large.message]
    assert len(stage.console.texts("notice")) == 1
    assert stage.console.texts("error") == []


def test_what_the_plan_measured_to_be_too_large_is_not_built_to_say_it_again(tmp_path: Path) -> None:
    stage = Stage()
    large = make_size(unzipped=300_000_000)
    plan = make_plan([make_publication(CONTENTS[0], size=large)])
    plan = replace(plan, findings=told_once(size_findings(plan.publications)))
    built = try_artifacts(stage.services(), CONTENTS[:2], tmp_path, plan=plan)
    assert (list(built.artifacts), stage.builder.built) == (["data"], ["data"])
    assert built.problems == ()
    assert "would be 300.0 MB unzipped" in built.told[0].message


def test_what_is_refused_tells_all_its_findings_and_leaves_nothing(tmp_path: Path) -> None:
    stage = Stage()
    large = make_finding(check="layer-too-large", layer="http", severity=Severity.ERROR)
    small = make_finding(check="start-up-code", layer="http", severity=Severity.NOTICE)
    stage.builder.failures = {"http": RefusedLayerError([large, small])}
    built = try_artifacts(stage.services(), CONTENTS[:1], tmp_path)
    assert [problem.message for problem in built.problems] == [large.message]
    assert built.findings == (large,)
    assert len(stage.console.texts("notice")) == 1
    assert built.artifacts == {}


def test_zips_of_a_layer_that_are_refused_for_their_sizes_are_one_problem(tmp_path: Path) -> None:
    stage = Stage()
    spec = make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312))
    zips = [make_content(spec, layer_name=f"http-{one.architecture}", targets=(one,)) for one in spec.targets]
    for content, size in zip(zips, ("2.1 MB", "2.2 MB"), strict=True):
        message = f"The layer `http`{content.which} is {size} unzipped; its budget is 2.0 MB."
        large = make_finding(message=message, check="over-budget", layer="http", severity=Severity.ERROR)
        stage.builder.failures[content.layer_name] = RefusedLayerError([large])
    (problem,) = try_artifacts(stage.services(), zips, tmp_path).problems
    assert "is 2.1 MB unzipped for 3.12 arm64, 2.2 MB for 3.12 x86_64; its budget is 2.0 MB." in problem.message


def test_what_all_zips_of_a_layer_have_is_told_once(tmp_path: Path) -> None:
    stage = Stage()
    stage.builder = FindingBuilder(make_finding(check="start-up-code", layer="http", severity=Severity.NOTICE))
    try_artifacts(stage.services(), CONTENTS[:2], tmp_path)
    assert len(stage.console.texts("notice")) == 1


def test_every_layer_is_tried_and_every_failure_told(tmp_path: Path) -> None:
    stage = Stage()
    stage.builder.failures = {"http": BuildError("no wheel"), "common": BuildError("no room")}
    with pytest.raises(Problems) as caught:
        build_artifacts(stage.services(), CONTENTS, tmp_path)
    assert [problem.message for problem in caught.value.problems] == ["no wheel", "no room"]
    assert stage.builder.built == ["data"]


def test_a_failed_layer_costs_no_other_one_and_its_report_names_it(tmp_path: Path) -> None:
    stage = Stage()
    stage.builder.failures = {"http": BuildError("no wheel", hint="Ask for another.")}
    built = try_artifacts(stage.services(), CONTENTS, tmp_path)
    assert list(built.artifacts) == ["data", "common"]
    assert len(built.problems) == 1
    (finding,) = built.findings
    assert (finding.layer, finding.message, finding.ways_out) == ("http", "no wheel", ("Ask for another.",))


def test_a_failure_points_at_the_line_that_brings_what_it_is_about(tmp_path: Path) -> None:
    stage = Stage()
    stage.resolver.lines["http"] = {"requests": Location("requirements.txt", 4)}
    stage.builder.failures = {"http": concerning(BuildError("requests is broken."), "requests")}
    (problem,) = try_artifacts(stage.services(), CONTENTS[:1], tmp_path).problems
    assert problem.location == Location("requirements.txt", 4)


def test_a_finding_points_at_the_line_that_brings_what_it_is_about(tmp_path: Path) -> None:
    stage = Stage()
    stage.resolver.lines["http"] = {"requests": Location("requirements.txt", 4)}
    finding = make_finding(severity=Severity.ERROR, distribution="requests", location=Location("layers.yml", 1))
    stage.builder = FindingBuilder(finding)
    (problem,) = try_artifacts(stage.services(), CONTENTS[:1], tmp_path).problems
    assert problem.location == Location("requirements.txt", 4)


def test_an_error_in_an_artifact_stops_with_its_ways_out(tmp_path: Path) -> None:
    stage = Stage()
    finding = make_finding(severity=Severity.ERROR, ways_out=("Build it.", "Drop it."), location=Location("a.txt", 2))
    stage.builder = FindingBuilder(finding)
    with pytest.raises(BuildError, match="Something is odd") as caught:
        build_artifacts(stage.services(), CONTENTS[:1], tmp_path)
    assert (caught.value.location, caught.value.hint) == (Location("a.txt", 2), "Build it.\nDrop it.")


def test_a_warning_is_told_and_stops_only_where_warnings_do(tmp_path: Path) -> None:
    stage = Stage()
    stage.builder = FindingBuilder(make_finding())
    build_artifacts(stage.services(), CONTENTS[:1], tmp_path)
    assert len(stage.console.texts("warning")) == 1
    with pytest.raises(BuildError):
        build_artifacts(stage.services(), CONTENTS[:1], tmp_path, fail_on=Severity.WARNING)
    assert not (tmp_path / "http.zip").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written to") as caught:
        build_artifacts(Stage().services(), CONTENTS, tmp_path / "file" / "folder")
    assert "--dir" in caught.value.hint


def test_the_manifest_lists_each_artifact_and_its_lock_lies_beside_it(tmp_path: Path) -> None:
    built = build_artifacts(Stage().services(), CONTENTS[:1], tmp_path)
    manifest = json.loads(write_build(built.values(), tmp_path).read_text(encoding="utf-8"))
    [row] = manifest["artifacts"]
    assert (row["layer"], row["zip"], row["digest"]) == ("http", "http.zip", CONTENTS[0].digest)
    assert row["targets"] == [{"runtime": "python3.12", "architecture": "arm64"}]
    lock = pylock.decode((tmp_path / row["lock"]).read_bytes())
    assert [(d.name, d.version) for d in lock.distributions] == [("requests", "2.32.3")]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def named_by_manifest(folder: Path) -> list[str]:
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    return sorted(["manifest.json", *(row[key] for row in rows for key in ("zip", "lock"))])


def built(stage: Stage, contents: list[LayerContent], folder: Path) -> None:
    write_build(try_artifacts(stage.services(), contents, folder).artifacts.values(), folder)


def test_a_layer_that_fails_leaves_no_zip_of_an_earlier_run(tmp_path: Path) -> None:
    stage = Stage()
    built(stage, CONTENTS, tmp_path)
    stage.builder.failures = {"http": BuildError("no wheel")}
    built(stage, CONTENTS, tmp_path)
    assert files_in(tmp_path) == named_by_manifest(tmp_path)
    assert "http.zip" not in files_in(tmp_path)


def test_a_renamed_layer_leaves_no_zip_of_its_old_name_and_foreign_files_stay(tmp_path: Path) -> None:
    foreign = ["common.cdx.json", "pylock.toml", "theirs.zip"]
    for name in foreign:
        (tmp_path / name).write_text("theirs", encoding="utf-8")
    built(Stage(), CONTENTS[:2], tmp_path)
    built(Stage(), CONTENTS[1:], tmp_path)
    assert named_by_manifest(tmp_path) == [
        "common.zip",
        "data.zip",
        "manifest.json",
        "pylock.common.toml",
        "pylock.data.toml",
    ]
    assert files_in(tmp_path) == sorted([*foreign, *named_by_manifest(tmp_path)])


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    try_artifacts(Stage().services(), CONTENTS[:1], tmp_path)  # killed before the manifest
    assert named_by_manifest(tmp_path) == ["manifest.json"]
    assert "http.zip" in files_in(tmp_path)
    (tmp_path / ".0123456789abcdef.part").write_bytes(b"half a zip")
    built(Stage(), CONTENTS[1:2], tmp_path)
    assert files_in(tmp_path) == named_by_manifest(tmp_path) == ["data.zip", "manifest.json", "pylock.data.toml"]


@pytest.mark.parametrize("text", ["[]", '{"name": "a web app"}', "no json", '{"artifacts": [1]}'])
def test_a_manifest_that_is_not_ours_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    (tmp_path / "http.zip").write_text("theirs", encoding="utf-8")
    with pytest.raises(InputError, match="no build of ours") as caught:
        built(Stage(), CONTENTS, tmp_path)
    assert "--dir" in caught.value.hint
    assert caught.value.location == Location(str(tmp_path / "manifest.json"))
    assert (tmp_path / "manifest.json").read_text(encoding="utf-8") == text
    assert (tmp_path / "http.zip").read_text(encoding="utf-8") == "theirs"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "notes.txt", "a/b.zip", "..zip"])
def test_a_manifest_names_nothing_but_our_own_files(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "zips"
    built(Stage(), CONTENTS[:1], folder)
    for path in (tmp_path / "secret", folder / "notes.txt"):
        path.write_text("theirs", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"artifacts": [{"zip": name, "lock": name}]}), encoding="utf-8")
    built(Stage(), CONTENTS[1:2], folder)
    assert (tmp_path / "secret").is_file()
    assert (folder / "notes.txt").is_file()


def test_a_release_builds_what_is_missing_beside_what_is_there(tmp_path: Path) -> None:
    built(Stage(), CONTENTS[:1], tmp_path)
    build_artifacts(Stage().services(), CONTENTS[1:2], tmp_path, fresh=False)
    assert {"http.zip", "data.zip"} <= set(files_in(tmp_path))
