"""What to do about a build that failed, by what it said."""

import re
from typing import Final

_FAILED_HINT: Final = (
    "Try `pip wheel --no-deps` on your machine to see more, or ask for a version with wheels.\n"
    "If it needs a compiler: `build` with a `cache-dir` where there is one, and bring its folder `built`."
)
_FROM_BESIDE: Final = "No such file or directory: '../"
_FROM_BESIDE_HINT: Final = (
    "A build sees the files of its project alone: bring what it reads beside them into its folder; a link will do."
)
_FROM_HISTORY: Final = re.compile(
    r"unable to detect version|getting the version from source `vcs`|find the version from SCM"
    r"|Versioning for this project requires"
)
_FROM_HISTORY_HINT: Final = (
    "Its version comes from git's history, and a build sees its files alone: the same files must be the same layer.\n"
    "Write `version` in its pyproject.toml, or a version for such builds: `fallback_version` in [tool.setuptools_scm] "
    "or [tool.pdm.version], `fallback-version` in [tool.hatch.version]."
)
_FROM_IGNORED: Final = re.compile(
    r"hatchling[\s\S]*(?:A second file is being added to the wheel archive|No such file or directory: '(?!/))"
)
_FROM_IGNORED_HINT: Final = (
    "A build sees nothing that git ignores, unless the project wants it: name it in `artifacts` of [tool.hatch.build], "
    "in the place of `force-include` where it is packed as it lies."
)


def way_out(said: str) -> str:
    """Return what to do, where a build tool and its backend said this."""
    if _FROM_HISTORY.search(said):
        return _FROM_HISTORY_HINT
    if _FROM_BESIDE in said:
        return _FROM_BESIDE_HINT
    return _FROM_IGNORED_HINT if _FROM_IGNORED.search(said) else _FAILED_HINT
