"""Where a rollback goes: to a version, to the one before, or to what a run of a journal found."""

from collections.abc import Sequence
from pathlib import Path

from semver import Version

from layer_action.decide.rollback import Shelves, Way, require_version, version_before, way_of_journal, way_to_versions
from layer_action.errors import Location, WrongAccountError
from layer_action.record import record
from layer_action.rollout.runs import JournalRun, net_changes, read_runs, runs_that_moved


@record
class RollbackRequest:
    """What to take back: `to` a version, or what the last run of a `journal` moved; neither: to the version before."""

    regions: tuple[str, ...]
    to: Version | None = None
    journal: Path | None = None
    journal_as_given: str = ""

    @property
    def journal_location(self) -> Location:
        """The journal, as the user named it."""
        return Location(self.journal_as_given or str(self.journal))


@record
class WayBack:
    """`back_to` says in words where the way leads, `remark` (a sentence or "") what else a journal holds."""

    way: Way
    back_to: str
    remark: str = ""


def find_way(request: RollbackRequest, shelves: Shelves, in_use: Sequence[str], *, account: str) -> WayBack:
    """Find the way; `in_use` are the version ARNs that functions list and parameters hold.

    Raises InputError when there is no such version or none before, WrongAccountError for the journal of another
    account.
    """
    if request.journal:
        return _way_of_journal(request, shelves, request.journal, account)
    if request.to:
        require_version(shelves, request.to)
    wanted: dict[str, Version] = {}
    for name in dict.fromkeys(layer.name for layer in shelves):
        if version := request.to or version_before(shelves, in_use, name):
            wanted[name] = version
    versions = ", ".join(sorted({str(version) for version in wanted.values()}))
    return WayBack(
        way=way_to_versions(shelves, wanted), back_to=f"version {versions}" if versions else "the version before"
    )


def _way_of_journal(request: RollbackRequest, shelves: Shelves, journal: Path, account: str) -> WayBack:
    runs = read_runs(journal, shown=request.journal_as_given)
    here = [run for run in runs if run.account == account]
    if not here:
        raise WrongAccountError(
            f"The journal is of account {runs[-1].account or '?'}, and the credentials are of {account}.",
            hint="Use credentials of that account, or the journal of a run in this one.",
            location=request.journal_location,
        )
    moved = runs_that_moved(here, {str(layer) for layer in shelves})
    names = ", ".join(dict.fromkeys(layer.name for layer in shelves))
    if not moved:
        return WayBack(
            way=lambda _resource, _arn: None,
            back_to="where they are",
            remark=f"No run in this journal moved a function to {names}, and left it there.",
        )
    return WayBack(
        way=way_of_journal(net_changes(moved[-1]), shelves),
        back_to=f"where the {moved[-1].title} found them",
        remark=_remark(moved, names),
    )


def _remark(moved: Sequence[JournalRun], names: str) -> str:
    if len(moved) == 1:
        return ""
    others = len(moved) - 1
    return (
        f"The journal holds {len(moved)} runs that moved functions to {names}. Only the last is taken back; "
        f"{'the other began' if others == 1 else 'the others began'} at "
        f"{', '.join(run.at[:16].replace('T', ' ') for run in moved[:-1])} UTC. "
        "To go further back: `rollback LAYER --to VERSION`."
    )
