"""Driving the application by keys, and reading its screen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from threading import Event

from textual import events
from textual.app import App
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.worker import Worker, WorkerCancelled

from unbrick_tui.screens.help import HelpScreen
from unbrick_tui.widgets.footer import Footer

SAMPLES = Path(__file__).parents[2] / "sample_sessions" / "claude_code"

def screen_text(app: App[int]) -> str:
    """The screen as it is painted, without colours."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips()) + "\n"


def notices(app: App[int]) -> str:
    """What was said in passing."""
    return "\n".join(notice.message for notice in app._notifications)


Opened = Pilot[int]
Open = Callable[..., AbstractAsyncContextManager[Opened]]


async def help_over(pilot: Opened, asked: Event) -> None:
    """Wait until work has begun that asks for something, and open the help over it."""
    while not asked.is_set():
        await pilot.pause()
    await pilot.press("question_mark")
    while not isinstance(pilot.app.screen, HelpScreen):
        await pilot.pause()


async def settle(pilot: Opened) -> None:
    """Wait until nothing works in the background, dialogs that wait for an answer aside, and what came of it is laid
    out: a widget that got another size answers to that with a message of its own."""
    before = None
    for _ in range(20):
        engine = working(pilot)
        if engine:
            # One that has posted its result may be called off, while it ends, by the work that follows from it.
            with suppress(WorkerCancelled):
                await pilot.app.workers.wait_for_complete(engine)
        await pilot.pause()
        # The footer learns the keys of a new screen a moment later.
        empty = any(not footer.keys for footer in pilot.app.screen.query(Footer))
        laid = [(widget.size, widget.scroll_offset) for widget in pilot.app.screen.walk_children()]
        if not empty and not working(pilot) and not pilot.app.screen._layout_required and laid == before:
            return
        before = laid


def working(pilot: Opened) -> list[Worker[object]]:
    """What works in the background."""
    return [worker for worker in pilot.app.workers if worker.group != "ask" and not worker.is_finished]


async def press(pilot: Opened, *keys: str) -> None:
    """Press keys one by one, each when the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def type_ahead(pilot: Opened, *keys: str) -> None:
    """All keys at once, as they come from somebody who does not wait for what they do."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key_to_character(key)))
    await settle(pilot)
