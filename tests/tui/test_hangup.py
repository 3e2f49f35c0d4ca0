"""Being asked to end, and a terminal that goes away."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from unbrick_tui.hangup import listen

FULL = 10_000
"""Wake-ups of a loop in one go, more than its pipe holds."""


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

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        asyncio.run(flooded())
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert heard == [number]
