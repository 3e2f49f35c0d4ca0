"""A disk that does not answer: the interface never waits for it, and leaving waits for a while, not for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread, get_ident
from time import monotonic
from typing import Any, TypeVar

MOMENT = 0.5
"""Seconds that the interface waits for a file."""
LONG = 2.0
"""Seconds after which a call counts as one that hangs."""
LAST = 3.0
"""Seconds that work may still take when the application is left. A save that is cut off leaves the file as it was."""
MOST = 64
"""Threads."""
SILENT = "The disk does not answer"

T = TypeVar("T")


class SilentError(Exception):
    """A file did not answer in time."""


class Asking:
    """Another thread that waits for a disk where the interface's must not. For each disk that may be silent by itself
    there is one."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] | None = None
        self._last: Future[Any] | None = None
        self._asked = 0.0

    def ask(self, work: Callable[[], T], seconds: float | None = None, *, anyway: bool = False) -> T:
        """Have something done by the other thread. Raises SilentError when it takes longer, and at once when what was
        asked for before has not come in a moment; `anyway`, yet another thread does it then."""
        future = self._begin(work, anyway)
        try:
            return future.result(MOMENT if seconds is None else seconds)
        except TimeoutError:
            if future.done():
                raise
            raise SilentError from None

    def known(self, work: Callable[[], T], otherwise: T, *, anyway: bool = False) -> T:
        """What the disk says in a moment; `otherwise` where it says nothing."""
        with suppress(SilentError):
            return self.ask(work, anyway=anyway)
        return otherwise

    def begin(self, work: Callable[[], object]) -> None:
        """Have something done that nobody waits for, unless what was asked for before still hangs."""
        with suppress(SilentError):
            self._begin(work, anyway=False)

    def silent(self) -> bool:
        """Whether what was asked for last hangs."""
        return self._hangs() and monotonic() - self._asked > LONG

    def _hangs(self) -> bool:
        return self._last is not None and not self._last.done()

    def _begin(self, work: Callable[[], T], anyway: bool) -> Future[T]:
        if self._hangs() and (anyway or monotonic() - self._asked > MOMENT):
            if not anyway:
                raise SilentError
            self._queue = None
        if self._queue is None:
            self._queue = SimpleQueue()
            Thread(target=_serve, args=(self._queue,), daemon=True, name="patience").start()
        future: Future[Any] = Future()
        self._last, self._asked = future, monotonic()
        self._queue.put((future, work))
        return future


class Patience(Asking):
    """The operating system as the application calls it. The thread that makes this is the interface's: what it reads is
    in memory, or else another thread reads it. What has not come after a moment, or cannot be read, is empty, as from a
    file that was cut off; `trouble` says why. Other threads wait as ever, and it is known for how long."""

    def __init__(self) -> None:
        super().__init__()
        self._interface = get_ident()
        self._begun: dict[int, float] = {}
        self._refused = ""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the system has of that name
        found = getattr(os, name)
        return partial(self._timed, found) if callable(found) else found

    def pread(self, fd: int, length: int, start: int) -> bytes:
        """Bytes of a file."""
        if get_ident() != self._interface:
            read: bytes = self._timed(os.pread, fd, length, start)
            return read
        known = _in_memory(fd, length, start)
        if known is not None:
            return known
        try:
            late = self.ask(partial(os.pread, fd, length, start))
        except SilentError:
            self._refused = SILENT
        except OSError as error:
            self._refused = f"The file cannot be read: {os.strerror(error.errno or 0).lower()}"
        else:
            self._refused = self._refused.replace(SILENT, "")
            return late
        return b""

    def trouble(self) -> str:
        """What is wrong with the disk just now, as a sentence without its end; empty for nothing. A reading that was
        refused is spoken of once, one that hangs as long as it does."""
        said, begun = self._refused, list(self._begun.values())
        if not self._hangs() or said != SILENT:
            self._refused = ""
        if self.silent() or any(monotonic() - one > LONG for one in begun):
            return SILENT
        return said

    def _timed(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        me = get_ident()
        self._begun[me] = monotonic()
        try:
            return call(*arguments, **options)
        finally:
            self._begun.pop(me, None)


def _serve(queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]]]) -> None:
    while True:
        future, work = queue.get()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)


def _in_memory(fd: int, length: int, start: int) -> bytes | None:
    """Bytes of a file that the system has in memory; None where it has not, or cannot tell."""
    with suppress(AttributeError, OSError):
        buffer = bytearray(length)
        if os.preadv(fd, [buffer], start, os.RWF_NOWAIT) == length:
            return bytes(buffer)
    return None


class Threads(ThreadPoolExecutor):
    """Those that work for the application. What they do touches no file that is not whole at any moment, so that they
    can be left behind. There are more than can work at once: some may hang."""

    left = False
    """Whether some still hang after the end."""

    def __init__(self) -> None:
        super().__init__(MOST)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for a while."""
        super().shutdown(wait=False, cancel_futures=True)
        end = monotonic() + LAST
        for thread in self._threads:
            thread.join(max(end - monotonic(), 0.0))
        self.left = any(thread.is_alive() for thread in self._threads)
