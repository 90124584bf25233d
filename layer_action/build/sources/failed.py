"""What to say of a build that failed, and what to do, by what it said."""

import re
from typing import Final

from layer_action import process

_LAST_LINES: Final = 12
_END_OF_QUOTE: Final = "[end of output]"  # pip's, after what it quotes of a build backend
_CAUSE: Final = re.compile(r"\s*error: ")
_FAILED_HINT: Final = (
    "Try `pip wheel --no-deps` on your machine to see more, or ask for a version with wheels.\n"
    "If it needs a compiler: `build` with a `cache-dir` where there is one, and bring its folder `built`."
)
_MISSING: Final = r"(?:no such file|not exist|not found|cannot be found|failed to open|cannot access|can't copy)"
_FROM_BESIDE: Final = re.compile(
    rf"(?i){_MISSING}[^\n]*(?<![\w.])\.\./|(?<![\w.])\.\./[^\n]*{_MISSING}"
    r"|FileNotFoundError: \.\./|Forced include not found"
)
_FROM_BESIDE_HINT: Final = (
    "A build sees the files of its project alone: bring what it reads beside them into its folder; a link will do."
)
_FROM_HISTORY: Final = re.compile(
    r"(?i:unable to detect version)|getting the version from source `(?:vcs|versioningit)`|find the version from SCM"
    r"|Versioning for this project requires"
)
_FROM_HISTORY_HINT: Final = (
    "Its version comes from git's history, and a build sees its files alone: the same files must be the same layer.\n"
    "Write `version` in its pyproject.toml, or a version for such builds: {place}."
)
# what looks for a version, and where it takes one for builds without history
_PLACES: Final = {
    "uv-dynamic-versioning": "`fallback-version` in [tool.uv-dynamic-versioning]",
    "poetry_dynamic_versioning": "a file of its own, named by `from-file` in [tool.poetry-dynamic-versioning]",
    "versioningit": "`default-version` in [tool.versioningit]",
    "/pbr/": "in a file PKG-INFO beside its setup.py, as `Name:` and `Version:`",
    "": "`fallback_version` in [tool.setuptools_scm] or [tool.pdm.version], `fallback-version` in [tool.hatch.version]",
}
_BY_RUST: Final = re.compile(r"\b(?:maturin|setuptools_rust|cargo)\b")
_BY_RUST_HINT: Final = "It is compiled by Rust: see that its `cargo` works here, for every user."
_FROM_IGNORED: Final = re.compile(
    r"hatchling[\s\S]*(?:A second file is being added to the wheel archive|No such file or directory: '(?!/))"
)
_FROM_IGNORED_HINT: Final = (
    "A build sees nothing that git ignores, unless the project wants it: name it in `artifacts` of [tool.hatch.build], "
    "in the place of `force-include` where it is packed as it lies."
)
_OF_POETRY: Final = re.compile(r"poetry[\s\S]*does not contain any element")
_OF_POETRY_HINT: Final = (
    "A build sees nothing that git ignores, and Poetry packs none of it: take it out of `packages`, or name it in "
    '`include = [{path = "…", format = "wheel"}]` too.'
)


_NOT_ASKED_FOR: Final = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_NOT_ASKED_FOR_HINT: Final = (
    "Its build takes {module} without asking for it: name what brings it in `requires` of [build-system] in its "
    "pyproject.toml, or ask for another version."
)


def quoted(said: str) -> str:
    """Return the end of what a build tool and its backend said, with the error where that stands above it."""
    of_backend, is_quoted, of_pip = said.rpartition(_END_OF_QUOTE)
    lines = (of_backend.rstrip() if is_quoted else of_pip).splitlines()
    shown = lines[-_LAST_LINES:]
    if not any(map(_CAUSE.match, shown)):
        shown[:0] = [line for line in lines if _CAUSE.match(line)][-1:]
    return process.last_words("\n".join(shown), _LAST_LINES + 1)


def way_out(said: str) -> str:
    """Return what to do, where a build tool and its backend said this."""
    if _FROM_HISTORY.search(said):
        return _FROM_HISTORY_HINT.format(place=next(place for tool, place in _PLACES.items() if tool in said))
    if _FROM_BESIDE.search(said):
        return _FROM_BESIDE_HINT
    if _OF_POETRY.search(said):
        return _OF_POETRY_HINT
    if _FROM_IGNORED.search(said):
        return _FROM_IGNORED_HINT
    if module := _NOT_ASKED_FOR.search(said):
        return _NOT_ASKED_FOR_HINT.format(module=module[1])
    return f"{_BY_RUST_HINT}\n{_FAILED_HINT}" if _BY_RUST.search(said) else _FAILED_HINT
