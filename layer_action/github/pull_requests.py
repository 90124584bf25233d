"""A pull request of our own: branch and body updated in place, closed when there is nothing left to propose."""

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

from github import Github, GithubException, InputGitTreeElement

from layer_action.github.refusals import PULL_REQUEST, RefusedError, translated
from layer_action.model.function import Unknown

if TYPE_CHECKING:
    from github.GitCommit import GitCommit
    from github.PullRequest import PullRequest
    from github.Repository import Repository

    from layer_action.model.proposal import Proposal

_NOT_FOUND: Final = 404
# Our commits end in these lines: the tree that we made (earlier releases did not say), and the digest of the files that
# they change.
_TREE: Final = re.compile(r"^Lambda-layer-tree: (?P<tree>[0-9a-f]{40,64})$", re.MULTILINE)
_TRAILER: Final = re.compile(r"^Lambda-layer-pins: (?P<digest>[0-9a-f]{64})\s*\Z", re.MULTILINE)


class GitHubPullRequests:
    """The PullRequests port."""

    def __init__(self, session: Github, repository: str) -> None:
        """Propose in `owner/name`; nothing is sent yet."""
        self._session = session
        self._repository = repository

    def propose(self, proposal: "Proposal") -> str | Unknown:
        """Open the pull request of a branch, or update it in place; return its URL, or why it is left alone.

        What somebody pushed to the branch is kept, and what somebody closed is not opened again. Raises GitHubError.
        """
        repository = self._open()
        head = self._head(repository, proposal.branch)
        if head is not None and not _is_ours(head):
            return Unknown(
                reason=f"Somebody else pushed to our branch `{proposal.branch}`: it is left alone. Merge or close its "
                "pull request and delete the branch; the next run proposes anew."
            )
        is_new = head is None or _digest_in(head) != _digest(proposal)
        if is_new:
            if reason := self._overtaken(repository, proposal, head):
                return Unknown(reason=reason)
            self._write(repository, proposal, exists=head is not None)
        if found := self._pull_request(repository, proposal.branch, proposal.base):
            return self._update(found, proposal)
        if head is not None and not is_new and (closed := self._closed(repository, proposal, head.sha)):
            return Unknown(reason=f"Somebody closed {closed}: the same change is not proposed again.")
        return self._create(repository, proposal)

    def withdraw(self, branch: str, *, base: str, commit: str) -> str | Unknown:
        """Close the pull request of a branch and remove the branch; return its URL, or why there is none to close.

        `commit` is where no pin is behind: an older one than the end of `base` closes nothing.
        """
        repository = self._open()
        head = self._head(repository, branch)
        if head is None:
            return Unknown(reason="There is no pull request to close.")
        if not _is_ours(head):
            return Unknown(reason=f"Somebody else pushed to our branch `{branch}`: it is left alone.")
        if _standing(repository, base, commit) != "identical":
            return Unknown(reason=f"`{base}` has moved on since {commit[:12]}: its newest run closes it.")
        found = self._pull_request(repository, branch, base)
        with translated(f"close the pull request of {branch}", needs=PULL_REQUEST):
            if found:
                found.edit(state="closed")
            repository.get_git_ref(f"heads/{branch}").complete().delete()
        return str(found.html_url) if found else Unknown(reason="There is no pull request to close.")

    def _open(self) -> "Repository":
        with translated(f"read {self._repository}", needs=PULL_REQUEST):
            # not lazily: a renamed repository answers reads with a redirect, but loses what is posted to its old name
            return self._session.get_repo(self._repository).complete()

    def _head(self, repository: "Repository", branch: str) -> "GitCommit | None":
        """Return the commit that a branch points at, None when there is no such branch."""
        with translated(f"read the branch {branch}", needs=PULL_REQUEST):
            try:
                sha = repository.get_git_ref(f"heads/{branch}").complete().object.sha
            except GithubException as error:
                if error.status == _NOT_FOUND:
                    return None
                raise
            return repository.get_git_commit(sha)

    def _write(self, repository: "Repository", proposal: "Proposal", *, exists: bool) -> None:
        """Make one commit with the files on top of the proposal's, and let the branch point at it."""
        with translated(f"write the branch {proposal.branch}", needs=PULL_REQUEST):
            parent = repository.get_git_commit(proposal.commit)
            tree = repository.create_git_tree(_elements(repository, proposal), base_tree=parent.tree)
            message = f"{proposal.title}\n\nLambda-layer-tree: {tree.sha}\nLambda-layer-pins: {_digest(proposal)}\n"
            commit = repository.create_git_commit(message, tree, [parent])
        if not exists:
            try:
                with translated(f"create the branch {proposal.branch}", needs=PULL_REQUEST):
                    repository.create_git_ref(f"refs/heads/{proposal.branch}", commit.sha)
            except RefusedError as error:
                if not (error.is_ambiguous or "already exists" in error.message):
                    raise
            else:
                return
        with translated(f"move the branch {proposal.branch}", needs=PULL_REQUEST):
            repository.get_git_ref(f"heads/{proposal.branch}").complete().edit(commit.sha, force=True)

    def _overtaken(self, repository: "Repository", proposal: "Proposal", head: "GitCommit | None") -> str:
        """Return why a proposal has no say: its commit is another branch's, or older than that of the one before."""
        if _standing(repository, proposal.base, proposal.commit) not in ("identical", "behind"):
            return f"{proposal.commit[:12]} is not on `{proposal.base}`: the runs there raise the pins in files."
        parents = head.parents if head else []
        if parents and _standing(repository, parents[0].sha, proposal.commit) == "behind":
            return f"The pins were raised from a newer commit than {proposal.commit[:12]}: they are left as they are."
        return ""

    def _pull_request(self, repository: "Repository", branch: str, base: str) -> "PullRequest | None":
        owner = repository.full_name.partition("/")[0]
        with translated(f"find the pull request of {branch}", needs=PULL_REQUEST):
            return next(iter(repository.get_pulls(state="open", head=f"{owner}:{branch}", base=base)), None)

    def _closed(self, repository: "Repository", proposal: "Proposal", commit: str) -> str:
        """Return the pull request of a branch's commit that somebody closed without merging it; "" for none."""
        owner = repository.full_name.partition("/")[0]
        with translated(f"find the pull request of {proposal.branch}", needs=PULL_REQUEST):
            found = repository.get_pulls(state="closed", head=f"{owner}:{proposal.branch}", base=proposal.base)
            same = (pull for pull in found if pull.head.sha == commit and pull.merged_at is None)
            return next((str(pull.html_url) for pull in same), "")

    def _create(self, repository: "Repository", proposal: "Proposal") -> str:
        try:
            with translated(f"open a pull request from {proposal.branch}", needs=PULL_REQUEST):
                created = repository.create_pull(
                    proposal.base, proposal.branch, title=proposal.title, body=proposal.body
                )
                return str(created.html_url)
        except RefusedError as error:
            if not (error.is_ambiguous or "already exists" in error.message):
                raise
            # the answer was lost, or another run was quicker
            found = self._pull_request(repository, proposal.branch, proposal.base)
            if found is None:
                raise
        return self._update(found, proposal)

    def _update(self, found: "PullRequest", proposal: "Proposal") -> str:
        if (found.title, found.body) != (proposal.title, proposal.body):
            with translated(f"update {found.html_url}", needs=PULL_REQUEST):
                found.edit(title=proposal.title, body=proposal.body)
        return str(found.html_url)


