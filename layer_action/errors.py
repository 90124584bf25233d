"""Every failure a user can meet, as one tree.

LayerActionError
├── InputError               2   an input or environment variable is missing or malformed
│   ├── ConfigError              the config file; location is file:line
│   ├── RefusedEventError        an event this action must not serve
│   └── WrongAccountError        credentials of another account than the config names
├── BuildError               3   a layer that cannot be built, or must not be
│   ├── ResolutionError          no set of wheels fits
│   ├── UnsafeWheelError         a wheel that lies, or reaches outside
│   ├── WrongFileError           another file than the one that was locked
│   ├── BadZipError              bytes that are no zip, or a broken one
│   ├── DownloadError            a server that cannot be reached, or does not give the file
│   │   └── TooLongError         more bytes than were said, or than there may be
│   ├── ExhaustedError           no room on the disk, or no more open files
│   └── LayerTooLargeError       budget or Lambda's limit
├── AwsError                 4   AWS refused; nothing was changed
│   ├── JournalError             3: what cannot be written down first is not done
│   ├── AccessDeniedError        hint: the action and the resource to grant
│   ├── CredentialsError         expired, or refused
│   │   └── NoCredentialsError   none at all: exit code 2, like any missing input
│   ├── ConflictError            another update is in progress (409)
│   ├── StaleRevisionError       somebody changed the function since it was read (412)
│   ├── MissingResourceError     404
│   ├── UnreadLockError          what a published version holds is there and does not come
│   ├── FrozenRuntimeError       AWS updates no function on this runtime
│   ├── ThrottledError           429, after all retries
│   └── AmbiguousError           the answer was lost: it may or may not have happened
├── GitHubError              5   AWS work is done, GitHub refused
│   └── TokenPermissionError     hint: the `permissions:` block to paste
├── PartialApplyError        6   some of the plan was applied
├── InterruptedRunError    130   SIGINT or SIGTERM; the call in flight was finished
└── Problems                     several of the above, reported together
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from layer_action.record import record

EXIT_DONE: Final = 0
EXIT_CHANGES: Final = 10
EXIT_BUG: Final = 70


@record(kw_only=False)
class Location:
    """Where the user can look: a file of the repository, or the name of an input.

    `line` counts from 1; None when the whole file is meant.
    """

    file: str
    line: int | None = None

    @property
    def is_file(self) -> bool:
        """Whether it names a file; inputs and variables have neither folders nor endings."""
        return "/" in self.file or "." in self.file

    def __str__(self) -> str:
        """Return `file:line`, as editors and annotations read it."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class LayerActionError(Exception):
    """A failure with a sentence the user can act on.

    `message` says what happened, `hint` what to do next, `location` where. `distribution` is the normalised name of the
    distribution that it is about, "" where it is about none.
    """

    exit_code: ClassVar[int] = EXIT_BUG

    def __init__(self, message: str, *, hint: str = "", location: Location | None = None) -> None:
        """Keep the three parts apart, so that each reporter can place them."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.distribution = ""

    def __str__(self) -> str:
        """Return `file:line: message`, and each line of the hint below, for a terminal or a log."""
        where = f"{self.location}: " if self.location else ""
        hint = "".join(f"\n  {line}" for line in self.hint.splitlines())
        return f"{where}{self.message}{hint}"


class InputError(LayerActionError):
    """An input, an environment variable or a file that we were told to read is wrong."""

    exit_code = 2


class ConfigError(InputError):
    """The config file, or a requirements file, is wrong at one place."""


class RefusedEventError(InputError):
    """The event that started the run must not be served."""


class WrongAccountError(InputError):
    """The credentials belong to another account than the config names."""


class BuildError(LayerActionError):
    """A layer cannot be built, or must not be published."""

    exit_code = 3


class ResolutionError(BuildError):
    """No set of wheels satisfies the requirements for the target."""


class UnsafeWheelError(BuildError):
    """A wheel whose contents are not what it claims, or that reaches outside of its folder."""


class WrongFileError(BuildError):
    """A file that is not the one that was locked; `sha256` is its own."""

    def __init__(self, message: str, *, sha256: str = "", hint: str = "", location: Location | None = None) -> None:
        """Keep the hash: who trusts the file writes it down."""
        super().__init__(message, hint=hint, location=location)
        self.sha256 = sha256


class BadZipError(BuildError):
    """Bytes that are not a zip, or a zip whose parts contradict one another."""


class DownloadError(BuildError):
    """A file could not be fetched. `status` is the HTTP status, 0 when there was no answer at all."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "", location: Location | None = None) -> None:
        """Keep the status: a missing file (404) is often no failure."""
        super().__init__(message, hint=hint, location=location)
        self.status = status


class TooLongError(DownloadError):
    """A file that has more bytes than it was said, or may, have."""


