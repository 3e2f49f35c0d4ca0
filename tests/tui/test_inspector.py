"""A record in full: its views, what it hangs together with, and records too large to lay out."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle

from unbrick.held import Handed
from unbrick_tui.handed import Work
from unbrick_tui.prose import PAGE
from unbrick_tui.screens.agents import AgentScreen
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.text_view import Line, TextView
from unbrick_tui.widgets.timeline import Timeline


def timeline(pilot: Opened) -> Timeline:
    return next(s for s in pilot.app.screen_stack if isinstance(s, SessionScreen)).query_one(Timeline)


def with_last(text: str, name: str = "") -> bytes:
    """A healthy session whose last words are others, or whose last call has another name."""
    data = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines(keepends=True)
    record = orjson.loads(data[-1])
    last = orjson.loads(next(line for line in reversed(data) if b'"type":"assistant"' in line))
    record = {**last, "uuid": "11111111-1111-4111-8111-111111111111", "parentUuid": last["uuid"]}
    record["message"] = {**last["message"], "id": "msg_last", "content": [{"type": "text", "text": text}]}
    return b"".join((*data, orjson.dumps(record), b"\n"))


async def test_the_views_and_the_next_record(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        timeline(pilot).jump(196)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, InspectorScreen)
        assert "call Bash" in screen_text(pilot.app)
        await press(pilot, "2")
        said = screen_text(pilot.app)
        assert "messages.71.content." in said or "messages." in said
        assert "sent as it is stored" in said
        await press(pilot, "4")
        assert '"type": "tool_use"' in screen_text(pilot.app)
        await press(pilot, "v")
        assert '{"parentUuid":"' in screen_text(pilot.app)
        await press(pilot, "v", "n")
        assert "result of toolu_" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert timeline(pilot).cursor == 197


async def test_a_link_is_followed_and_come_back_from(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        timeline(pilot).jump(196)
        await press(pilot, "enter", "3")
        assert "the result of its call line 198" in screen_text(pilot.app)
        await press(pilot, "down", "down", "enter")
        assert "line 198 of" in screen_text(pilot.app)
        await press(pilot, "backspace")
        assert "line 197 of" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert timeline(pilot).cursor == 196


async def test_a_missing_parent_is_named(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        await press(pilot, "enter", "3")
        assert "It follows a record that the file does not hold:" in screen_text(pilot.app)


async def test_what_does_not_go_in_says_why(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        timeline(pilot).jump(10)
        await press(pilot, "enter", "2")
        assert "lost: it is in the file, and the client will not load it" in screen_text(pilot.app)


async def test_what_the_client_writes_from_a_record_is_shown_as_it_is_sent(open_app: Open) -> None:
    async with open_app("healthy", (120, 40)) as pilot:
        timeline(pilot).jump(3)
        await press(pilot, "enter", "2")
        said = screen_text(pilot.app)
        assert "messages.0, user: " in said
        assert "the client writes it from the record" in said
        assert "<system-reminder>" in said


@pytest.mark.parametrize("view", ["1", "4", "5"])
async def test_megabytes_are_laid_out_as_far_as_they_are_looked_at(open_app: Open, view: str) -> None:
    text = "all work and no play " * 200_000 + "THE END"
    async with open_app(with_last(text)) as pilot:
        await press(pilot, "enter", view)
        await settle(pilot)
        body = pilot.app.screen.query_one("#text", TextView)
        assert sum(len(line.text) for line in body._lines) < 2 * PAGE
        for _ in range(3):
            await press(pilot, "m")
        assert "THE END" in "".join(line.text for line in body._lines)
        await press(pilot, "m")
        assert "all of it is shown" in notices(pilot.app)


async def test_nothing_of_a_transcript_acts(open_app: Open) -> None:
    text = "**bold** \x1b[31mred\x1b[0m [red]x[/red] [@click=app.quit]q[/] `\x9b2J` <b>\n\n```\necho \x1b[2J\n```\n"
    async with open_app(with_last(text), (120, 40)) as pilot:
        await press(pilot, "enter")
        said = screen_text(pilot.app)
        assert "\x1b" not in said
        assert "\x9b" not in said
        assert "[red]x[/red] [@click=app.quit]q[/]" in said
        assert "bold ␛[31mred" in said


async def test_a_forked_record_names_where_it_was_copied_from(open_app: Open) -> None:
    lines = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines(keepends=True)
    record = {**orjson.loads(lines[196]), "forkedFrom": {"sessionId": "session-before", "messageUuid": "record-before"}}
    lines[196] = orjson.dumps(record) + b"\n"
    async with open_app(b"".join(lines)) as pilot:
        timeline(pilot).jump(196)
        await press(pilot, "enter", "3")
        assert "It was copied from session session-before, record record-before" in screen_text(pilot.app)


async def test_the_work_of_a_subagent_is_opened_from_its_call(open_app: Open, tmp_path: Path) -> None:
    async with open_app("healthy") as pilot:
        outline = timeline(pilot).outline
        assert outline is not None
        path = tmp_path / "agent-1.jsonl"
        path.write_bytes((SAMPLES / "healthy" / "session.jsonl").read_bytes())
        outline.handed[196] = (Work(Handed(path, "toolu_1", "look around"), 210, 150_000),)
        timeline(pilot).jump(196)
        await press(pilot, "enter", "3")
        assert "the work that it handed on" in screen_text(pilot.app)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AgentScreen)


async def test_y_copies_what_is_chosen(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        timeline(pilot).jump(196)
        await press(pilot, "enter", "y", "enter")
        assert isinstance(pilot.app.screen, InspectorScreen)
        assert pilot.app.clipboard


async def test_what_is_searched_for_is_marked_also_across_a_fold(open_app: Open) -> None:
    async with open_app(with_last(f"{'word ' * 40}kumquat {'kumquat ' * 2}\n\nno more"), size=(60, 30)) as pilot:
        await press(pilot, "slash", *"kumquat", "enter", "enter")
        assert isinstance(pilot.app.screen, InspectorScreen)
        view = pilot.app.screen.query_one("#text", TextView)
        painted = [segment for y in range(view.size.height) for segment in view.render_line(y)]
        lit = [segment.text for segment in painted if segment.style is not None and segment.style.reverse]
        assert lit == ["kumquat"] * 3
        assert "no more" in screen_text(pilot.app)


def test_marks_keep_the_text_and_its_styles() -> None:
    view = TextView()
    line = Line("one two three", "plain", ((4, "code"), (13, "strong")))
    view.sought = lambda _text: [(2, 6), (8, 13)]
    assert [*view._lit(line, 0, 9)] == [("code", "on"), ("here", "e tw"), ("strong", "o "), ("here", "t")]
    assert [*view._lit(line, 9, 13)] == [("here", "hree")]
