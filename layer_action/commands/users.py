"""Who uses layer versions: functions and their published versions, SSM parameters, templates of the repository."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, TypeAlias

from layer_action.commands.parallel import READS_AT_ONCE, each
from layer_action.errors import InputError, MissingResourceError
from layer_action.inputs import FOLDER
from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.ports.aws import Functions, Parameters

# By version ARN, in words: `checkout` for its $LATEST, `checkout:3 (live)` for a published version.
Users: TypeAlias = Mapping[str, list[str]]

_TEMPLATES: Final = {".yml", ".yaml", ".json", ".tf", ".tfvars", ".toml", ".py", ".ts", ".js", ".template"}
_IGNORED: Final = {".git", FOLDER, "node_modules", ".venv", "__pycache__", ".terraform"}
_ARN_END: Final = re.compile(rb"layer:([a-zA-Z0-9-_]+):(\d+)")


def functions_that_use(functions: Functions, versions: Collection[str], regions: Iterable[str]) -> Users:
    """Return which functions of the regions list any of the version ARNs. Raises AwsError."""

    def among(region: str) -> list[PinnedFunction]:
        return [function for function in functions.listed_with_versions(region) if wanted & {*function.layer_arns}]

    wanted = frozenset(versions)
    found = [function for listing in each(among, regions) for function in listing]
    published = tuple(dict.fromkeys(_unqualified(one.arn) for one in found if not one.arn.endswith(":$LATEST")))
    aliases = dict(
        zip(published, each(lambda arn: _aliases(functions, arn), published, at_once=READS_AT_ONCE), strict=True)
    )
    users: dict[str, list[str]] = {}
    for function in found:
        label = _in_words(function, aliases.get(_unqualified(function.arn), ()))
        for arn in function.layer_arns:
            users.setdefault(arn, []).append(label)
    return users


def parameters_that_name(parameters: Parameters, names: Iterable[tuple[str, str]]) -> Users:
    """Return which of the parameters (name and region) name each version: stacks follow them. Raises AwsError."""
    users: dict[str, list[str]] = {}
    for name, region in names:
        users.setdefault(parameters.value(name, region), []).append(f"parameter {name}")
    return users


def templates_that_name(root: Path, layer_names: Collection[str]) -> Mapping[tuple[str, int], list[str]]:
    """Return where files of the repository name a version of the layers, by layer name and number.

    Raises InputError for what cannot be read: it might name any version.
    """
    found: dict[tuple[str, int], list[str]] = {}
    try:
        for path in _files(root):
            for name, number in sorted(_named_in(path)):
                if (key := (name.decode(), int(number)))[0] in layer_names:
                    found.setdefault(key, []).append(path.relative_to(root).as_posix())
    except OSError as error:
        raise InputError(
            f"{error.filename or root} cannot be read: {error.strerror}, and may name a version that is to stay.",
            hint="Let this user read all files of the checkout. Nothing is deleted before.",
        ) from error
    return found


def _named_in(path: Path) -> set[tuple[bytes, bytes]]:
    """Return the names and numbers in a file of any size: generated templates are large."""
    if not path.stat().st_size:
        return set()  # of nothing there is no map
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        return {(match[1], match[2]) for match in _ARN_END.finditer(text)}


def _aliases(functions: Functions, function_arn: str) -> tuple[FunctionAlias, ...]:
    try:
        return functions.aliases(function_arn)
    except MissingResourceError:
        return ()  # deleted since it was listed


def _in_words(function: PinnedFunction, aliases: Iterable[FunctionAlias]) -> str:
    number = function.arn.rpartition(":")[2]
    if number == "$LATEST":
        return function.name
    serving = ", ".join(alias.name for alias in aliases if alias.function_version == number)
    return f"{function.name}:{number}" + (f" ({serving})" if serving else "")


def _unqualified(function_arn: str) -> str:
    return function_arn.rpartition(":")[0]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _IGNORED:
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _files(path)
        elif path.suffix in _TEMPLATES and path.is_file():
            yield path