class ExhaustedError(BuildError):
    """This machine has no more of what a run needs, room on its disk or open files: no distribution is to blame."""


class LayerTooLargeError(BuildError):
    """The layer exceeds its budget or Lambda's limit."""


class AwsError(LayerActionError):
    """AWS refused an operation.

    `operation` is `lambda:PublishLayerVersion` and the like, `resource` an ARN or a name.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        resource: str = "",
        request_id: str = "",
        hint: str = "",
        location: Location | None = None,
    ) -> None:
        """Keep what AWS support asks for."""
        super().__init__(message, hint=hint, location=location)
        self.operation = operation
        self.resource = resource
        self.request_id = request_id


class JournalError(AwsError):
    """What is about to be done cannot be written down first, so it is not done."""

    exit_code = ExhaustedError.exit_code


class AccessDeniedError(AwsError):
    """The credentials lack one action on one resource."""


class CredentialsError(AwsError):
    """There are no credentials, or they have expired."""


class NoCredentialsError(CredentialsError):
    """There are no credentials at all: nobody gave any."""

    exit_code = 2


class ConflictError(AwsError):
    """Another update of the resource is in progress (409)."""


class StaleRevisionError(AwsError):
    """The resource changed since it was read (412)."""


class MissingResourceError(AwsError):
    """The resource does not exist (404)."""


class UnreadLockError(AwsError):
    """The lock of a published version is there and does not come: whatever it kept in its place would move."""


class FrozenRuntimeError(AwsError):
    """AWS takes no updates of functions on this runtime any more."""


class ThrottledError(AwsError):
    """AWS is throttling us, and went on doing so through every retry."""


class AmbiguousError(AwsError):
    """The answer was lost: the operation may or may not have happened."""


class GitHubError(LayerActionError):
    """GitHub refused; whatever was to be done in AWS is done."""

    exit_code = 5


class TokenPermissionError(GitHubError):
    """The token may not do this; the hint holds the `permissions:` block to paste."""


class PartialApplyError(LayerActionError):
    """Some of the plan was applied; the message says what, the hint how to resume."""

    exit_code = 6


class InterruptedRunError(LayerActionError):
    """The run was told to stop; the call in flight was finished first."""

    exit_code = 130

    def __init__(self, message: str, *, signal_number: int, hint: str = "") -> None:
        """Remember which signal it was: the shell's convention is 128 + number."""
        super().__init__(message, hint=hint)
        self.signal_number = signal_number


class Problems(LayerActionError):  # noqa: N818 - the word of the design for several at once
    """Several failures, found in one pass and reported together."""

    def __init__(self, problems: Iterable[LayerActionError]) -> None:
        """Flatten nested groups: a reader wants one list, and what reads the same once."""
        flat: dict[str, LayerActionError] = {}
        for problem in problems:
            for each in problem.problems if isinstance(problem, Problems) else (problem,):
                flat.setdefault(str(each), each)
        super().__init__("\n".join(flat))
        self.problems: tuple[LayerActionError, ...] = tuple(flat.values())


def exit_code_of(error: LayerActionError) -> int:
    """Return the process's exit code for an error; of several, the one that comes first in the table."""
    if isinstance(error, Problems):
        return min((exit_code_of(problem) for problem in error.problems), default=EXIT_BUG)
    if isinstance(error, InterruptedRunError):
        return 128 + error.signal_number
    return error.exit_code


def raise_all(problems: Iterable[LayerActionError]) -> None:
    """Raise nothing, the one problem, or all of them together."""
    found = tuple(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Problems(found)


def each_of(error: LayerActionError) -> tuple[LayerActionError, ...]:
    """Return the failures that an error stands for: several, or itself."""
    return error.problems if isinstance(error, Problems) else (error,)


def in_short(error: LayerActionError) -> str:
    """Return what an error says, of several the first, where they are not what the user has to mend."""
    first, *more = each_of(error)
    count = f"{len(more)} more problem{'s' if len(more) > 1 else ''}"
    return f"{first.message.rstrip('.')}, and {count}." if more else first.message


def by_line(errors: Iterable[LayerActionError]) -> list[LayerActionError]:
    """Return errors in the order of their files and lines, as one goes through them."""

    def line(error: LayerActionError) -> tuple[str, int]:
        return (error.location.file, error.location.line or 0) if error.location else ("", 0)

    return sorted(errors, key=line)


def located(error: LayerActionError, location: Location | None) -> LayerActionError:
    """Give an error, or each of several, a place to look at where it names none; return it."""
    for problem in each_of(error):
        problem.location = problem.location or location
    return error


def concerning(error: LayerActionError, distribution: str) -> LayerActionError:
    """Say of an error, or of each of several, which distribution it is about, where it does not; return it."""
    for problem in each_of(error):
        if not isinstance(problem, ExhaustedError):
            problem.distribution = problem.distribution or distribution
    return error
