"""How the runner reads what a step leaves: command files and standard output, by the rules of actions/runner."""

import re
from dataclasses import dataclass, field


class StepError(Exception):
    """The runner fails the step because of its command file."""


def parse_command_file(text: str) -> dict[str, str]:
    """Parse GITHUB_OUTPUT: `NAME=VALUE` or `NAME<<DELIMITER`, lines, `DELIMITER`. Only a newline ends a line."""
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        line, at = _line(text, at)
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            if not name or not delimiter:
                raise StepError(f"Invalid format '{line}'. Name and delimiter must not be empty")
            value, at = _heredoc(text, at, delimiter)
        else:
            raise StepError(f"Invalid format '{line}'")
        if not name:
            raise StepError(f"Invalid format '{line}'. Name must not be empty")
        values[name] = value
    return values


def _line(text: str, at: int) -> tuple[str, int]:
    end = text.find("\n", at)
    return (text[at:], len(text)) if end < 0 else (text[at:end], end + 1)


def _heredoc(text: str, at: int, delimiter: str) -> tuple[str, int]:
    lines: list[str] = []
    while True:
        if at >= len(text):
            raise StepError(f"Invalid value. Matching delimiter not found '{delimiter}'")
        ends_with_newline = text.find("\n", at) >= 0
        line, at = _line(text, at)
        if line == delimiter:
            return "\n".join(lines), at
        if not ends_with_newline:
            raise StepError(f"Invalid value. EOF value must end with a newline, delimiter '{delimiter}'")
        lines.append(line)


# every command that the runner still obeys
COMMANDS = {
    *("add-mask", "debug", "notice", "warning", "error", "group", "endgroup", "echo", "stop-commands"),
    *("add-matcher", "remove-matcher", "set-output", "save-state", "set-env", "add-path"),
}
_COMMAND = re.compile(r"::(?P<name>[^ :]+)(?: (?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)
_OLD_COMMAND = re.compile(r"##\[(?P<name>[^ \]]+)(?: (?P<properties>.*?))?\](?P<data>.*)", re.DOTALL)


@dataclass(slots=True)
class Order:
    """A command that the runner obeyed."""

    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Log:
    """What became of a step's standard output: the orders in it, and the lines that were only shown."""

    orders: list[Order] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def named(self, name: str) -> list[Order]:
        """Return the orders of one name."""
        return [order for order in self.orders if order.name == name]


def read_log(text: str) -> Log:
    """Obey a step's output as the runner does; it reads lines that end with \\r, \\n or both."""
    log = Log()
    stop_token = ""
    for line in re.split(r"\r\n|\r|\n", text.removesuffix("\n")):
        order = _order(line, stop_token)
        if stop_token:
            if order and order.name == stop_token:
                stop_token = ""
            else:
                log.lines.append(line)
        elif order is None:
            log.lines.append(line)
        elif order.name == "stop-commands":
            stop_token = order.data
        else:
            log.orders.append(order)
    return log


def _order(line: str, stop_token: str) -> Order | None:
    known = COMMANDS | ({stop_token} if stop_token else set())
    match = _COMMAND.fullmatch(line.lstrip())
    if (match is None or match["name"] not in known) and "##[" in line:
        match = _OLD_COMMAND.fullmatch(line[line.index("##[") :])
    if match is None or match["name"] not in known:
        return None
    pairs = (pair.partition("=") for pair in (match["properties"] or "").split(",") if pair)
    properties = {name.strip(): _unescape(value, ":,") for name, _, value in pairs}
    return Order(match["name"], _unescape(match["data"], ""), properties)


def _unescape(text: str, also: str) -> str:
    for char in f"{also}\n\r%":
        text = text.replace(f"%{ord(char):02X}", char)
    return text