def _standing(repository: "Repository", base: str, commit: str) -> str:
    """Return where a commit stands to a branch or another commit: `identical`, `behind`, `ahead`, `diverged`."""
    with translated(f"compare {commit[:12]} with {base}", needs=PULL_REQUEST):
        return repository.compare(base, commit, comparison_commits_per_page=1).status


def _elements(repository: "Repository", proposal: "Proposal") -> list[InputGitTreeElement]:
    return [_element(repository, path, proposal) for path in sorted(proposal.files)]


def _element(repository: "Repository", path: str, proposal: "Proposal") -> InputGitTreeElement:
    content = proposal.files[path]
    mode = "100755" if path in proposal.executable else "100644"
    try:
        return InputGitTreeElement(path, mode, "blob", content=content.decode("utf-8"))
    except UnicodeDecodeError:
        # a tree's contents are text: other bytes need a blob of their own
        blob = repository.create_git_blob(base64.b64encode(content).decode("ascii"), "base64")
        return InputGitTreeElement(path, mode, "blob", sha=blob.sha)


def _digest(proposal: "Proposal") -> str:
    digest = hashlib.sha256()
    for path in sorted(proposal.files):
        digest.update(f"{path}\0{hashlib.sha256(proposal.files[path]).hexdigest()}\n".encode())
    return digest.hexdigest()


def _digest_in(commit: "GitCommit") -> str:
    match = _TRAILER.search(commit.message)
    return match["digest"] if match else ""


def _is_ours(commit: "GitCommit") -> bool:
    """Tell whether we made a commit, and nobody amended it."""
    made = _TREE.search(commit.message)
    return bool(_digest_in(commit)) and (made is None or made["tree"] == commit.tree.sha)
