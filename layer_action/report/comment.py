"""The comment on a pull request: the plan in Markdown, below GitHub's limit whatever the plan."""

import json
from typing import Final
from urllib.parse import quote

from layer_action.errors import LayerActionError
from layer_action.model.plan import Plan
from layer_action.report import functions, sections, words
from layer_action.report.allowance import Allowance, characters, fitting
from layer_action.report.escape import markdown, prose
from layer_action.report.problems import from_error, problems
from layer_action.report.rows import SHORT_COMMIT, background

_COMMIT: Final = 40
# Whoever posts the comment signs it with the run that wrote it.
_ROOM: Final = 200


def marker(environment: str = "") -> str:
    """Return the hidden line by which our comment of an environment is found again."""
    return f"<!-- lambda-layer-action:{quote(environment, safe='')} -->"


def comment(plan: Plan, *, environment: str, limit: int) -> str:
    """Return the comment, below `limit` characters (a comment of GitHub holds 65 536), with room for a signature."""
    return fitting(lambda allowance: _comment(plan, environment, allowance), limit - _ROOM, measure=characters)


def stopped(error: LayerActionError, *, environment: str, commit: str, limit: int) -> str:
    """Return the comment where no plan could be made: what an earlier one told holds no longer."""
    found = from_error(error)
    title = f"### Lambda layers{_of(environment)}: no plan, {words.counted(len(found), 'problem')}"

    def text(allowance: Allowance) -> str:
        parts = [title, *sections.problem_paragraphs(found, allowance), f"<sub>Commit {commit[:SHORT_COMMIT]}.</sub>"]
        return _framed("\n\n".join(parts if commit else parts[:-1]), environment, commit)

    return fitting(text, limit - _ROOM, measure=characters)


def body(
    plan: Plan, allowance: Allowance, *, environment: str = "", when: str, title: str = "### Lambda layers"
) -> str:
    """Return heading, table, problems, fold-outs and foot of a plan; `when` says when functions would move."""
    found = problems(plan)
    parts = [
        f"{title}{_of(environment)}: {sections.heading(plan, found)}\n{sections.layer_table(plan, allowance)}".rstrip()
    ]
    parts += sections.problem_paragraphs(found, allowance)
    folds = [*sections.layer_folds(plan, allowance), functions.function_fold(plan, found, allowance, when=when)]
    if any(folds):
        parts.append("\n".join(fold for fold in folds if fold))
    parts.append(foot(plan, allowance))
    return "\n\n".join(part for part in parts if part)


def foot(plan: Plan, allowance: Allowance) -> str:
    """Return what the plan was held against, what nobody looked at and whether something was cut."""
    said = [prose(sentence) for sentence in background(plan)]
    if allowance != Allowance():
        said.append("Shortened to fit: the step summary and the HTML report hold the rest.")
    return f"<sub>{' '.join(said)}</sub>" if said else ""


def _comment(plan: Plan, environment: str, allowance: Allowance) -> str:
    return _framed(body(plan, allowance, environment=environment, when="On merge"), environment, plan.commit)


def _of(environment: str) -> str:
    return f", {markdown(environment)}" if environment else ""


def _framed(text: str, environment: str, commit: str) -> str:
    """Return a comment's text between what finds it again and what it was made from, both hidden."""
    state = json.dumps({"commit": commit[:_COMMIT]}, separators=(",", ":")).replace(">", "\\u003e")
    return f"{marker(environment)}\n{text}\n<!-- lambda-layer-action-state {state} -->\n"
