"""`unbrick` without an argument: which session is opened, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from driving import SAMPLES, Open, notices, settle

from unbrick_tui import app
from unbrick_tui.cli import run
from unbrick_tui.commands import open as command

PROJECT = "-home-dev-shop-api"


def keep(tmp_path: Path, name: str = "healthy") -> Path:
    folder = tmp_path / "config" / "projects" / PROJECT
    folder.mkdir(parents=True)
    path = folder / "0f2c51a8-9b1d-4d44-9f0e-3a7a5ce0a1b2.jsonl"
    path.write_bytes((SAMPLES / name / "session.jsonl").read_bytes())
    return path


def test_no_session_names_where_it_was_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 3
    said = capsys.readouterr().err
    assert f"No session was found in {tmp_path / 'config' / 'projects'}" in said
    assert "unbrick PATH" in said
    assert "--config-dir" in said


def test_the_newest_session_is_opened_and_its_folder_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = keep(tmp_path)
    assert run([]) == 0
    said = capsys.readouterr()
    assert str(path) in said.out
    assert f"{tmp_path} has no session of its own; this is the newest one of the machine, from /home/dev" in said.err


def test_looks_are_handed_to_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    given: dict[str, Any] = {}

    def ran(*_: object, **options: object) -> int:
        given.update(options)
        return 0

    monkeypatch.setattr(app, "run", ran)
    monkeypatch.setattr(command.sys, "stdout", type("Terminal", (), {"isatty": lambda _: True, "flush": lambda _: 0})())
    monkeypatch.setenv("TERM", "xterm-256color")
    assert run(["--ascii", "--theme", "light"]) == 0
    assert (given["ascii"], given["theme"]) == (True, "unbrick-light")
    assert "no session of its own" in given["note"]


async def test_a_note_is_said_in_passing(open_app: Open) -> None:
    async with open_app("healthy", note="this is the newest one of the machine") as pilot:
        await settle(pilot)
        assert "newest one of the machine" in notices(pilot.app)
