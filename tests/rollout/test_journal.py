"""The journal: on disk before the call is made, and read back whatever became of the run."""

import json
import os
import resource
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.errors import AwsError, InputError, JournalError
from layer_action.rollout.journal import Journal, JournalEntry, Result
from layer_action.rollout.runs import read_runs, runs_that_moved
from tests.fakes import Killed
from tests.journals import read_journal

ACCOUNT = "123456789012"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "journal.jsonl"


def test_a_call_is_on_disk_before_it_is_made(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", "f", before=["a"], after=["b"]):
        (entry,) = read_journal(path).entries
    assert entry == JournalEntry(call="set_layers", resource="f", before=("a",), after=("b",), result=Result.UNKNOWN)
    assert read_journal(path).entries[0].result is Result.DONE


def test_a_call_that_was_refused_is_marked_so(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, pytest.raises(AwsError), journal.call("publish", "http"):
        raise AwsError("no")
    assert read_journal(path).entries[0].result is Result.FAILED


def test_a_run_that_died_leaves_the_call_open(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, pytest.raises(Killed), journal.call("publish", "http"):
        raise Killed
    assert read_journal(path).entries[0].result is Result.UNKNOWN


def test_the_account_and_the_commit_are_read_back(path: Path) -> None:
    with Journal(path, account=ACCOUNT, commit="abc"):
        pass
    record = read_journal(path)
    assert (record.account, record.commit, record.entries) == (ACCOUNT, "abc", ())


@given(st.integers(1, 400))
def test_a_file_torn_anywhere_can_be_read_up_to_there(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Journal(path, account=ACCOUNT) as journal:
        for name in ("a", "b", "c"):
            with journal.call("set_layers", name):
                pass
    raw = path.read_bytes()
    head = raw.index(b"\n") + 1
    kept = raw[: max(head, len(raw) - cut)]
    path.write_bytes(kept)
    entries = read_journal(path).entries
    assert [entry.resource for entry in entries] == ["a", "b", "c"][: len(entries)]
    assert len(entries) == sum(b'"before"' in line and line.endswith(b"}") for line in kept.splitlines())


def test_a_later_run_continues_after_a_torn_line(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", "first"):
        pass
    path.write_bytes(path.read_bytes()[:-7])
    with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", "second"):
        pass
    assert [entry.resource for entry in read_journal(path).entries] == ["second"]


@pytest.mark.parametrize("text", ["", "hello\n", '{"n": 1}\n', "[]\n"])
def test_a_file_that_is_no_journal_is_refused(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InputError, match="not a journal"):
        read_journal(path)


@pytest.mark.parametrize("text", [None, "hello\n"], ids=["missing", "no journal"])
def test_a_journal_is_named_as_it_was_given_with_the_way_out(path: Path, text: str | None) -> None:
    path.parent.mkdir()
    if text:
        path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_runs(path, shown="old/journal.jsonl")
    assert str(raised.value.location) == "old/journal.jsonl"
    assert "rollback LAYER" in raised.value.hint


def test_a_line_in_the_middle_that_is_not_ours_is_refused_by_its_number(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", "f"):
        pass
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "edited by hand", *lines[1:]]))
    with pytest.raises(InputError, match=r"journal\.jsonl:2"):
        read_journal(path)


def test_each_run_of_a_file_is_read_with_its_command(path: Path) -> None:
    for command in ("publish", "rollback"):
        with Journal(path, account=ACCOUNT, command=command) as journal, journal.call("set_layers", command):
            pass
    runs = read_runs(path)
    assert [(run.command, [entry.resource for entry in run.entries]) for run in runs] == [
        ("publish", ["publish"]),
        ("rollback", ["rollback"]),
    ]
    assert runs[0].title.startswith("publish of 20")


def test_a_line_torn_in_an_earlier_run_is_its_end(path: Path) -> None:
    with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", "first"):
        pass
    path.write_bytes(path.read_bytes()[:-7])
    for name in ("second", "third"):
        with Journal(path, account=ACCOUNT) as journal, journal.call("set_layers", name):
            pass
    first, second, third = read_runs(path)
    assert [entry.result for entry in first.entries] == [Result.UNKNOWN]
    assert [run.entries[0].result for run in (second, third)] == [Result.DONE, Result.DONE]


def test_a_journal_of_another_format_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"journal": 2, "account": "1"}\n')
    with pytest.raises(InputError, match="line that is not ours"):
        read_runs(path)


def test_runs_that_moved_nothing_and_rollbacks_are_not_to_be_taken_back(path: Path) -> None:
    layer = "arn:aws:lambda:eu-central-1:123456789012:layer:http"

    def run(command: str, before: str, after: str, *, back: bool = False) -> None:
        with Journal(path, account=ACCOUNT, command=command) as journal:
            with journal.call("set_layers", "f", before=[before], after=[after]):
                pass
            if back:
                with journal.call("set_layers", "f", before=[after], after=[before]):
                    pass

    run("publish", f"{layer}:1", f"{layer}:2")
    run("publish", f"{layer}-other:1", f"{layer}-other:2")
    run("publish", f"{layer}:2", f"{layer}:3", back=True)
    run("rollback", f"{layer}:2", f"{layer}:1")
    runs = read_runs(path)
    assert runs_that_moved(runs, {layer}) == (runs[0],)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_journal(path)


def test_without_a_path_nothing_is_written() -> None:
    with Journal(None, account=ACCOUNT) as journal, journal.call("publish", "http"):
        assert journal.path is None


def test_lines_of_many_threads_never_mix(path: Path) -> None:
    def work(journal: Journal) -> None:
        for number in range(20):
            with journal.call("set_layers", f"f{number}", after=["x" * 200]):
                pass

    with Journal(path, account=ACCOUNT) as journal:
        threads = [threading.Thread(target=work, args=(journal,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(json.loads(line) for line in path.read_text().splitlines())
    entries = read_journal(path).entries
    assert len(entries) == 80
    assert {entry.result for entry in entries} == {Result.DONE}


def test_what_reached_no_disk_is_not_written_down(path: Path) -> None:
    """A pipe takes every byte and keeps none: only the flush tells."""
    path.parent.mkdir()
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(JournalError, match="cannot be written"):
            Journal(path, account=ACCOUNT)
        assert b'"journal": 1' in os.read(reader, 1000)
    finally:
        os.close(reader)


def test_what_cannot_be_written_down_is_not_done_and_leaves_no_half_a_line(path: Path) -> None:
    done = []
    with Journal(path, account=ACCOUNT) as journal:
        with journal.call("set_layers", "first"):
            pass
        size = path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        try:
            with pytest.raises(JournalError, match="cannot be written"), journal.call("set_layers", "second"):
                done.append("second")
            assert path.stat().st_size == size
            journal.go_on_anyway()
            with journal.call("set_layers", "third"):
                done.append("third")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with journal.call("set_layers", "fourth"):
            pass
    assert done == ["third"]
    assert [entry.resource for entry in read_journal(path).entries] == ["first", "fourth"]
