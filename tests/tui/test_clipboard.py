"""Copying: through the terminal, through a program, and to a file where neither is there."""

from __future__ import annotations

import base64
import re
import stat
import sys
from pathlib import Path
from threading import Event

import pytest
from driving import Open, help_over, notices, press, screen_text, settle

from unbrick.errors import CannotWriteError
from unbrick_tui import clipboard
from unbrick_tui.copying import copyable
from unbrick_tui.screens.path import PathScreen


def which(*there: str):
    return lambda name: f"/usr/bin/{name}" if name in there else None


PROGRAMS = [
    pytest.param({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ("wl-copy", "xclip"), ["/usr/bin/wl-copy"],
                 id="Wayland first"),
    pytest.param({"DISPLAY": ":0"}, ("wl-copy", "xclip"), ["/usr/bin/xclip", "-selection", "clipboard"], id="X"),
    pytest.param({"DISPLAY": ":0"}, ("xsel",), ["/usr/bin/xsel", "--clipboard", "--input"], id="X with xsel"),
    pytest.param({}, ("wl-copy", "xclip"), None, id="far away from any desktop"),
    pytest.param({}, ("pbcopy",), ["/usr/bin/pbcopy"], id="macOS"),
    pytest.param({"DISPLAY": ":0"}, (), None, id="nothing installed"),
]


@pytest.mark.parametrize(("environ", "there", "command"), PROGRAMS)
def test_the_program_of_the_desktop(environ: dict[str, str], there: tuple[str, ...], command: list[str] | None) -> None:
    assert clipboard.program(environ, which(*there)) == command


def test_a_text_goes_to_the_program_byte_for_byte(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    command = [sys.executable, "-c", f"import sys; open({str(taken)!r}, 'wb').write(sys.stdin.buffer.read())"]
    assert clipboard.hand_over("$(touch no) `x` 日本\n\ud83d", command)
    assert taken.read_bytes() == "$(touch no) `x` 日本\n?".encode()
    assert not clipboard.hand_over("x", [sys.executable, "-c", "raise SystemExit(1)"])
    assert not clipboard.hand_over("x", [str(tmp_path / "none")])


CARRIED = [("x", {"TERM": "xterm-256color"}, True), ("x", {"TERM": "linux"}, False), ("x" * 90_000, {}, False)]


@pytest.mark.parametrize(("text", "environ", "is_carried"), CARRIED)
def test_what_a_terminal_carries(text: str, environ: dict[str, str], is_carried: bool) -> None:
    assert clipboard.carried(text, environ) is is_carried


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("TERM", "xterm-256color")


async def test_the_menu_copies_what_is_chosen(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app("crash-mid-tool") as pilot:
        written: list[str] = []
        monkeypatch.setattr(pilot.app._driver, "write", written.append)
        screen = pilot.app.screen
        found = copyable(screen.workspace, screen.timeline.cursor)
        await press(pilot, "y")
        for label, _text in found:
            assert label in screen_text(pilot.app)
        await press(pilot, "j", "enter")
        await settle(pilot)
        assert f"\x1b]52;c;{base64.b64encode(found[1][1].encode()).decode()}\a" in written
        assert "copied, " in notices(pilot.app)


async def test_where_nothing_takes_it_a_file_does(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with open_app("crash-mid-tool", ascii_=True) as pilot:
        screen = pilot.app.screen
        _label, text = copyable(screen.workspace, screen.timeline.cursor)[0]
        await press(pilot, "y", "enter")
        assert "It cannot be copied from here" in screen_text(pilot.app)
        await press(pilot, "enter")
        file = tmp_path / "copied.txt"
        assert file.read_text() == text
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_keys_go_on_while_the_disk_of_that_file_is_silent(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERM", "linux")
    asked, answers, write_down = Event(), Event(), clipboard.write_down

    def late(text: str, path: Path) -> None:
        asked.set()
        answers.wait()
        write_down(text, path)

    monkeypatch.setattr(clipboard, "write_down", late)
    async with open_app("crash-mid-tool") as pilot:
        try:
            pilot.app.copy_to_clipboard("kept")
            while not isinstance(pilot.app.screen, PathScreen):
                await pilot.pause()
            await settle(pilot)
            await pilot.press("enter")
            await help_over(pilot, asked)
        finally:
            answers.set()
        await settle(pilot)
        assert "written to " in notices(pilot.app)
    assert (tmp_path / "copied.txt").read_text() == "kept"


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for path in (taken, tmp_path / "none" / "copied.txt"):
        with pytest.raises(CannotWriteError, match=f"{re.escape(str(path))} cannot be written"):
            clipboard.write_down("text", path)
    assert taken.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [taken]
