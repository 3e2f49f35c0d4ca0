"""Subagents: their transcripts opened from the call, and only read; their records in the session itself, folded."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from driving import Open, help_over, notices, press, screen_text, settle
from textual.pilot import Pilot

from unbrick_tui import delegated
from unbrick_tui.screens.agents import AgentScreen
from unbrick_tui.screens.help import HelpScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline

SESSION = "0f2c51a8-9b1d-4d44-9f0e-3a7a5ce0a1b2"


def record(number: int, role: str, content: object, *, side: bool = False, **more: object) -> dict[str, object]:
    message: dict[str, object] = {"role": role, "content": content}
    if role == "assistant":
        message |= {"id": f"msg_{number}", "type": "message", "model": "claude-opus-4-7", "stop_reason": "end_turn"}
    return {
        "parentUuid": uuid(number - 1) if number else None, "isSidechain": side, "type": role, "message": message,
        "uuid": uuid(number), "timestamp": f"2026-05-20T10:00:{number:02}.000Z", "sessionId": SESSION,
        "version": "2.1.139", **more,
    }


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def call(name: str, given: dict[str, object], ref: str = "toolu_01") -> list[dict[str, object]]:
    return [{"type": "tool_use", "id": ref, "name": name, "input": given}]


def result(text: str, ref: str = "toolu_01") -> list[dict[str, object]]:
    return [{"type": "tool_result", "tool_use_id": ref, "content": text}]


def lines(*records: dict[str, object]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


MAIN = lines(
    record(0, "user", "Find the bug."),
    record(1, "assistant", call("Task", {"description": "look around", "prompt": "Look."})),
    record(2, "user", result("It is in cart.py."), toolUseResult={"agentId": "abc123"}),
    record(3, "assistant", [{"type": "text", "text": "It is in the cart."}]),
)
AGENT = lines(
    record(0, "user", "Look.", side=True),
    record(1, "assistant", call("Bash", {"command": "ls"}, "toolu_02"), side=True),
    record(2, "user", result("cart.py", "toolu_02"), side=True),
    record(3, "assistant", [{"type": "text", "text": "It is in cart.py."}], side=True),
)


def agent(content: bytes = AGENT, name: str = "agent-abc123") -> Path:
    side = Path("session/subagents")
    side.mkdir(parents=True, exist_ok=True)
    path = side / f"{name}.jsonl"
    path.write_bytes(content)
    path.with_suffix(".meta.json").write_text(json.dumps({"agentType": "Explore", "toolUseId": "toolu_01"}))
    return path


def timeline(pilot: Pilot[int]) -> Timeline:
    return pilot.app.screen.query_one(Timeline)


async def test_a_subagents_work_is_read_from_its_call(open_app: Open) -> None:
    before = agent().read_bytes()
    async with open_app(MAIN) as pilot:
        assert "space  subagent Explore: 4 records, " in screen_text(pilot.app)
        timeline(pilot).jump(1)
        await press(pilot, "space")
        assert isinstance(pilot.app.screen, AgentScreen)
        shown = screen_text(pilot.app)
        assert "subagent Explore · 4 records" in shown
        assert "nothing is wrong with it" in shown
        assert "Read only" in shown
        assert "resume begins" not in shown
        assert "side" not in shown
        await press(pilot, "f", "t", "F", "w", "u")
        assert isinstance(pilot.app.screen, AgentScreen)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, SessionScreen)
        assert timeline(pilot).cursor == 1
    assert agent().read_bytes() == before


async def test_what_went_wrong_in_it_is_marked(open_app: Open) -> None:
    agent(lines(*(json.loads(line) for line in AGENT.splitlines()[:2])) + b"torn {")
    async with open_app(MAIN) as pilot:
        timeline(pilot).jump(1)
        await press(pilot, "z", "a")
        shown = screen_text(pilot.app)
        assert "2 records with findings" in shown
        assert "no result" in shown
        assert " f " not in shown
        await press(pilot, "q")
        assert " · 2 with findings" in screen_text(pilot.app)


async def test_one_whose_call_is_not_known_is_among_the_problems(open_app: Open) -> None:
    path = agent(name="agent-lone")
    path.with_suffix(".meta.json").unlink()
    async with open_app(MAIN) as pilot:
        assert "subagent" not in screen_text(pilot.app)
        await press(pilot, "p")
        shown = screen_text(pilot.app)
        assert "4 records" in shown
        assert "its call is not known" in shown
        await press(pilot, "end", "enter")
        assert isinstance(pilot.app.screen, AgentScreen)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, SessionScreen)


async def test_several_under_one_call_ask_which(open_app: Open) -> None:
    agent()
    agent(name="agent-zzz")
    async with open_app(MAIN) as pilot:
        timeline(pilot).jump(1)
        await press(pilot, "space")
        assert "Which subagent?" in screen_text(pilot.app)
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, AgentScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, SessionScreen)


async def test_a_file_that_is_gone_is_said(open_app: Open) -> None:
    path = agent()
    async with open_app(MAIN) as pilot:
        path.unlink()
        timeline(pilot).jump(1)
        await press(pilot, "space")
        assert isinstance(pilot.app.screen, SessionScreen)
        assert path.name in notices(pilot.app)


async def test_keys_go_on_while_its_disk_is_silent(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    agent()
    asked, answers, read_only = Event(), Event(), delegated.ReadOnly

    def late(*given: Any) -> object:
        asked.set()
        answers.wait()
        return read_only(*given)

    monkeypatch.setattr(delegated, "ReadOnly", late)
    async with open_app(MAIN) as pilot:
        try:
            timeline(pilot).jump(1)
            await pilot.press("space")
            await help_over(pilot, asked)
        finally:
            answers.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        assert "the subagent's work is open; go back to see it" in notices(pilot.app)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, AgentScreen)


async def test_a_click_on_its_line_opens_it(open_app: Open) -> None:
    agent()
    async with open_app(MAIN) as pilot:
        line = timeline(pilot)
        y = line.lines.top(1) + 1 - line.scroll_offset.y
        await pilot.click(line, offset=(20, y))
        await press(pilot)
        await pilot.pause()
        assert isinstance(pilot.app.screen, AgentScreen)


async def test_records_of_a_subagent_in_the_session_fold_into_one_line(open_app: Open) -> None:
    inline = [json.loads(line) for line in MAIN.splitlines()]
    side = [
        record(20 + number, *said, side=True)
        for number, said in enumerate((("user", "Look at the cart."), ("assistant", [{"type": "text", "text": "Hm"}])))
    ]
    side[0]["parentUuid"] = None
    async with open_app(lines(*inline[:2], *side, *inline[2:])) as pilot:
        assert "⋯ subagent 2 records: Look at the cart." in screen_text(pilot.app)
        timeline(pilot).jump(2)
        await press(pilot, "space")
        assert "Hm" in screen_text(pilot.app)
