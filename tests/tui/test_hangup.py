"""Being asked to end, to stop and to go on, and a terminal that goes away."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator

import pytest
from textual.drivers.linux_driver import LinuxDriver

from unbrick_tui.hangup import listen, steady

FULL = 10_000
"""Wake-ups of a loop in one go, more than its pipe holds."""


@pytest.fixture
def handlers() -> Iterator[None]:
    """Signals are handled as before when a test ends."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTSTP, signal.SIGCONT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_behind_a_flood_of_keys_is_heard(number: int) -> None:
    heard: list[int] = []

    async def flooded() -> None:
        ended = asyncio.Event()

        def end(number: int) -> None:
            heard.append(number)
            ended.set()

        listen(end)
        loop = asyncio.get_running_loop()
        for _ in range(FULL):
            loop.call_soon_threadsafe(int)
        os.kill(os.getpid(), number)
        await asyncio.wait_for(ended.wait(), 30)

    asyncio.run(flooded())
    assert heard == [number]


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGCONT, signal.SIGTSTP], ids=lambda number: number.name)
def test_a_stop_does_not_wait_for_what_it_interrupts(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A handler that wrote at once would wait for ever for the lock that the interrupted step holds.
    done: list[str] = []
    writing = False

    def noting(name: str) -> Callable[[object], None]:
        return lambda _self: done.append(f"{name}, while it writes" if writing else name)

    monkeypatch.setattr(LinuxDriver, "suspend_application_mode", noting("given back"))
    monkeypatch.setattr(LinuxDriver, "resume_application_mode", noting("taken"))

    async def interrupted() -> None:
        nonlocal writing
        driver = steady(LinuxDriver)(None)
        driver._writer_thread = object()
        kill = os.kill
        # The test itself is not to stop: it goes on at once.
        monkeypatch.setattr(os, "kill", lambda *_stop: signal.raise_signal(signal.SIGCONT))
        writing = True
        kill(os.getpid(), number)
        writing = False
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(interrupted())
    assert done == ["given back", "taken"]
