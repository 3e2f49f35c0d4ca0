"""The application in a real terminal that is resized, suspended, flooded with keys and taken away: edits outlive it,
and the terminal is given back as it was."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import COLUMNS, ROWS, Terminal, opened

SESSION = SAMPLES / "crash-mid-tool" / "session.jsonl"
PASTES = b"\x1b[?2004h"
"""What the application asks of its terminal when it has taken it over and reads what is typed."""
MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
AS_LEFT = {b"25": True, b"1049": False, b"1000": False, b"1002": False, b"1003": False, b"1006": False,
           b"1015": False, b"1004": False, b"2004": False, b"2026": False}
"""The modes that a terminal is left in: the cursor is seen, nothing else is on."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes(SESSION.read_bytes())
    shown = opened(session, tmp_path)
    yield shown
    shown.close()


@pytest.fixture
def checking(tmp_path: Path) -> Iterator[Terminal]:
    """A session of which the check takes a while; it goes on."""
    session = tmp_path / "session.jsonl"
    session.write_bytes(b'{"type":"mode","mode":"normal"}\n' * 200_000 + SESSION.read_bytes())
    shown = opened(session, tmp_path)
    try:
        shown.wait_for("CHECKING")
        yield shown
    finally:
        shown.close()


def resize(terminal: Terminal, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def astray(terminal: Terminal) -> dict[bytes, bool]:
    """The modes of which the last word is not what a terminal begins with."""
    said = {mode: switch == b"h" for modes, switch in MODE.findall(terminal.raw) for mode in modes.split(b";")}
    return {mode: on for mode, on in said.items() if mode in AS_LEFT and on != AS_LEFT[mode]}


def protocol_ended(terminal: Terminal) -> bool:
    """The keyboard's protocol does not stay on."""
    return b"\x1b[<u" in terminal.raw or b"\x1b[>1u" not in terminal.raw


def restored(terminal: Terminal) -> None:
    """The terminal is as it was taken over; all that was written to it has been read."""
    assert astray(terminal) == {}
    assert protocol_ended(terminal)


def edited(terminal: Terminal) -> None:
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.press("f")
    terminal.wait_for("enter appl")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")


def kept(tmp_path: Path) -> list[Path]:
    folder = tmp_path / ".local" / "state" / "unbrick" / "unsaved"
    return list(folder.iterdir()) if folder.exists() else []


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.wait_for("Leave without saving")
    terminal.press("j\r")
    assert terminal.wait_for_end() == 0
    restored(terminal)


def test_two_hundred_sizes(terminal: Terminal, tmp_path: Path) -> None:
    edited(terminal)
    sizes = [(1, 1), (2, 1), (500, 200), (1, 60), (300, 1), (20, 5), (7, 3), (133, 43), (80, 24), (3, 200)]
    for number in range(200):
        columns, rows = sizes[number % len(sizes)]
        resize(terminal, columns + number % 3, rows + number % 2)
        terminal._read(0.01)
        if number % 10 == 0:
            terminal.press("jG")
    resize(terminal, COLUMNS, ROWS)
    terminal.press("g")
    terminal.wait_for("1 edit, not saved")
    terminal.wait_for("RESUMES IN FULL")
    assert (tmp_path / "session.jsonl").read_bytes() == SESSION.read_bytes()
    leave(terminal)


def go_on(terminal: Terminal) -> None:
    """Continue a stopped process, and wait until it has its terminal again: what was typed until then is dropped."""
    before = terminal.raw.count(PASTES)
    terminal.signal(signal.SIGCONT)
    terminal.wait_until(lambda: terminal.raw.count(PASTES) > before, "it has the terminal again")


def test_suspended_and_resumed(terminal: Terminal) -> None:
    edited(terminal)
    for _ in range(3):
        terminal.signal(signal.SIGSTOP)
        resize(terminal, 60, 20)
        terminal.press("jjj")
        go_on(terminal)
        resize(terminal, COLUMNS, ROWS)
    terminal.press("?")
    terminal.wait_for("esc goes back")
    terminal.press("\x1b")
    terminal.wait_until(lambda: "esc goes back" not in terminal.text, "the help goes")
    leave(terminal)


def test_suspended_from_inside_and_taken_up_by_the_shell(terminal: Terminal) -> None:
    edited(terminal)
    suspended_twice(terminal)
    terminal.press("u")
    terminal.wait_until(lambda: "1 edit, not saved" not in terminal.text, "the edit is taken back")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    restored(terminal)


def test_suspended_from_inside_while_it_checks(checking: Terminal) -> None:
    suspended_twice(checking)
    checking.wait_for("nothing has been changed")
    checking.press("q")
    assert checking.wait_for_end() == 0


def stopped(terminal: Terminal) -> bool:
    flags = os.WSTOPPED | os.WNOWAIT | os.WNOHANG
    return os.waitid(os.P_PID, terminal._child.pid, flags) is not None


def suspended_twice(terminal: Terminal) -> None:
    for _ in range(2):
        terminal.press("\x1a")
        terminal.wait_until(lambda: stopped(terminal), "the process stops")
        # What it wrote before that may not have been read yet.
        terminal.wait_until(lambda: not astray(terminal) and protocol_ended(terminal), "the terminal is as it was")
        assert termios.tcgetattr(terminal._fd)[3] & termios.ICANON, "the shell reads lines"
        go_on(terminal)


def test_a_terminal_that_is_gone_ends_the_process_and_keeps_the_edits(tmp_path: Path) -> None:
    session = tmp_path / "session.jsonl"
    session.write_bytes(SESSION.read_bytes())
    terminal = opened(session, tmp_path)
    edited(terminal)
    os.close(terminal._fd)
    try:
        terminal._child.wait(30)
    finally:
        terminal._child.kill()
        terminal._child.wait()
    assert terminal._child.returncode in (128 + signal.SIGHUP, -signal.SIGHUP)
    assert len(kept(tmp_path)) == 1
    assert session.read_bytes() == SESSION.read_bytes()


def test_two_applications_with_edits_of_one_session_lose_none(tmp_path: Path) -> None:
    """Both are ended; each one's edits are offered, also while another has taken up the first."""
    session = tmp_path / "session.jsonl"
    session.write_bytes(SESSION.read_bytes())
    offer = "1 edit not saved when unbrick ended"
    shown: list[Terminal] = []
    try:
        for _ in range(2):
            shown.append(opened(session, tmp_path))
            edited(shown[-1])
        for terminal in shown:
            terminal.signal(signal.SIGTERM)
            assert terminal.wait_for_end() == 128 + signal.SIGTERM
        assert len(kept(tmp_path)) == 2
        for _ in range(2):
            shown.append(opened(session, tmp_path))
            shown[-1].wait_for(offer)
            shown[-1].press("\r")
            shown[-1].wait_for("1 edit, not saved")
        shown.append(opened(session, tmp_path))
        shown[-1].wait_for("nothing has been changed")
        assert offer not in shown[-1].text
        leave(shown[2])
        assert len(kept(tmp_path)) == 1
        shown[3].press("w")
        shown[3].wait_for("In place")
        shown[3].press("j\r")
        shown[3].wait_for("What stood there before")
        shown[4].wait_for("The file was replaced by another file")
        assert kept(tmp_path) == []
    finally:
        for terminal in shown:
            terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_terminal_is_given_back_at_the_end_of_the_process(terminal: Terminal, number: int) -> None:
    terminal.wait_for("RESUMES, WITH CHANGES")
    before = termios.tcgetattr(terminal._fd)
    assert not before[3] & termios.ICANON, "a program that paints reads key by key"
    terminal.signal(number)
    assert terminal.wait_for_end() == 128 + number
    restored(terminal)


FLOOD = (
    "fwq" * 60, "\x1b" * 200, "\x1b[" * 100, "\x1b[<64;10;10M" * 50, "\x1b[<0;999999;99999M" * 20, "\x1b]0;x" * 20,
    "\x1b[200~" + "fwq\x1b[31m" * 100 + "\x1b[201~", "é漢\U0001f469" * 50, "\x00\x01\x02\x1c\x1d\x1e\x1f" * 30,
    "jkgG" * 100, "\x1b[5~\x1b[6~" * 60, "/" + "x" * 300 + "\x1b", "?" * 50, "\x1b[1;5C\x1bOP\x1b[24~" * 40,
    "u\x12" * 100, "FFF" + "u" * 50,
)


def flood(terminal: Terminal, keys: str) -> None:
    """As fast as the terminal takes them; what is painted is only read where it takes no more."""
    os.set_blocking(terminal._fd, False)
    left = keys.encode()
    while left:
        try:
            left = left[os.write(terminal._fd, left) :]
        except BlockingIOError:
            assert terminal._read(0.05), f"left with {terminal._child.poll()}:\n{terminal.text}"
    os.set_blocking(terminal._fd, True)


def test_a_flood_while_it_checks_and_then_the_end(checking: Terminal) -> None:
    flood(checking, "jkgG]p[cn?\x1b" * 300)
    checking.signal(signal.SIGTERM)
    assert checking.wait_for_end() == 128 + signal.SIGTERM
    restored(checking)


def test_a_thousand_keys_a_second(terminal: Terminal, tmp_path: Path) -> None:
    """Some of them cut in half; those that would leave or save lead to a question first, as there is an edit."""
    edited(terminal)
    os.set_blocking(terminal._fd, False)
    for keys in FLOOD:
        left = keys.encode()
        while left:
            with suppress(BlockingIOError):
                left = left[os.write(terminal._fd, left[:37]) :]
            assert terminal._read(0.05), f"left with {terminal._child.poll()}:\n{terminal.text}"
    os.set_blocking(terminal._fd, True)
    assert terminal._child.poll() is None
    assert (tmp_path / "session.jsonl").read_bytes() == SESSION.read_bytes()
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    restored(terminal)
    assert len(kept(tmp_path)) == 1
    assert "itself failed" not in terminal.text
