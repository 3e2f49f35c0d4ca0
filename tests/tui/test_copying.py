"""What can be copied of a record."""

from __future__ import annotations

from driving import SAMPLES, Open, Opened

from unbrick_tui.copying import copyable
from unbrick_tui.screens.session import SessionScreen


def session(pilot: Opened) -> SessionScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


async def test_all_that_a_record_has(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        workspace = session(pilot).workspace
        last = len(workspace.view) - 1
        found = dict(copyable(workspace, last))
        assert found["path and line"].endswith(f"session.jsonl:{last + 1}")
        assert found["record as JSON"].startswith("{")
        assert found["id"] in found["record as JSON"]
        every = [dict(copyable(workspace, row)) for row in range(last)]
        answered = next(one for one in every if {"call id", "place in the request"} <= one.keys())
        assert answered["place in the request"].startswith("messages.")
        assert not copyable(workspace, len(workspace.view))


async def test_a_line_that_is_no_record(open_app: Open) -> None:
    data = (SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes()
    async with open_app(data + b"\x1b[31m{") as pilot:
        workspace = session(pilot).workspace
        found = dict(copyable(workspace, len(workspace.view) - 1))
        assert "message" not in found
        assert found["record as JSON"] == "\x1b[31m{"
