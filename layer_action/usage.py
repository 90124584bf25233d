"""What `--help` says: each command in a sentence, and how it is called."""

from typing import Final

from layer_action.model.command import Command

PROGRAM: Final = "lambda-layer-action"
PURPOSE: Final = "Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely."
WITHOUT_COMMAND: Final = f"""\
Without a command, a workflow's event chooses it; elsewhere it is `plan`.

  {PROGRAM} init                          begin: write a config and a workflow
  {PROGRAM} build --all                   build every zip, without AWS
  {PROGRAM} plan                          what a merge would do
  {PROGRAM} publish                       show the plan, ask, then do it
  {PROGRAM} COMMAND --help                the options of a command, and examples

Only publish, release, rollback and prune change AWS. Off CI they show what they would do and ask first, or need `--yes`
where nobody can be asked. Exit codes: 0 done or nothing to do, 2 wrong input, 3 cannot be built, 4 AWS refused,
5 GitHub refused, 6 partly applied, 10 `plan --detailed-exitcode` with changes, 70 a bug, 130 or 143 interrupted.
"""
SAYS: Final = {
    Command.INIT: "write a config and a workflow from what the repository and AWS show",
    Command.PLAN: "show what would be published and which functions would move",
    Command.BUILD: "build the zips, with neither AWS nor GitHub",
    Command.PUBLISH: "publish the affected layers and move the functions pinned to them",
    Command.RELEASE: "publish under the version of a tag and write a GitHub Release",
    Command.ROLLBACK: "move a layer's functions back to an older version",
    Command.STATUS: "show which functions are current, behind, held or failed",
    Command.SHOW: "show the lock inside a published version",
    Command.PRUNE: "delete versions that nothing uses",
    Command.IAM: "print the least IAM policy and the OIDC trust policy of a command",
}
EXAMPLES: Final = {
    Command.INIT: (("init", "write both files; those that exist are kept"),),
    Command.PLAN: (
        ("plan", "the head beside what AWS holds; without credentials, beside the default branch"),
        ("plan --base v1.4.0", "beside a revision"),
        ("plan --upgrade urllib3", "what a newer urllib3 would change"),
        ("plan --json | jq '.[] | select(.affected).name'", "the affected layers, for a script"),
        ("plan --out plan.json", "keep the plan; `publish --plan plan.json` then does just that"),
    ),
    Command.BUILD: (
        ("build --all --dir dist", "every layer: zips, locks and manifest.json in dist/"),
        ("build --layers http", "this layer, if it changed"),
    ),
    Command.PUBLISH: (
        ("publish", "show the plan, ask, then publish and move"),
        ("publish --yes --no-repoint", "do not ask; leave functions where they are"),
        ("publish --environment production", "with that environment's account, role and settings"),
    ),
    Command.RELEASE: (
        ("release --tag http/v1.5.0", "http, under this version, changed or not"),
        ("release --tag v1.5.0", "every affected layer, under this version"),
    ),
    Command.ROLLBACK: (
        ("rollback http", "to the version before the newest"),
        ("rollback http --to 1.4.2", "to this version"),
        ("rollback http --journal .lambda-layer-action/journal.jsonl", "put back what that run moved"),
    ),
    Command.STATUS: (
        ("status", "tables of layers and of functions"),
        ("status --json", "the same, for a script"),
    ),
    Command.SHOW: (
        ("show http", "the newest version's packages; `pip install --require-hashes -r` reads them"),
        ("show http:14 --diff 12", "what changed from number 12 to number 14"),
    ),
    Command.PRUNE: (
        ("prune --keep 3", "show what nothing uses and is not among the newest three, then ask"),
    ),
    Command.IAM: (
        ("iam publish --repository octo/shop", "for the role that publishes"),
        ("iam plan --repository octo/shop", "for the role of pull requests: it may only read"),
    ),
}  # fmt: skip


def usage_of(command: Command, positional: str = "") -> str:
    """Return a command's first line of help."""
    return " ".join(part for part in (PROGRAM, command.value, positional, "[OPTION ...]") if part)


def examples_of(command: Command) -> str:
    """Return a command's examples, one a line; what is wide has its meaning below it."""
    lines = (f"  {PROGRAM} {call}\n      {means}" for call, means in EXAMPLES[command])
    return "examples:\n" + "\n".join(lines)
