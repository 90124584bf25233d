"""From settings to services: the one place that knows which adapter stands behind which port."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from layer_action.build.builder import WheelBuilder
from layer_action.build.resolve import UvResolver
from layer_action.cache import cache_folder, open_cache
from layer_action.config.load import Environment
from layer_action.errors import AwsError, LayerActionError, NoCredentialsError, WrongAccountError, located
from layer_action.event import Event, Kind
from layer_action.github.runner import RunnerConsole, RunnerFiles, own_by_workspace
from layer_action.http import Http
from layer_action.inputs import Inputs
from layer_action.model.command import Command
from layer_action.model.function import Unknown
from layer_action.ports.aws import Functions, LayerStore, Parameters
from layer_action.ports.repository import PullRequests, Releases, Reviews
from layer_action.ports.services import Services, Unavailable
from layer_action.ports.speaking import Console, Runner
from layer_action.prepare import NEEDS_AWS, Prepared
from layer_action.report.reporter import MarkdownReporter
from layer_action.report.terminal import TerminalConsole, width_of
from layer_action.repository.checkout import GitRepository

if TYPE_CHECKING:
    import datetime as dt

    from github import Github

    from layer_action.aws.session import AwsSession
    from layer_action.github.remote import RemoteHistory

_NO_AWS = frozenset({Command.BUILD, Command.IAM})


class SystemClock:
    """Implements ports.Clock."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def today(self) -> "dt.date":
        """Return the date, in UTC."""
        import datetime as dt  # noqa: PLC0415 - few ask

        return dt.datetime.now(dt.UTC).date()


def connect_console(env: Mapping[str, str], *, verbose: bool, json: bool) -> Console:
    """Return who speaks: the runner's protocol inside of Actions, a terminal elsewhere. With `json`, on stderr."""
    out = _out(json=json)
    if env.get("GITHUB_ACTIONS") == "true":
        return RunnerConsole(out, debug=env.get("RUNNER_DEBUG") == "1", verbose=verbose)
    return TerminalConsole(env=env, out=out, verbose=verbose)


def _out(*, json: bool) -> TextIO:
    """Return where people read: with JSON on stdout, that is stderr."""
    import sys  # noqa: PLC0415 - the streams of this moment

    return sys.stderr if json else sys.stdout


def connect_runner(env: Mapping[str, str]) -> Runner:
    """Return what the runner collects; nothing where there is no runner."""
    return RunnerFiles(env)


def summarise(env: Mapping[str, str], error: LayerActionError) -> None:
    """Put what ended a run before its report into the step summary, where there is one. Raises GitHubError."""
    if env.get("GITHUB_STEP_SUMMARY"):
        from layer_action.report.summary import stopped  # noqa: PLC0415 - most runs end with a report

        connect_runner(env).summary(stopped(error))


def connect_reviews(inputs: Inputs, event: Event, env: Mapping[str, str], console: Console) -> Reviews | Unavailable:
    """Connect to the pull request of a run that could not be prepared for more."""
    if inputs.token:
        console.mask(inputs.token)
    return _reviews_of(inputs, event, _github(env, inputs.token))


def connect(
    prepared: Prepared, env: Mapping[str, str], console: Console, stack: ExitStack, access: "AwsAccess"
) -> Services:
    """Connect all ports of a run. Raises InputError, AwsError where the command cannot do without AWS."""
    if prepared.inputs.token:
        console.mask(prepared.inputs.token)
    http = Http(env, mask=console.mask)
    github = _github(env, prepared.inputs.token)
    wheels = open_cache(prepared.inputs.cache_dir, prepared.root, env, stack)
    store, functions, parameters = _aws(prepared, access, http)
    repository = GitRepository(
        prepared.root,
        env=env,
        remote=_remote(prepared, github, http),
        base=_base(prepared.event),
        default_branch=prepared.event.default_branch,
        tip=prepared.event.head_sha,
    )
    stack.callback(repository.close)
    return Services(
        resolver=UvResolver(env=env, cache=wheels, http=http, console=console),
        builder=WheelBuilder(env=env, cache=wheels, http=http, console=console),
        store=store,
        functions=functions,
        parameters=parameters,
        repository=repository,
        reviews=_reviews(prepared, github),
        releases=_releases(prepared, github),
        pull_requests=_pull_requests(prepared, github),
        reporter=MarkdownReporter(width=width_of(_out(json=prepared.arguments.json))),
        console=console,
        runner=connect_runner(env),
        clock=SystemClock(),
    )


def give_back(inputs: Inputs, root: Path, env: Mapping[str, str], folder: Path) -> None:
    """Let what the run created belong to the workspace's owner, so that later steps can read and clean it."""
    if env.get("GITHUB_ACTIONS") == "true":
        own_by_workspace([folder, cache_folder(inputs.cache_dir, root, env)], root)


