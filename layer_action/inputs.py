"""What the workflow or the command line asks for: strings in, values or all the errors at once out."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from layer_action.errors import InputError, LayerActionError, Location, raise_all
from layer_action.model.command import Command
from layer_action.model.layer import Bump, Severity
from layer_action.model.target import RUNTIMES, Architecture
from layer_action.record import record

DEFAULT_CONFIG: Final = ".github/lambda-layers.yml"
FOLDER: Final = ".lambda-layer-action"  # at the top of the checkout: what later steps may read
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")


class CommentMode(StrEnum):
    """When a pull request gets a comment."""

    CHANGES = "changes"
    ALWAYS = "always"
    NEVER = "never"


@record
class Inputs:
    """The action's inputs; each field is the kebab-case input of the same words.

    `layers`, `regions` and the like are () when not given. `upgrade` is ("all",) or distribution names.
    """

    command: Command = Command.AUTO
    config: str = DEFAULT_CONFIG
    layers: tuple[str, ...] = ()
    environment: str = ""
    runtimes: tuple[str, ...] = ()
    architectures: tuple[Architecture, ...] = ()
    upgrade: tuple[str, ...] = ()
    repoint: Bump | None = None
    regions: tuple[str, ...] = ()
    comment: CommentMode = CommentMode.CHANGES
    fail_on: Severity = Severity.ERROR
    plan_file: str = ""
    cache_dir: str = ""
    session_minutes: int = 60
    allow_older: bool = False
    token: str = ""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the inputs' names, in kebab-case."""
        return tuple(name.replace("_", "-") for name in cls.__annotations__)


def environment_name(name: str) -> str:
    """Return the variable by which the runner hands over an input; dashes stay."""
    return f"INPUT_{name.replace(' ', '_').upper()}"


def given_inputs(env: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs that the runner set, by kebab-case name; an empty one is one not given."""
    found = {name: env.get(environment_name(name), "").strip() for name in Inputs.names()}
    return {name: value for name, value in found.items() if value}


def read_inputs(given: Mapping[str, str]) -> Inputs:
    """Turn strings into inputs. `given` is by kebab-case name. Raises InputError, or Problems with all of them."""
    reader = _Reader(given)
    inputs = Inputs(
        command=reader.choice("command", Command, Command.AUTO),
        config=given.get("config", DEFAULT_CONFIG),
        layers=words(given.get("layers", "")),
        environment=given.get("environment", ""),
        runtimes=reader.runtimes("runtimes"),
        architectures=reader.architectures("architectures"),
        upgrade=words(given.get("upgrade", "")),
        repoint=reader.bump("repoint"),
        regions=reader.regions("regions"),
        comment=reader.choice("comment", CommentMode, CommentMode.CHANGES),
        fail_on=reader.fail_on("fail-on"),
        plan_file=given.get("plan-file", ""),
        cache_dir=given.get("cache-dir", ""),
        session_minutes=reader.minutes("session-minutes", 60),
        allow_older=reader.flag("allow-older"),
        token=given.get("token", ""),
    )
    raise_all(reader.problems)
    return inputs


def is_region(text: str) -> bool:
    """Tell whether a word has the form of a region's name: which ones there are, AWS knows."""
    return bool(_REGION.fullmatch(text))


def no_region(text: str, place: str) -> InputError:
    """Return the problem of a word that cannot be a region."""
    return InputError(
        f"{text!r} is no name of an AWS region",
        hint="Write it as AWS does, such as eu-central-1.",
        location=Location(place),
    )


def words(text: str) -> tuple[str, ...]:
    """Split at commas, blanks and line ends."""
    return tuple(text.replace(",", " ").split())


_Choice = TypeVar("_Choice", bound=StrEnum)


class _Reader:
    """Reads typed values and remembers each problem."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.problems: list[LayerActionError] = []

    def _wrong(self, name: str, value: str, accepted: Iterable[str]) -> None:
        self.problems.append(
            InputError(
                f"the input `{name}` is {value!r}",
                hint=f"Write one of: {', '.join(accepted)}.",
                location=Location(f"input {name}"),
            )
        )

    def choice(self, name: str, kind: type[_Choice], default: _Choice) -> _Choice:
        value = self._given.get(name, default.value)
        accepted = {member.value: member for member in kind if member is not Command.NOTHING}
        if value not in accepted:
            self._wrong(name, value, accepted)
        return accepted.get(value, default)

    def bump(self, name: str) -> Bump | None:
        value = self._given.get(name, "")
        accepted = {str(bump): bump for bump in reversed(Bump)}
        if value and value not in accepted:
            self._wrong(name, value, accepted)
        return accepted.get(value)

    def fail_on(self, name: str) -> Severity:
        value = self._given.get(name, Severity.ERROR.value)
        accepted = {severity.value: severity for severity in (Severity.ERROR, Severity.WARNING)}
        if value not in accepted:
            self._wrong(name, value, accepted)
        return accepted.get(value, Severity.ERROR)

    def runtimes(self, name: str) -> tuple[str, ...]:
        values = words(self._given.get(name, ""))
        for value in values:
            if value not in RUNTIMES:
                self._wrong(name, value, RUNTIMES)
        return tuple(value for value in values if value in RUNTIMES)

    def architectures(self, name: str) -> tuple[Architecture, ...]:
        values = words(self._given.get(name, ""))
        accepted = {architecture.value: architecture for architecture in Architecture}
        for value in values:
            if value not in accepted:
                self._wrong(name, value, accepted)
        return tuple(accepted[value] for value in values if value in accepted)

    def regions(self, name: str) -> tuple[str, ...]:
        values = words(self._given.get(name, ""))
        self.problems.extend(no_region(value, f"input {name}") for value in values if not is_region(value))
        return tuple(value for value in values if is_region(value))

    def minutes(self, name: str, default: int) -> int:
        value = self._given.get(name, str(default))
        if value.isdecimal() and int(value) > 0:
            return int(value)
        self._wrong(name, value, ["a whole number of minutes above 0"])
        return default

    def flag(self, name: str) -> bool:
        # The YAML 1.2 core set, as the toolkit reads it: a typo must not silently mean false.
        value = self._given.get(name, "false")
        if value not in {"true", "True", "TRUE", "false", "False", "FALSE"}:
            self._wrong(name, value, ["true", "false"])
        return value.lower() == "true"
