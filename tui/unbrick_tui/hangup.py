"""A terminal that goes away, for good or for a while. Whoever does not lead its session gets no SIGHUP then: reads are
empty from that moment on and writes fail, for ever, so the application has to look."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver

EVERY = 1.0
"""Seconds between two looks."""


class Hangup:
    """The standard streams that are a terminal now."""

    def __init__(self) -> None:
        self._streams = [stream for stream in range(3) if os.isatty(stream)]

    def __bool__(self) -> bool:
        """Whether one of them is none any more."""
        return not all(map(os.isatty, self._streams))

    def let_go(self) -> None:
        """Lead to nowhere what is gone: else the last words fail, and with them the exit status."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in self._streams:
            if not os.isatty(stream):
                os.dup2(nowhere, stream)
        os.close(nowhere)


def listen(ended: Callable[[int], None]) -> None:
    """Call back, in the running loop, at a signal that asks the process to end. Not by the loop's own handlers: they
    learn of a signal through a pipe, which a flood of keys fills up, and what does not go in is lost."""
    loop = asyncio.get_running_loop()

    def heard(number: int, _frame: object) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended, number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, heard)


class _Steady:
    """A file that takes what is painted, and does not mind when nobody sees it: the thread that paints ends at the
    first error, and the application would wait for it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._file, name)


def _between_steps(act: Callable[[], None]) -> None:
    """Act in the running loop, or at once where none runs. A handler interrupts anything, also whoever holds the lock
    of what is to be written: it would wait for that for ever."""
    try:
        asyncio.get_running_loop().call_soon_threadsafe(act)
    except RuntimeError:
        act()


def steady(driver: type[Driver]) -> type[Driver]:
    """The same driver, which outlives its terminal."""

    class Steady(driver):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
            super().__init__(*args, **options)
            screen = getattr(self, "_file", None)
            if screen is not None:
                self._file = _Steady(screen)

        def _sigtstp_application(self, *args: object) -> None:
            """Stop, and give the terminal back before that."""
            stop = super()._sigtstp_application
            _between_steps(stop) if self._auto_restart else stop(*args)

        def _sigcont_application(self, *args: object) -> None:
            """Go on after a stop."""
            if self._must_signal_resume:
                super()._sigcont_application(*args)
            elif self._auto_restart:
                _between_steps(self._taken_up)

        def _taken_up(self) -> None:
            """A stop that nobody announced (SIGSTOP) left the reading thread and the terminal's modes as they were:
            without an end first, two threads would read, and raw would pass for how it was before."""
            if self._writer_thread is not None:
                self.suspend_application_mode()
            super()._sigcont_application()

    return Steady
