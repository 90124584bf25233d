"""The one comment that a pull request gets: found by marker and authorship, edited in place, never duplicated."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from github import Github, GithubException
from requests import RequestException

from layer_action.errors import GitHubError
from layer_action.github.cut import cut_markdown
from layer_action.github.refusals import COMMENT, RefusedError, translated
from layer_action.model.function import Unknown
from layer_action.record import record

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.IssueComment import IssueComment

BODY_LIMIT: Final = 65_536  # characters; above it GitHub answers 422 "body is too long"
STAMP_ROOM: Final = 80  # characters of it that the stamp may take

_ASKED: Final = 3  # times
_ACTIONS_BOT: Final = "github-actions[bot]"  # who GITHUB_TOKEN writes as
_STAMP: Final = re.compile(r"\n*<!-- lambda-layer-action-run: (\d+)\.(\d+) -->\s*\Z")


@record(kw_only=False, order=True)
class RunStamp:
    """Which run wrote a comment: GITHUB_RUN_ID and GITHUB_RUN_ATTEMPT. Later runs compare greater; 0 is off CI."""

    run: int = 0
    attempt: int = 0

    def sign(self, body: str) -> str:
        """Return the body with the stamp as a hidden last line."""
        body = _STAMP.sub("", body).rstrip()
        return f"{body}\n\n<!-- lambda-layer-action-run: {self.run}.{self.attempt} -->" if self.run else body

    @classmethod
    def of(cls, body: str) -> "RunStamp":
        """Read the stamp of a comment; the oldest there is when it has none."""
        match = _STAMP.search(body)
        return cls(int(match[1]), int(match[2])) if match else cls()


@record
class _Conversation:
    """A pull request's conversation, and how our own comments in it are known."""

    issue: "Issue"
    number: int
    marker: str
    author: str

    def ours(self) -> "list[IssueComment]":
        """Read all pages; return our comments that hold the marker, the oldest first."""
        with translated(f"read the comments of pull request #{self.number}", needs=COMMENT):
            found = [comment for comment in self.issue.get_comments() if self._is_ours(comment)]
        return sorted(found, key=lambda comment: comment.id)

    def post(self, body: str) -> "IssueComment":
        """Create a comment."""
        with translated(f"comment on pull request #{self.number}", needs=COMMENT):
            return self.issue.create_comment(body)

    def _is_ours(self, comment: "IssueComment") -> bool:
        # anybody can paste the marker; the user of a deleted account is None
        return getattr(comment.user, "login", "") == self.author and _holds(comment.body, self.marker)


class GitHubReviews:
    """The Reviews port."""

    def __init__(self, session: Github, repository: str, *, run: RunStamp | None = None) -> None:
        """Comment in `owner/name`; nothing is sent yet."""
        self._session = session
        self._repository = repository
        self._run = run or RunStamp()

    def upsert(self, pull_request: int, *, marker: str, body: str, create: bool) -> str | Unknown:
        """Edit our comment that holds the marker, or create one; return its URL, or why there is none. Never raises."""
        try:
            conversation = self._open(pull_request, marker)
            return self._upsert(conversation, self._signed(marker, body), create=create)
        except GitHubError as error:
            return Unknown(reason=str(error))

    def _open(self, pull_request: int, marker: str) -> _Conversation:
        with translated(f"find pull request #{pull_request} of {self._repository}", needs=COMMENT):
            # not lazily: a renamed repository answers reads with a redirect, but loses what is posted to its old name
            repository = self._session.get_repo(self._repository).complete()
            issue = repository.get_issue(pull_request)
            return _Conversation(issue=issue, number=pull_request, marker=marker, author=self._login())

    def _signed(self, marker: str, body: str) -> str:
        text = body if _holds(body, marker) else f"{marker}\n{body}"
        note = "Cut here: a comment holds 65 536 characters. The whole report is in the step summary."
        return self._run.sign(cut_markdown(text, BODY_LIMIT - STAMP_ROOM, note=note))

    def _upsert(self, conversation: _Conversation, body: str, *, create: bool) -> str | Unknown:
        ours = conversation.ours()
        if not ours and not create:
            return Unknown(reason="There is no earlier one to update, and nothing that needs a new one.")
        return self._converge(ours or self._create(conversation, body), body)

    def _create(self, conversation: _Conversation, body: str) -> "list[IssueComment]":
        """Post a comment; return all of ours, for a run at the same time may have posted one too."""
        try:
            created = conversation.post(body)
        except RefusedError as error:
            if not error.is_ambiguous:
                raise
            # the answer was lost: post again only if the comment is not there
            if ours := conversation.ours():
                return ours
            created = conversation.post(body)
        # the listing may be a moment behind
        found = {comment.id: comment for comment in [created, *conversation.ours()]}
        return [found[number] for number in sorted(found)]

    def _converge(self, ours: "list[IssueComment]", body: str) -> str | Unknown:
        """Let the oldest of our comments say what the newest run says, and remove the others."""
        keep, *duplicates = ours
        newest = max(ours, key=lambda comment: RunStamp.of(comment.body))
        newer = RunStamp.of(newest.body) > self._run and self._run.run > 0
        wanted = newest.body if newer else body
        if not _says_the_same(keep.body, wanted):
            with translated(f"edit the comment {keep.html_url}", needs=COMMENT):
                keep.edit(wanted)
        for duplicate in duplicates:
            self._remove(duplicate)
        if newer:
            return Unknown(reason=f"A newer run than this one has written the comment already: {keep.html_url}.")
        return str(keep.html_url)

    def _remove(self, comment: "IssueComment") -> None:
        try:
            with translated("remove a duplicate comment", needs=COMMENT):
                comment.delete()
        except GitHubError:
            return  # a run at the same time was quicker, or the next one tidies up

    def _login(self) -> str:
        """Return who the token writes as. GITHUB_TOKEN may not read /user, but GraphQL's viewer tells it.

        A wrong guess would post a second comment: the bot of Actions is assumed only of a GitHub that refuses to tell.
        """
        with translated("ask whom the token writes as", needs=COMMENT):
            try:
                return self._viewer() or str(self._session.get_user().login)
            except GithubException as error:
                if _is_down(error):
                    raise
                return _ACTIONS_BOT

    def _viewer(self) -> str:
        """Return GraphQL's viewer, "" where there is none. A question may be asked again, though it is a POST."""
        for attempt in range(_ASKED, 0, -1):
            try:
                _, answer = self._session.requester.graphql_query("query { viewer { login } }", {})
                return str(answer["data"]["viewer"]["login"])
            except (GithubException, RequestException) as error:
                if not _is_down(error):
                    break
                if attempt == 1:
                    raise
            except (KeyError, TypeError):
                break
        return ""


def _is_down(error: GithubException | RequestException) -> bool:
    """Tell whether an error says nothing of what was asked."""
    return isinstance(error, RequestException) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _says_the_same(before: str, after: str) -> bool:
    """Tell whether an edit would change nothing, or only the attempt of the run that wrote it.

    A later *run* signs the comment even if it says the same: else a slow run between the two could overwrite it.
    """
    same_run = RunStamp.of(before).run == RunStamp.of(after).run
    return same_run and _STAMP.sub("", before).rstrip() == _STAMP.sub("", after).rstrip()


def _holds(body: str, marker: str) -> bool:
    """Tell whether one line is the marker: a quotation of it (`> <!-- … -->`) is not."""
    return any(line.strip() == marker for line in (body or "").splitlines())
