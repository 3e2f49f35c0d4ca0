"""Draws the pictures of the documentation: the application on a sample, without a terminal.

    python docs/pictures/make.py

The sample, the size, the day and the time zone are fixed, so that the pictures change only with the program.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from datetime import datetime, tzinfo
from pathlib import Path

from textual.pilot import Pilot

from unbrick.clock import FixedClock
from unbrick.formats.table import FORMATS
from unbrick.source import Source
from unbrick.telling import sentences
from unbrick_tui.app import UnbrickApp
from unbrick_tui.workspace import Workspace

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_sessions" / "claude_code"
SIZE = (110, 32)
NOW = "2026-06-01T12:00:00.000Z"

PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "session": ("null-parent-in-the-middle", ()),
    "review": ("null-parent-in-the-middle", ("f", "enter", "r")),
    "cut": ("crash-mid-tool", ("t",)),
    "preview": ("null-parent-in-the-middle", ("f",)),
    "request": ("duplicated-call-id", ("m",)),
    "context": ("context-too-long", ("C",)),
}
"""Name → sample, and the keys pressed on it."""

FONTS = '"Fira Code", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace'


class Then(datetime):
    """A fixed day: times are said with their year unless it is this one."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Then:
        """Noon of that day."""
        return cls(2026, 6, 1, 12, 0, 0, tzinfo=tz)


async def draw(name: str) -> str:
    """A picture as SVG; nothing in it is loaded from elsewhere."""
    sample, keys = PICTURES[name]
    with Source.open(SAMPLES / sample / "session.jsonl") as source:
        format_ = FORMATS[0]
        workspace = Workspace(format_, format_.bundle(source), clock=FixedClock(NOW))
        app = UnbrickApp(workspace)
        async with app.run_test(size=SIZE) as pilot:
            await _settle(pilot)
            for key in keys:
                await pilot.press(key)
                await _settle(pilot)
            app.clear_notifications()
            await pilot.pause()
            return _plain(app.export_screenshot(title="unbrick"))


async def _settle(pilot: Pilot[int]) -> None:
    """Wait for the work in the background; what waits for an answer goes on waiting."""
    for _ in range(10):
        await pilot.pause()
        working = [one for one in pilot.app.workers if one.group != "ask" and not one.is_finished]
        if not working:
            return
        await pilot.app.workers.wait_for_complete(working)


def _plain(svg: str) -> str:
    """Without fonts from the network and without ids that differ from run to run."""
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:[^;]*;", f"font-family: {FONTS};", svg)
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> None:
    """Draw all pictures."""
    os.environ.update(TZ="UTC", TEXTUAL_ANIMATIONS="none")
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    time.tzset()
    sentences.datetime = Then  # type: ignore[misc]
    for name in PICTURES:
        (HERE / f"{name}.svg").write_text(asyncio.run(draw(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
