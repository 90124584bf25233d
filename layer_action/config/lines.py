"""YAML with the line of every key and value, for errors that point at them."""

import sys
from collections.abc import Mapping
from typing import Final, TypeAlias

import yaml

from layer_action.errors import ConfigError, LayerActionError, Location, raise_all
from layer_action.record import record

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Path: TypeAlias = tuple[str | int, ...]

_MOST_CHARACTERS: Final = 1_000_000  # YAML of that size takes seconds to read
_MOST_VALUES: Final = 100_000
_TOO_LARGE: Final = f"More than {_MOST_VALUES} values are no config: aliases (`*name`) of aliases multiply."


def as_mapping(value: Json) -> dict[str, Json]:
    """Return a mapping; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


@record
class Document:
    """A YAML file as plain values. `lines` tells where each path begins, `texts` how each scalar was written."""

    file: str
    value: Json
    lines: Mapping[Path, int]
    texts: Mapping[Path, str]

    def location(self, path: Path) -> Location:
        """Return where a path is written; of a path that is not there, its nearest parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return Location(self.file, self.lines.get(path))


def read_document(text: str, file: str) -> Document:
    """Parse one YAML document. Raises ConfigError for broken YAML, Problems for repeated keys."""
    if len(text) > _MOST_CHARACTERS:
        raise ConfigError(
            f"the config has {len(text):,} characters",
            hint=f"Keep it below {_MOST_CHARACTERS:,}; it only names files.",
            location=Location(file),
        )
    walker = _Walker(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = walker.value(node, ()) if node is not None else None
    except RecursionError as error:
        raise ConfigError(
            "this is nested too deeply, or holds itself",
            hint="Remove the anchor (`&name`) whose alias (`*name`) lies inside of it.",
            location=Location(file),
        ) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(
            f"this is not YAML: {error.problem or error.context}",
            hint="Check the indentation and the quotes on this line and the one before.",
            location=Location(file, line),
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"this is not YAML: {error}", hint="Save the file as UTF-8 text.", location=Location(file)
        ) from error
    raise_all(walker.problems)
    return Document(file=file, value=value, lines=walker.lines, texts=walker.texts)


class _Walker:
    """Turns nodes into values and notes where each came from."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.texts: dict[Path, str] = {}
        self.problems: list[LayerActionError] = []
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: Path) -> Json:
        if len(self.lines) > _MOST_VALUES:
            raise ConfigError("the config is too large", hint=_TOO_LARGE, location=Location(self.file))
        self.lines.setdefault(path, node.start_mark.line + 1)
        match node:
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            case _:
                return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                kind = "a list" if isinstance(key_node, yaml.SequenceNode) else "a mapping"
                self.problems.append(
                    ConfigError(f"a key is {kind}", hint="Write it as text.", location=Location(self.file, line))
                )
                continue
            key = str(key_node.value)
            if key in found:
                self.problems.append(
                    ConfigError(
                        f"the key `{key}` is written twice",
                        hint=f"Keep one; the other is on line {self.lines[*path, key]}.",
                        location=Location(self.file, line),
                    )
                )
            self.lines[*path, key] = line
            found[key] = self.value(value_node, (*path, key))
        return found

    def _scalar(self, node: yaml.Node, path: Path) -> Json:
        self.texts[path] = str(node.value)
        # Dates and binary have no place in the config, and numbers of any length neither: what was written says more.
        try:
            value = self._scalars.construct_object(node)
        except ValueError:
            return str(node.value)
        is_plain = value is None or isinstance(value, bool | float | str)
        return value if is_plain or (isinstance(value, int) and abs(value) <= sys.maxsize) else str(node.value)
