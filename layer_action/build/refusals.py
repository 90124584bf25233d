"""What uv says where it refuses, as errors: its proof that nothing fits, or what of network and machine is to blame."""

import re
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.errors import BuildError, ResolutionError
from layer_action.exhausted import exhausted
from layer_action.model.target import LATE_PATCH

_NO_SOLUTION: Final = "No solution found"
_MARKED: Final = re.compile(r"(?<=[\w\]])\{[^{}]*\}")  # a name's marker, in a proof
_LATEST: Final = re.compile(rf"(?<=\(>=3\.\d\d)\.{LATE_PATCH}(?=\))|(?<=\(>=3\.\d)\.{LATE_PATCH}(?=\))")
_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")
_NETWORK: Final = re.compile(r"Failed to fetch|error sending request|Request failed|timed out|[Cc]onnection|dns error")
_GAVE_UP: Final = "retries in"  # uv has tried again by itself
_ADDRESS: Final = re.compile(r"Failed to fetch: `?(?P<url>[^\s`]+)`?")
_FILE: Final = re.compile(r"/(?P<name>[^/-]+)-[^/]+(\.whl|\.tar\.gz|\.zip)(\.metadata)?$")
_CACHE: Final = re.compile(r"Could not acquire lock|Failed to initialize cache|Failed to write to the client cache")
_OTHER_NAME: Final = re.compile(r"metadata name `(?P<told>[^`]+)` does not match given name `(?P<name>[^`]+)`")
_ANY_LOGIN: Final = re.compile(r"://\S*@")  # also one whose password holds a slash that nobody encoded


class NoSolutionError(ResolutionError):
    """uv proved that nothing satisfies the requirements; `reason` is its proof."""

    def __init__(self, reason: str, explanation: str) -> None:
        """Keep the proof and uv's hints apart."""
        super().__init__(reason)
        self.reason = reason
        self.explanation = explanation


class TooLateError(ResolutionError):
    """uv was not waited for any longer: its answer was worth no more time."""


def may_pass(stderr: str) -> bool:
    """Tell whether another try may do: a connection broke, and uv has not tried again by itself."""
    return _GAVE_UP not in stderr and bool(_NETWORK.search(stderr))


def refusal(stderr: str) -> BuildError:
    """Return why uv refused, by what it printed; logins are left out."""
    text = re.sub(r"^warning:.*\n?", "", _ANY_LOGIN.sub("://", stderr), flags=re.MULTILINE).strip()
    if _NO_SOLUTION in text:
        text = _LATEST.sub("", text)
        proof, _, hints = _MARKED.sub("", text).partition("cause:")[2].partition("\nhint:")
        return NoSolutionError(" ".join(proof.split()), " ".join(hints.replace("hint:", "").split()))
    if (code := _OS_ERROR.search(text)) and (known := exhausted(OSError(int(code[1]), ""))):
        return known
    if _NETWORK.search(text):
        return _unread(text)
    if _CACHE.search(text):
        return BuildError(
            f"uv cannot use what it kept: {_one_line(text)}",
            hint="Remove the folder `uv` of `cache-dir`, and run again.",
        )
    if other := _OTHER_NAME.search(text):
        error = ResolutionError(
            f"What the index gives as {other['name']} says in its metadata that it is {other['told']}.",
            hint="Ask for another version of it, and tell who runs the index.",
        )
        error.distribution = canonicalize_name(other["name"])
        return error
    return ResolutionError(
        f"uv failed: {_one_line(text)}",
        hint="Look for the name in this sentence among the requirements, or in the UV_ variables.",
    )


def _unread(text: str) -> ResolutionError:
    """Return what could not be read of the network; of a file, whose it is."""
    address = _ADDRESS.search(text)
    reason = re.sub(r" for url \(\S+\)", "", re.split(r"\s+(?:cause|Caused by):?\s+", text)[-1])
    error = ResolutionError(
        f"{address['url'] if address else 'The package index'} could not be read: {' '.join(reason.split())}.",
        hint="Check the index's address (UV_DEFAULT_INDEX, PIP_INDEX_URL), its login, certificates and the proxy.",
    )
    if address and (file := _FILE.search(address["url"])):
        error.distribution = canonicalize_name(file["name"])
    return error


def _one_line(text: str) -> str:
    return re.sub(r"\s+(cause|Caused by):?\s+", ": ", " ".join(text.removeprefix("error:").split()))
