"""Failures that are the machine's: what it has no more of, and how it gets more."""

import errno
import os
from typing import Final

from layer_action.errors import ExhaustedError

_OF_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_NO_FOLDER: Final = "No usable temporary directory"  # as tempfile says it
_OF_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def exhausted(error: Exception) -> ExhaustedError | None:
    """Return the sentence for what this machine has no more of, room or open files; None for every other failure."""
    if not isinstance(error, OSError):
        return None
    if error.errno in _OF_FILES:
        return ExhaustedError(
            f"This machine lets the run open no more files: {os.strerror(error.errno)}.",
            hint="Allow more: `ulimit -n 1024`, or in a container `--ulimit nofile=1024`. A build opens every wheel.",
        )
    if error.errno == errno.EAGAIN:
        return ExhaustedError(
            f"This machine lets the run start no more programs: {os.strerror(error.errno)}.",
            hint="Allow more: `ulimit -u`, or in a container `--pids-limit`.",
        )
    if (error.strerror or "").startswith(_NO_FOLDER):
        return ExhaustedError(
            "This machine has no folder for temporary files that can be written to.",
            hint="Make room, or name a folder that has some in TMPDIR.",
        )
    if error.errno in _OF_ROOM:
        where = f" ({error.filename})" if error.filename else ""
        return ExhaustedError(
            f"This machine cannot write any more{where}: {os.strerror(error.errno)}.",
            hint="Make room where wheels are kept (`cache-dir`), zips (.lambda-layer-action/build, or `--dir`), or "
            "what is temporary (TMPDIR). Then run again.",
        )
    return None
