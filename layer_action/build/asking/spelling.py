"""What somebody meant who wrote a requirement as other tools write theirs, or named a module by its own name."""

import re
import sys
from typing import Final

_NAME: Final = r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*"
_VERSION: Final = r"\s*v?(?P<version>\d[\w.*+!]*)"
# the first that matches says it
_MEANT: Final = (
    (r"[\"'`]", "Remove the quotes."),
    (
        r"[^@]*\$\{?\w",
        "Write it out: variables are filled in only in URLs, since a layer follows from what is committed.",
    ),
    (r"_\w+=", "Remove it: it is a part of conda."),
    (r"python\s*=", "Remove it: the Python of a layer is that of its `runtimes`."),
    (rf"{_NAME}={_VERSION}(=\w+)?\s*$", "A single `=` is conda's; write `{name}=={version}`."),
    (rf"{_NAME}\^{_VERSION}", "`^` is Poetry's; write `{name}>={version},<{next}`."),
    (rf"{_NAME}([:@]|==?)\s*latest\s*$", "Write `{name}` alone: the newest version that fits is taken."),
    (rf"{_NAME}[:@]{_VERSION}\s*$", "Write `{name}=={version}`."),
    (rf"{_NAME}~{_VERSION}", "Write `{name}~={version}`."),
    (rf"{_NAME}=(?P<other>[<>!~]){_VERSION}", "Write `{name}{other}={version}`."),
    (r"[A-Za-z0-9][\w.\[\]=<>-]*\s*[,\s]\s*[A-Za-z][\w.\[\]=<>-]*$", "Write one requirement a line."),
)
# where the module's name is no distribution's, or that of one without wheels
_DISTRIBUTIONS: Final = {
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "mysqldb": "pymysql",
    "opencv": "opencv-python-headless",
    "openssl": "pyopenssl",
    "pil": "pillow",
    "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
_PARTS: Final = re.compile(r"(?P<first>\d+)(?:\.(?P<second>\d+))?")


def meant(text: str) -> str:
    """Return how the requirement is written here that a text was meant to be; "" where that cannot be guessed."""
    for pattern, hint in _MEANT:
        if match := re.match(pattern, text):
            groups = match.groupdict()
            return hint.format(**groups, next=_next(groups.get("version", "")))
    return ""


def distribution_of(name: str) -> str:
    """Return what to ask for instead of a name that is a module's; "" where nobody knows."""
    if name in sys.stdlib_module_names:
        return f"`{name}` is part of Python itself: remove it."
    if name == "pkg-resources":
        return "Remove it: `pip freeze` of Debian's Python names it, and it is part of setuptools."
    return f"Ask for `{_DISTRIBUTIONS[name]}` instead." if name in _DISTRIBUTIONS else ""


def _next(version: str) -> str:
    """Return the first version that a caret excludes: of 0.x versions the second part may not change either."""
    parts = _PARTS.match(version)
    if parts and parts["first"] == "0" and parts["second"]:
        return f"0.{int(parts['second']) + 1}"
    return str(int(parts["first"]) + 1) if parts else ""
