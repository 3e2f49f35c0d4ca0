"""`unbrick` without an argument: which session is opened, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from driving import SAMPLES, Open, notices, settle

from unbrick_tui import running
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


TERMINAL = type("Terminal", (), {"isatty": lambda _: True, "flush": lambda _: 0})()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the application is handed."""
    found: dict[str, Any] = {}

    def ran(*_: object, **options: object) -> int:
        found.update(options, screen="session")
        return 0

    def chose(*_: object, **options: object) -> int:
        found.update(options, screen="choice")
        return 0

    monkeypatch.setattr(running, "run", ran)
    monkeypatch.setattr(running, "choose_session", chose)
    return found


def start(monkeypatch: pytest.MonkeyPatch, *words: str, typing: bool = True) -> int:
    """Run the command where somebody looks at its output, and perhaps sits at the keyboard."""
    monkeypatch.setattr(command.sys, "stdout", TERMINAL)
    if typing:
        monkeypatch.setattr(command.sys, "stdin", TERMINAL)
    monkeypatch.setenv("TERM", "xterm-256color")
    return run(list(words))


def test_looks_are_handed_to_the_application(
    tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep(tmp_path)
    assert start(monkeypatch, "--ascii", "--theme", "light", typing=False) == 0
    assert given["screen"] == "session"
    assert (given["settings"].ascii, given["settings"].theme) == (True, "unbrick-light")
    assert "no session of its own" in given["note"]


class TestAsked:
    """What is offered to whoever sits at a terminal."""

    def test_all_sessions_without_a_word(
        self, tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        keep(tmp_path)
        assert start(monkeypatch, "--theme", "light") == 0
        assert (given["screen"], given["paths"]) == ("choice", None)
        assert given["settings"].theme == "unbrick-light"

    def test_nothing_where_there_is_none(
        self, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert start(monkeypatch) == 3
        assert not given
        assert "No session was found" in capsys.readouterr().err

    @pytest.mark.parametrize("word", ["0f2c51a8", "shop-api"], ids=["a part of an id", "a project"])
    def test_those_that_a_word_matches(
        self, tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, word: str,
    ) -> None:
        first = keep(tmp_path)
        second = first.with_name("0f2c51a8-0000-4d44-9f0e-3a7a5ce0a1b2.jsonl")
        second.write_bytes(first.read_bytes())
        assert start(monkeypatch, word) == 0
        assert given["screen"] == "choice"
        assert set(given["paths"]) == {first, second}

    def test_those_of_a_folder(
        self, tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        first = keep(tmp_path)
        second = first.with_name("other.jsonl")
        second.write_bytes(first.read_bytes())
        assert start(monkeypatch, str(first.parent)) == 0
        assert set(given["paths"]) == {first, second}

    def test_not_when_only_one_matches(
        self, tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        keep(tmp_path)
        assert start(monkeypatch, "shop-api") == 0
        assert given["screen"] == "session"


def test_a_word_that_several_match_is_refused_where_nobody_can_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    first = keep(tmp_path)
    first.with_name("0f2c51a8-0000-4d44-9f0e-3a7a5ce0a1b2.jsonl").write_bytes(first.read_bytes())
    for word in ("0f2c51a8", "shop-api"):
        assert run([word]) == 2
        said = capsys.readouterr().err
        assert f"2 sessions match {word}; name one:" in said
        assert str(first) in said


async def test_a_note_is_said_in_passing(open_app: Open) -> None:
    async with open_app("healthy", note="this is the newest one of the machine") as pilot:
        await settle(pilot)
        assert "newest one of the machine" in notices(pilot.app)
