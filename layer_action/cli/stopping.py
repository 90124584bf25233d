"""SIGINT and SIGTERM: at once where nothing is half done, after the call in flight where something would be."""

import os
import signal
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from layer_action import process
from layer_action.errors import InterruptedRunError, exit_code_of

# A runner kills a job some ten seconds after it asked it to stop; threads may wait for a server that long.
_ORDERLY: Final = 5.0
_SOON: Final = 0.1  # seconds in which a main thread that runs has heard of a signal


class Stopping(threading.Event):
    """Set by the first signal. Outside of `deferred` the signal also ends the run there and then.

    It does so by KeyboardInterrupt, which nothing between here and `main` may take for a failure of its own. Programs
    that other threads wait for are ended; where a thread waits for something else, the process ends without it.
    """

    def __init__(self) -> None:
        """Start unset."""
        super().__init__()
        self.signal_number: int = signal.SIGINT
        self._deferring = False
        self._began = False
        self._cut_short = False
        self._last_resort: threading.Timer | None = None
        self._listening = False

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the code inside look at the flag itself; a second signal ends it nevertheless."""
        self._deferring = self._began = True
        try:
            yield
        finally:
            self._deferring = False

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        again = self.is_set()
        self.signal_number = number
        self.set()
        if again or not self._deferring:
            self._cut_short = self._deferring
            self._end_soon()
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle SIGINT and SIGTERM inside; signals reach the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.receive) for number in (signal.SIGINT, signal.SIGTERM)}
        others = set(threading.enumerate())
        try:
            self._listening = True
            with process.may_be_ended(), self._waking():
                try:
                    yield
                finally:
                    if self.is_set():
                        self._outlive(others)
        finally:
            self._listening = False
            if self._last_resort:
                self._last_resort.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)

    def error(self) -> InterruptedRunError:
        """Return what a run says that was ended at once."""
        when, then = " before it changed anything in AWS", "Run again."
        if self._began:
            when, then = ", between changes", "Run again: it starts from what AWS holds then."
        if self._cut_short:
            when = ", in the middle of a change; the journal tells how far it came"
        return InterruptedRunError(
            f"The run was stopped by {signal.Signals(self.signal_number).name}{when}.",
            signal_number=self.signal_number,
            hint=then,
        )

    @contextmanager
    def _waking(self) -> Iterator[None]:
        """Wake the main thread for a signal of which it does not know: one that came right before it began to wait.

        Python notes a signal at once, in whatever thread, and calls its handler when the main thread runs again.
        """
        heard, noted = os.pipe()
        os.set_blocking(noted, False)
        threading.Thread(target=self._wake, args=(heard,), name="signals", daemon=True).start()
        usual = signal.signal(signal.SIGURG, lambda _number, _frame: None)
        before = signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            signal.signal(signal.SIGURG, usual)
            os.close(noted)

    def _wake(self, heard: int) -> None:
        main = threading.main_thread().ident
        while number := os.read(heard, 1):
            while number[0] in (signal.SIGINT, signal.SIGTERM) and self._listening and main:
                time.sleep(_SOON)
                if self.is_set():
                    break
                signal.pthread_kill(main, signal.SIGURG)
        os.close(heard)

    def _outlive(self, others: Collection[threading.Thread]) -> None:
        """Wait for threads begun meanwhile: one that a signal cut off from its pool would go on, and start programs."""
        try:
            for thread in threading.enumerate():
                if thread not in others and not thread.daemon:
                    thread.join()
        except KeyboardInterrupt:  # a second signal
            self._end_at_once()

    def _end_soon(self) -> None:
        if not self._listening:
            return
        process.end_all()
        if self._last_resort is None:
            self._last_resort = threading.Timer(_ORDERLY, self._end_at_once)
            self._last_resort.daemon = True
            self._last_resort.start()

    def _end_at_once(self) -> None:
        error = self.error()
        # no console: whoever hangs may hold its lock
        os.write(2, f"error: {error.message}\n{error.hint}\n".encode())
        os._exit(exit_code_of(error))
