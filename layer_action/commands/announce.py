"""Telling everyone who listens: the log, annotations, the step summary, the pull request, the step's outputs."""

from pathlib import Path

from layer_action.commands.folder import write_whole
from layer_action.commands.outputs import MATRIX_LIMIT, matrix_legs, outputs_of
from layer_action.errors import InputError, LayerActionError, Location, each_of
from layer_action.exhausted import exhausted
from layer_action.inputs import CommentMode
from layer_action.model.function import Unknown
from layer_action.model.layer import Finding, Severity
from layer_action.model.plan import Outcome, Plan
from layer_action.ports.repository import Reviews
from layer_action.ports.services import Services, Unavailable
from layer_action.ports.speaking import Console, Runner
from layer_action.record import record, replace


@record
class Audience:
    """Who is told, and where files for later steps go.

    `folder` is inside the workspace, so that a path relative to it means the same outside of a container.
    `pull_request` is None where there is none to comment on. Without `annotations` a problem is told once, in the
    report itself: only a runner puts annotations elsewhere.
    """

    folder: Path
    workspace: Path
    pull_request: int | None = None
    comment: CommentMode = CommentMode.CHANGES
    environment: str = ""
    annotations: bool = True

    def path(self, name: str) -> Path:
        """Return the place of a file for later steps; its folder exists, and git does not see it.

        Raises InputError where nothing can be written, ExhaustedError where there is no room.
        """
        ignore = self.folder / ".gitignore"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not ignore.exists():
                write_whole(ignore, b"*\n")
        except OSError as error:
            raise self._refused(error) from error
        return self.folder / name

    def write(self, name: str, text: str) -> str:
        """Write a file for later steps; return its path as they can use it. Raises as `path` does."""
        path = self.path(name)
        try:
            write_whole(path, text.encode())
        except OSError as error:
            raise self._refused(error) from error
        return self.relative(path)

    def is_elsewhere(self, file: str) -> bool:
        """Tell whether a file, "" for none, was written outside of the folder."""
        return bool(file) and not (self.workspace / file).is_relative_to(self.folder)

    def _refused(self, error: OSError) -> LayerActionError:
        refused = InputError(
            f"the checkout cannot be written to: {error.strerror}",
            hint="Reports, plans and zips go there: give the user of this run the right to write.",
            location=Location(str(self.folder)),
        )
        return exhausted(error) or refused

    def relative(self, path: Path) -> str:
        """Return a path as a later step of the job can use it."""
        return path.relative_to(self.workspace).as_posix() if path.is_relative_to(self.workspace) else str(path)


def announce(services: Services, plan: Plan, outcome: Outcome | None, audience: Audience, **outputs: str) -> None:
    """Tell of a plan, or of what became of it. `outputs` adds paths and addresses, by snake_case name.

    Where nothing was done, raises as `Audience.path` does. Raises GitHubError.
    """
    if outcome and outcome.journal:
        outcome = replace(outcome, journal=audience.relative(Path(outcome.journal)))
    services.console.info(services.reporter.terminal(plan, outcome))
    if audience.annotations:
        annotate(services, plan)
    summary = services.reporter.summary(plan, outcome, on_merge=audience.pull_request is not None)
    services.runner.summary(summary)
    comment = services.reporter.comment(plan, environment=audience.environment)
    # a comment says what a merge would do: of what was done it knows nothing
    files = {
        "summary.md": comment if outcome is None else summary,
        "report.html": services.reporter.html(plan, outcome),
    }
    done = outcome is not None or bool(outputs.get("artifacts")) or audience.is_elsewhere(outputs.get("plan_file", ""))
    written = {name: _written(services.console, audience, name, text, must=not done) for name, text in files.items()}
    if report := written["report.html"]:
        services.console.info(f"Report: {report}")
    services.runner.outputs(
        outputs_of(
            plan,
            outcome,
            summary_file=written["summary.md"],
            comment_url=_comment(
                services.console,
                services.reviews,
                comment,
                audience,
                create=bool(plan.changes_anything or plan.failures or plan.problems()),
            ),
            **outputs,
        )
    )


def announce_stop(
    console: Console, runner: Runner, reviews: Reviews | Unavailable, body: str, audience: Audience, *, create: bool
) -> None:
    """Tell where a plan would be told that there is none; without `create` only where an earlier one is told."""
    summary_file = _written(console, audience, "summary.md", body, must=False)
    url = _comment(console, reviews, body, audience, create=create)
    runner.outputs({"summary-file": summary_file, "comment-url": url})


def _written(console: Console, audience: Audience, name: str, text: str, *, must: bool) -> str:
    """Write a file for later steps; return its path.

    Where that cannot be, AWS may have been changed already, or zips built elsewhere, and the rest is to be said: a
    warning, unless it `must`.
    """
    try:
        return audience.write(name, text)
    except LayerActionError as error:
        if must:
            raise
        console.warning(f"{name} cannot be written: {error.message.removesuffix('.')}.")
        return ""


def annotate(services: Services, plan: Plan) -> None:
    """Put each finding, and each layer that could not be planned, on its line."""
    for failure in plan.failures:
        for error in each_of(failure.error):
            text = error.message + (f"\n{error.hint}" if error.hint else "")
            services.console.error(text, title=f"Layer {failure.spec.name}", location=error.location)
    for finding in plan.findings:
        annotate_finding(services, finding)
    if (count := len(matrix_legs(plan))) > MATRIX_LIMIT:
        services.console.warning(
            f"The output `matrix` holds {MATRIX_LIMIT} of {count} legs, for a workflow run has no more jobs.\n"
            "Split the layers among several workflows with the input `layers`."
        )


def annotate_finding(services: Services, finding: Finding) -> None:
    """Put one finding on its line."""
    text = "\n".join([finding.message, *finding.ways_out])
    title = f"Layer {finding.layer}" if finding.layer else "Lambda layers"
    match finding.severity:
        case Severity.ERROR:
            services.console.error(text, title=title, location=finding.location)
        case Severity.WARNING:
            services.console.warning(text, title=title, location=finding.location)
        case Severity.NOTICE:
            services.console.notice(text, title=title, location=finding.location)


def _comment(console: Console, reviews: Reviews | Unavailable, body: str, audience: Audience, *, create: bool) -> str:
    if audience.pull_request is None or audience.comment is CommentMode.NEVER:
        return ""
    if isinstance(reviews, Unavailable):
        console.notice(f"No comment on the pull request: {reviews.reason}")
        return ""
    create = create or audience.comment is CommentMode.ALWAYS
    done = reviews.upsert(audience.pull_request, marker=marker_of(body), body=body, create=create)
    if not isinstance(done, Unknown):
        return done
    reason = f"No comment on the pull request: {done.reason}"
    if create:
        console.notice(f"{reason} The same text is in the step summary.")
    else:  # there is most likely nothing to update: that deserves no annotation
        console.info(reason)
    return ""


def marker_of(body: str) -> str:
    """Return the hidden marker by which our comment is found again: its first line."""
    return body.split("\n", 1)[0]
