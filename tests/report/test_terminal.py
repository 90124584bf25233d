import io
import os
import re
import termios
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from layer_action.errors import Location
from layer_action.report.terminal import TerminalConsole, width_of

if TYPE_CHECKING:
    from layer_action.ports.speaking import Console


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class OldStream(io.TextIOWrapper):
    """A log file in an encoding without arrows."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="latin-1", write_through=True)

    def text(self) -> str:
        self.seek(0)
        return self.read()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with io.StringIO() as stream:
        yield stream


@pytest.fixture
def screen() -> Iterator[Screen]:
    with Screen() as stream:
        yield stream


def console_on(stream: io.StringIO, **env: str) -> TerminalConsole:
    return TerminalConsole(env=env, out=stream, err=stream)


def test_it_is_a_console(log: io.StringIO) -> None:
    speak: Console = console_on(log)
    speak.info("hello")
    assert log.getvalue() == "hello\n"


def test_a_group_is_indented_and_tells_its_duration(log: io.StringIO) -> None:
    console = console_on(log)
    with console.group("Build http"):
        console.info("fetching\nwheels")
    console.info("done")
    assert re.fullmatch(r"Build http\n  fetching\n  wheels\n  \d+\.\d s\ndone\n", log.getvalue())


def test_a_group_ends_though_its_work_fails(log: io.StringIO) -> None:
    console = console_on(log)
    with pytest.raises(LookupError), console.group("Build"):
        raise LookupError
    console.info("after")
    assert log.getvalue().endswith("\nafter\n")


def test_warnings_say_where_to_look(log: io.StringIO) -> None:
    console = console_on(log)
    console.warning("is old", title="Layer http", location=Location("layers/http/requirements.txt", 3))
    console.error("is gone")
    console.notice("is fine")
    assert log.getvalue() == (
        "layers/http/requirements.txt:3: warning: Layer http: is old\nerror: is gone\nnotice: is fine\n"
    )


def test_warnings_and_errors_do_not_mix_with_what_is_piped() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = TerminalConsole(env={}, out=out, err=err)
    console.info("plan")
    console.error("broken")
    assert (out.getvalue(), err.getvalue()) == ("plan\n", "error: broken\n")


def test_a_log_has_no_colours(log: io.StringIO) -> None:
    console_on(log).error("broken")
    assert "\x1b" not in log.getvalue()


def test_a_terminal_has_colours(screen: Screen) -> None:
    console_on(screen, TERM="xterm").error("broken")
    assert screen.getvalue() == "\x1b[31merror: broken\x1b[0m\n"


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_has_no_colours_where_nobody_wants_them(screen: Screen, env: dict[str, str]) -> None:
    console_on(screen, **env).error("broken")
    assert "\x1b" not in screen.getvalue()


def test_detail_is_for_those_who_ask(log: io.StringIO) -> None:
    console_on(log).debug("detail")
    assert log.getvalue() == ""
    TerminalConsole(env={}, out=log, err=log, verbose=True).debug("detail")
    assert log.getvalue() == "detail\n"


def test_a_secret_is_never_shown(log: io.StringIO) -> None:
    console = console_on(log)
    for secret in ("hunter2", "hunter2-long", "", "  "):
        console.mask(secret)
    console.info("user:hunter2-long and hunter2")
    assert log.getvalue() == "user:*** and ***\n"


def test_foreign_text_cannot_move_the_cursor_and_is_told_apart(screen: Screen) -> None:
    console_on(screen, NO_COLOR="1").foreign("one\x1b[2Jtwo\nthree")
    assert screen.getvalue() == "| one\ufffd[2Jtwo\n| three\n"


def test_progress_in_a_log_is_quiet(log: io.StringIO) -> None:
    with console_on(log).progress("Fetch", 10) as progress:
        progress.advance(10)
    assert log.getvalue() == ""


def test_progress_on_a_terminal_shows_a_bar_and_keeps_lines_whole(screen: Screen) -> None:
    console = console_on(screen, TERM="xterm")
    with console.progress("Fetch", 10) as progress:
        progress.advance(3)
        console.info("a line of its own")
        progress.advance(7)
    assert "Fetch" in screen.getvalue()
    assert "\na line of its own\n" in screen.getvalue() or "a line of its own\n" in screen.getvalue()


def test_progress_inside_of_progress_is_quiet(screen: Screen) -> None:
    console = console_on(screen, TERM="xterm")
    with console.progress("Outer", 10), console.progress("Inner", 10) as inner:
        inner.advance()
    assert "Inner" not in screen.getvalue()


def test_an_old_encoding_ends_no_run() -> None:
    with OldStream() as stream:
        TerminalConsole(env={}, out=stream, err=stream).info("1.4.2 → 1.5.0")
        assert stream.text() == "1.4.2 ? 1.5.0\n"


def test_what_to_do_stands_indented_below_what_happened_and_only_that_has_a_colour(screen: Screen) -> None:
    console_on(screen).error("This broke.\nWrite:\n  a: b", location=Location("a.yml", 3))
    assert screen.getvalue() == "\x1b[31ma.yml:3: error: This broke.\x1b[0m\n  Write:\n    a: b\n"


@pytest.mark.parametrize(("columns", "width"), [(80, 80), (300, 110), (20, 60), (0, 110)])
def test_texts_are_as_wide_as_the_terminal_within_reason(columns: int, width: int) -> None:
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (40, columns))
    with open(follower, "w") as stream:  # noqa: PTH123 - it has no path
        assert width_of(stream) == width
    os.close(leader)


def test_a_log_is_as_wide_as_texts_get(log: io.StringIO, screen: Screen) -> None:
    assert width_of(log) == width_of(screen) == 110


def test_the_marks_of_problems_have_a_colour(screen: Screen) -> None:
    console_on(screen).info("✗ broken\n! odd\n  more!")
    assert screen.getvalue() == "\x1b[31m✗\x1b[0m broken\n\x1b[33m!\x1b[0m odd\n  more!\n"
