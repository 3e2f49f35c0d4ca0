"""Backing a session up before anything is done to it."""

from __future__ import annotations

from driving import Open, notices, press, settle

from unbrick.restore import backups
from unbrick_tui.screens.session import SessionScreen


async def test_b_keeps_copies_of_the_files_as_they_are(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        screen = next(one for one in pilot.app.screen_stack if isinstance(one, SessionScreen))
        path = screen.workspace.bundle.path
        before = path.read_bytes()
        await press(pilot, "b")
        await settle(pilot)
        assert [kept.read_bytes() for kept in backups(path)] == [before]
        assert not backups(path)[0].samefile(path)
        assert "kept as it is on disk" in notices(pilot.app)
        assert screen.workspace.outline is not None
