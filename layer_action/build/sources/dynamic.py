"""Dependencies that setuptools takes from files: where one is missing it only warns, and the wheel needs nothing."""

from collections.abc import Iterator
from pathlib import Path

from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table
from layer_action.errors import BuildError


def check_files_of_dependencies(project: Path, location: str) -> None:
    """Refuse a project, a copy of the one at `location`, whose dependencies stand in files that a build does not see.

    Raises BuildError.
    """
    missing = [name for name in _files(project) if not (project / name).is_file()]
    if missing:
        raise BuildError(
            f"{location} reads its dependencies from {missing[0]}, which its build does not see.",
            hint="Bring the file into its folder (a link will do), and let git not ignore it; or write them as "
            "`dependencies` of [project].",
        )


def _files(project: Path) -> Iterator[str]:
    """Yield the files that [tool.setuptools.dynamic] names; https://setuptools.pypa.io tells of `file`."""
    dynamic = table(read_pyproject_of(project), "tool", "setuptools", "dynamic")
    for told in (dynamic.get("dependencies"), *table(dynamic, "optional-dependencies").values()):
        files = table(told).get("file", [])
        yield from (str(name) for name in ([files] if isinstance(files, str) else array(files)))
