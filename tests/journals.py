"""Journals, as tests look at them."""

from pathlib import Path

from layer_action.rollout.runs import JournalRun, read_runs


def read_journal(path: Path) -> JournalRun:
    """Read the last run of a journal."""
    return read_runs(path)[-1]
