"""Messages that no client stands behind, and results that are JSON."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from driving import Open, notices, press, screen_text

from unbrick_tui.glyphs import UNICODE
from unbrick_tui.rows import unwrapped
from unbrick_tui.screens.session import SessionScreen

CHAT = orjson.dumps({"model": "gpt-4o", "messages": [
    {"role": "user", "content": "List them."},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": f"call_{number}", "type": "function", "function": {"name": "ls", "arguments": "{}"}} for number in (1, 2)
    ]},
    {"role": "tool", "tool_call_id": "call_1", "content": "a.py"},
    {"role": "user", "content": "Go on."},
]})


async def test_a_request_is_accepted_or_refused_and_saved_to_a_file(open_app: Open) -> None:
    async with open_app(CHAT, name="body.json") as pilot:
        said = screen_text(pilot.app)
        assert "REFUSED by the Chat Completions API, gpt-4o" in said
        assert "resume" not in said.lower()
        await press(pilot, "F", "enter")
        assert "ACCEPTED" in screen_text(pilot.app)
        await press(pilot, "w")
        said = screen_text(pilot.app)
        assert "As a new session" not in said
        await press(pilot, "enter", "enter")
        said = screen_text(pilot.app)
        assert "messages: 4 kept byte for byte, 1 added" in said.replace("│\n    │ ", "")
        assert "resume" not in said.lower()
    assert len(orjson.loads(Path("body.repaired.json").read_bytes())["messages"]) == 5


async def test_only_what_differs_is_marked(open_app: Open) -> None:
    """A message that only got company is as it was."""
    async with open_app(CHAT, name="body.json") as pilot:
        await press(pilot, "F", "enter")
        rows = screen_text(pilot.app).splitlines()
        assert sum(" added" in row for row in rows) == 1
        assert not any(" changed" in row for row in rows)


async def test_a_request_is_read_again_and_saved_in_place_as_the_document_that_it_is(open_app: Open) -> None:
    async with open_app(CHAT, name="body.json") as pilot:
        await press(pilot, "F", "enter")
        body = orjson.loads(CHAT)
        body["messages"].append({"role": "user", "content": "And then stop."})
        Path("body.json").write_bytes(orjson.dumps(body))
        session = next(one for one in pilot.app.screen_stack if isinstance(one, SessionScreen))
        session.look()
        assert "The file was written to" in screen_text(pilot.app)
        await press(pilot, "R")
        assert "Read again: 5 messages." in notices(pilot.app)
        assert "1 edit, not saved" in screen_text(pilot.app)
        await press(pilot, "w", "j", "enter", "enter")
        said = screen_text(pilot.app)
        assert "ACCEPTED" in said
        assert "6 messages" in said
        assert "nothing has been changed" in said
    assert len(orjson.loads(Path("body.json").read_bytes())["messages"]) == 6


async def test_a_request_has_no_place_where_resume_begins(open_app: Open) -> None:
    async with open_app(CHAT, name="body.json") as pilot:
        await press(pilot, "s")
        assert "sent as it stands" in notices(pilot.app)


async def test_a_note_does_not_act_in_the_place_of_an_error(open_app: Open) -> None:
    """Where nothing in the file helps, `f` shows what does, though a note in the same line has a fix."""
    async with open_app("role-system-with-flag") as pilot:
        await press(pilot, "f")
        assert "What helps" in screen_text(pilot.app)
        session = next(one for one in pilot.app.screen_stack if isinstance(one, SessionScreen))
        assert not session.workspace.patch


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('{"error": null, "output": {"content": "a.py"}, "success": true}', "a.py", id="a text"),
        pytest.param('{"output": {"returncode": 2, "stderr": "no"}}', "returncode 2 · no", id="a number by its name"),
        pytest.param('{"error": {"message": "denied"}}', "denied", id="an error"),
        pytest.param('{"names": ["a", "b"], "sizes": [1, 2]}', "a · b · sizes 1 · sizes 2", id="lists"),
        pytest.param('{"done": true}', "", id="nothing said"),
        pytest.param("{not json}", "", id="not JSON"),
        pytest.param("{" * 5000, "", id="brackets without end"),
        *(
            pytest.param('{"a": ' * depth + "1" + "}" * depth, "", id=f"{depth} deep") for depth in (100, 900, 3000)
        ),
        pytest.param('{"a": "\x1b[31m"}', "", id="a control character"),
    ],
)
def test_what_a_json_result_says(text: str, said: str) -> None:
    assert unwrapped(text, UNICODE) == said
