"""The runner's protocol, read back by the runner's own rules."""

import io
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.errors import GitHubError, Location
from layer_action.github.runner import RunnerConsole, RunnerFiles, own_by_workspace
from tests.standins.command_files import Log, StepError, parse_command_file, read_log

# what people and packages put into texts, with a taste for the runner's own syntax
NASTY = st.text(
    st.sampled_from("ab %,:=\r\n<>#[]|\x85\u2028é😀\t") | st.characters(exclude_categories=["Cs"]), max_size=60
) | st.sampled_from(
    [
        "::error::x",
        "  ::set-output name=a::b",
        "x ##[error]y",
        "::stop-commands::t\n::t::",
        "a\r::add-mask::b",
        "%0A::warning::",
        "delimiter<<EOF\nEOF\nx=y",
    ]
)


class Console:
    """A console whose output is read as the runner reads it."""

    def __init__(self, *, debug: bool = False, verbose: bool = False) -> None:
        self.out = io.StringIO()
        seconds = itertools.count(step=2)
        self.console = RunnerConsole(self.out, debug=debug, verbose=verbose, clock=lambda: float(next(seconds)))

    @property
    def log(self) -> Log:
        return read_log(self.out.getvalue())


@given(NASTY, NASTY, st.integers(1, 9999) | st.none())
def test_annotations_come_through_as_they_were_meant(text: str, name: str, line: int | None) -> None:
    read = Console()
    read.console.error(text, title=name, location=Location(f"{name}/f", line))
    (order,) = read.log.orders
    assert (order.name, order.data) == ("error", text)
    assert order.properties.get("title", "") == name
    assert order.properties["file"] == f"{name}/f"
    assert order.properties.get("line") == (None if line is None else str(line))


@given(NASTY)
def test_no_text_of_ours_or_of_others_gives_orders(text: str) -> None:
    read = Console()
    read.console.info(text)
    read.console.foreign(text)
    assert read.log.orders == []


@given(NASTY)
def test_the_console_obeys_again_after_foreign_text(text: str) -> None:
    read = Console()
    read.console.foreign(text)
    read.console.notice("ours")
    assert [order.data for order in read.log.orders] == ["ours"]


def test_each_kind_has_ten_annotations_and_the_rest_are_lines() -> None:
    read = Console()
    for number in range(13):
        read.console.warning(f"w{number}", location=Location("a.txt", 3))
        read.console.error(f"e{number}")
    assert len(read.log.named("warning")) == 10
    assert len(read.log.named("error")) == 10
    assert "warning: a.txt:3: w12" in read.log.lines
    assert "error: e12" in read.log.lines


def test_a_long_message_is_cut_at_the_runners_limit() -> None:
    read = Console()
    read.console.error("x" * 5000)
    (order,) = read.log.orders
    assert len(order.data) == 4096
    assert order.data.endswith("…")


def test_a_secret_is_masked_as_a_whole_and_line_by_line() -> None:
    read = Console()
    read.console.mask("first\nsecond\n\n")
    read.console.mask("  ")
    assert [order.data for order in read.log.named("add-mask")] == ["first\nsecond\n\n", "first", "second"]


def test_groups_fold_and_end_with_their_duration() -> None:
    read = Console()
    with read.console.group("Resolve"):
        read.console.info("inside")
        with read.console.group("http"):
            pass
    text = read.out.getvalue().splitlines()
    assert text == ["::group::Resolve", "inside", "http", "http: 2.0 s", "::endgroup::", "Resolve: 6.0 s"]


def test_a_group_ends_when_its_work_fails() -> None:
    read = Console()
    with pytest.raises(KeyError), read.console.group("Build"):
        raise KeyError
    assert [order.name for order in read.log.orders] == ["group", "endgroup"]


def test_debug_lines_need_runner_debug() -> None:
    quiet, loud = Console(), Console(debug=True)
    for read in (quiet, loud):
        read.console.debug("detail\nmore")
    assert quiet.log.orders == []
    assert [order.data for order in loud.log.named("debug")] == ["detail\nmore"]


