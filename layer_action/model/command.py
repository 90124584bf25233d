"""The words for what a run can do."""

from enum import StrEnum


class Command(StrEnum):
    """The command line and the `command` input share these; AUTO lets the event decide, NOTHING is its answer."""

    AUTO = "auto"
    INIT = "init"
    PLAN = "plan"
    BUILD = "build"
    PUBLISH = "publish"
    RELEASE = "release"
    ROLLBACK = "rollback"
    STATUS = "status"
    SHOW = "show"
    PRUNE = "prune"
    IAM = "iam"
    NOTHING = "nothing"
