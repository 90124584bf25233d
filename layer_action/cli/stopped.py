"""What ended a run before its report, told where the report would have been: step summary, file and comment."""

from collections.abc import Mapping
from pathlib import Path

from layer_action import wiring
from layer_action.arguments import Arguments
from layer_action.commands.announce import Audience, announce_stop
from layer_action.errors import GitHubError, InterruptedRunError, LayerActionError, each_of
from layer_action.inputs import FOLDER
from layer_action.ports.speaking import Console
from layer_action.prepare import commented, top_folder
from layer_action.report.reporter import MarkdownReporter


def tell_stop(
    arguments: Arguments, env: Mapping[str, str], here: Path, console: Console, error: LayerActionError
) -> None:
    """Tell what ended a run. A comment is made new for what the pull request itself can mend, else only updated.

    Raises GitHubError where the runner's files cannot be written.
    """
    wiring.summarise(env, error)
    run = commented(arguments, env, here)
    # by a failing GitHub the comment may be right already; who interrupts a run has a newer one, or none in mind
    if run is None or isinstance(error, GitHubError | InterruptedRunError):
        return
    inputs, event = run
    root = top_folder(env, here)
    audience = Audience(folder=root / FOLDER, workspace=root, pull_request=event.pull_request, comment=inputs.comment)
    announce_stop(
        console,
        wiring.connect_runner(env),
        wiring.connect_reviews(inputs, event, env, console),
        MarkdownReporter().stopped(error, environment=inputs.environment, commit=event.sha),
        audience,
        create=any(problem.location and problem.location.is_file for problem in each_of(error)),
    )
    wiring.give_back(inputs, root, env, audience.folder)