def test_progress_logs_a_line_a_quarter() -> None:
    read = Console()
    with read.console.progress("wheels", 100) as progress:
        for _ in range(100):
            progress.advance()
    assert read.log.lines == ["wheels: 25 of 100", "wheels: 50 of 100", "wheels: 75 of 100", "wheels: 100 of 100"]


@pytest.fixture
def files(tmp_path: Path) -> RunnerFiles:
    return RunnerFiles({"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]*", fullmatch=True), NASTY))
def test_outputs_are_read_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("runner") / "output"
    path.touch()
    RunnerFiles({"GITHUB_OUTPUT": str(path)}).outputs(values)
    assert parse_command_file(path.read_bytes().decode()) == values


def test_outputs_written_twice_take_the_later_value(files: RunnerFiles, tmp_path: Path) -> None:
    files.outputs({"changed": "false", "layers": "[]"})
    files.outputs({"changed": "true"})
    assert parse_command_file((tmp_path / "output").read_text()) == {"changed": "true", "layers": "[]"}


def test_a_name_that_would_inject_is_refused(files: RunnerFiles) -> None:
    for name in ("a=b", "a<<b", "a\nb", "", "1a"):
        with pytest.raises(ValueError, match="not an output name"):
            files.outputs({name: "x"})


def test_without_the_runners_files_nothing_happens() -> None:
    nowhere = RunnerFiles({})
    nowhere.outputs({"changed": "true"})
    nowhere.summary("# report")


def test_a_file_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(GitHubError, match="cannot be written"):
        RunnerFiles({"GITHUB_OUTPUT": str(tmp_path)}).outputs({"changed": "true"})


def test_summaries_are_appended(files: RunnerFiles, tmp_path: Path) -> None:
    files.summary("# one")
    files.summary("# two")
    assert (tmp_path / "summary").read_text() == "# one\n# two\n"


def test_a_summary_above_the_limit_is_cut_between_rows_and_says_so(files: RunnerFiles, tmp_path: Path) -> None:
    row = "| naïve | 😀 |\n"
    files.summary("| a | b |\n|---|---|\n" + row * 60_000)
    written = (tmp_path / "summary").read_bytes()
    assert len(written) <= 1_000_000
    *rows, _, note = written.decode().splitlines()
    assert set(rows[2:]) == {row.strip()}
    assert "summary-file" in note
    files.summary("more\n" * 10)
    assert len((tmp_path / "summary").read_bytes()) <= 1_000_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_made_goes_to_the_workspaces_owner(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    made = workspace / "dist" / "deep" / "layer.zip"
    made.parent.mkdir(parents=True)
    made.touch()
    outside = tmp_path / "outside"
    outside.touch()
    (workspace / "dist" / "link").symlink_to(outside)
    theirs = workspace / "dist" / "theirs"
    theirs.touch()
    os.chown(theirs, 1002, 1002)
    os.chown(workspace, 1001, 1001)
    own_by_workspace([workspace / "dist", workspace / "missing"], workspace)
    owned = [made, made.parent, workspace / "dist", workspace / "dist" / "link"]
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in owned} == {(1001, 1001)}
    assert theirs.stat().st_uid == 1002
    assert outside.stat().st_uid == 0


def test_the_parser_fails_the_step_as_the_runner_does() -> None:
    for text in ("name", "=x", "<<E\nE\n", "a<<E\nx\n", "a<<E\nx", "a<<\n"):
        with pytest.raises(StepError):
            parse_command_file(text)
    assert parse_command_file("a=b<<c\n\nd<<E\nx\ny\nE\n") == {"a": "b<<c", "d": "x\ny"}


def test_a_problem_of_an_input_names_it_in_the_text_and_claims_no_file() -> None:
    out = io.StringIO()
    RunnerConsole(out).error("it is 'x'", location=Location("input comment"))
    assert out.getvalue() == "::error::input comment: it is 'x'\n"


def test_detail_that_only_we_were_asked_for_is_shown_where_the_runner_hides_debugging() -> None:
    verbose, quiet = Console(verbose=True), Console()
    for read in (verbose, quiet):
        read.console.debug("one request")
    assert (verbose.log.lines, verbose.log.orders) == (["one request"], [])
    assert quiet.out.getvalue() == ""