class AwsAccess:
    """The logins of one run, usually one: the session that proved whose credentials these are does the work as well."""

    def __init__(self, env: Mapping[str, str], console: Console, stack: ExitStack) -> None:
        """Nobody logs in yet; sessions are closed with the stack."""
        self._env = env
        self._console = console
        self._stack = stack
        self._sessions: dict[tuple[Environment, str], AwsSession] = {}

    def check_account(self, environment: Environment, region: str) -> None:
        """Prove that there are credentials, and of the account that the config names. Raises InputError, AwsError."""
        try:
            self.session(environment, region).account()
        except WrongAccountError as error:
            raise located(error, environment.location) from error.__cause__

    def session(self, environment: Environment, region: str) -> "AwsSession":
        """Return the session of an environment, which asks in a region who it is. Raises InputError."""
        from layer_action.aws.session import AwsSession  # noqa: PLC0415 - boto3 costs 0.4 s

        if (environment, region) not in self._sessions:
            session = AwsSession(
                self._env,
                clock=SystemClock(),
                region=region,
                account_expected=environment.account,
                role=environment.role,
                mask=self._console.mask,
            )
            self._sessions[environment, region] = self._stack.enter_context(session)
        return self._sessions[environment, region]


def _aws(
    prepared: Prepared, access: AwsAccess, http: Http
) -> tuple[LayerStore | Unavailable, Functions | Unavailable, Parameters | Unavailable]:
    if prepared.command in _NO_AWS:
        reason = Unavailable(reason=f"`{prepared.command}` asks no AWS")
        return reason, reason, reason
    if prepared.arguments.base:
        reason = Unavailable(reason="`--base` says what to compare with")
        return reason, reason, reason
    needed = prepared.command in NEEDS_AWS
    if not prepared.regions and not needed:
        reason = Unavailable(reason="there is no AWS region")
        return reason, reason, reason
    try:
        access.check_account(prepared.environment, prepared.regions[0])
    except AwsError as error:
        # `init` asks AWS as a favour; a plan without AWS is another plan, so only who has no credentials gets it
        if needed or not (isinstance(error, NoCredentialsError) or prepared.command is Command.INIT):
            raise
        reason = Unavailable(reason=_phrase(error.message))
        return reason, reason, reason
    from layer_action.aws.functions import AwsFunctions  # noqa: PLC0415 - boto3 costs 0.4 s
    from layer_action.aws.layers import AwsLayerStore  # noqa: PLC0415 - boto3 costs 0.4 s
    from layer_action.aws.parameters import AwsParameters  # noqa: PLC0415 - as above

    session = access.session(prepared.environment, prepared.regions[0])
    return AwsLayerStore(session, http), AwsFunctions(session, http), AwsParameters(session)


def _phrase(sentence: str) -> str:
    """Return a sentence as a part of another: without its end, and begun small, but for an abbreviation."""
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()
    return first + sentence[1:].removesuffix(".")


def _base(event: Event) -> str:
    """Return the commit that the event compares with; "" for the default branch."""
    # what a branch was before a push may be gone, and is not what a merge would change
    of_branch = event.kind is Kind.BRANCH_PUSH and not event.is_default_branch
    return "" if of_branch or isinstance(event.base_sha, Unknown) else event.base_sha


def _remote(prepared: Prepared, github: "Callable[[], Github]", http: Http) -> "RemoteHistory | None":
    if not (prepared.event.repository and prepared.inputs.token):
        return None
    from layer_action.github.remote import RemoteHistory  # noqa: PLC0415 - only inside of Actions

    return RemoteHistory(github, prepared.event.repository, http)


def _github(env: Mapping[str, str], token: str) -> "Callable[[], Github]":
    """Return the run's one client, made when somebody first asks for it."""

    @cache
    def client() -> "Github":
        from layer_action.github.session import connect as connect_github  # noqa: PLC0415 - PyGithub costs 0.3 s

        return connect_github(env, token)

    return client


def _reviews(prepared: Prepared, github: "Callable[[], Github]") -> Reviews | Unavailable:
    if prepared.command is not Command.PLAN:
        return Unavailable(reason="only `plan` comments")
    return _reviews_of(prepared.inputs, prepared.event, github)


def _reviews_of(inputs: Inputs, event: Event, github: "Callable[[], Github]") -> Reviews | Unavailable:
    if event.pull_request is None:
        return Unavailable(reason="the event is no pull request")
    if not inputs.token:
        return Unavailable(reason="the input `token` is empty")
    from layer_action.github.reviews import GitHubReviews, RunStamp  # noqa: PLC0415 - PyGithub costs 0.3 s

    return GitHubReviews(github(), event.repository, run=RunStamp(event.run_id, event.run_attempt))


def _pull_requests(prepared: Prepared, github: "Callable[[], Github]") -> PullRequests | Unavailable:
    if not any(spec.publication.pin_files for spec in prepared.specs):
        return Unavailable(reason="no layer has `pin-files`")
    if not (prepared.inputs.token and prepared.event.repository):
        return Unavailable(reason="there is no token, or no repository to open it in")
    from layer_action.github.pull_requests import GitHubPullRequests  # noqa: PLC0415 - PyGithub costs 0.3 s

    return GitHubPullRequests(github(), prepared.event.repository)


def _releases(prepared: Prepared, github: "Callable[[], Github]") -> Releases | Unavailable:
    if prepared.command is not Command.RELEASE:
        return Unavailable(reason="the command is not `release`")
    if not (prepared.inputs.token and prepared.event.repository):
        return Unavailable(reason="there is no token, or no repository to release in")
    from layer_action.github.releases import GitHubReleases  # noqa: PLC0415 - PyGithub costs 0.3 s

    return GitHubReleases(github(), prepared.event.repository, commit=prepared.event.sha)
