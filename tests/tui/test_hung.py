"""A disk that hangs, or refuses, under the application: keys go on, it is said, leaving waits for nothing, edits stay.

By strace's fault injection, attached to the application when it has come to where the disk is to fail.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import Terminal, opened, started
from test_agents import MAIN, agent
from test_storms import edited, flood, kept, restored

SESSION = SAMPLES / "crash-mid-tool" / "session.jsonl"
SILENT = "The disk does not answer"
HANGS = "delay_enter=1000s"
UP = "\x1b[5~"
"""A page up: to what was not on the screen before."""
NOT_IN_MEMORY = "preadv2:error=EAGAIN"


def attached(pid: int, path: Path, faults: tuple[str, ...]) -> subprocess.Popen[str]:
    calls = ",".join(sorted({fault.partition(":")[0] for fault in faults}))
    injected = [word for fault in faults for word in ("-e", f"inject={fault}")]
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-P", str(path), "-e", f"trace={calls}", *injected, "-p", str(pid)],
        stderr=subprocess.PIPE, text=True,
    )
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        tracer.communicate(timeout=60)
        pytest.skip(f"no process can be traced here: {said}")
    return tracer


@contextmanager
def failing(terminal: Terminal, path: Path, *faults: str) -> Iterator[None]:
    """The calls that touch a file fail for the length of the block."""
    tracer = attached(terminal._child.pid, path, faults)
    try:
        yield
    finally:
        tracer.kill()  # Asked kindly, it waits for the calls that it holds up.
        tracer.communicate(timeout=60)


def leaves(terminal: Terminal) -> None:
    """The process ends while its disk still hangs; only the thread that the tracer holds up is left."""
    stat = Path(f"/proc/{terminal._child.pid}/stat")
    terminal.wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "Z", "the process ends")


def ended(terminal: Terminal, status: int = 0) -> None:
    assert terminal.wait_for_end() == status
    restored(terminal)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    if shutil.which("strace") is None:
        pytest.skip("faults are injected by strace")
    path = tmp_path / "session.jsonl"
    path.write_bytes(SESSION.read_bytes())
    return path


@pytest.fixture
def terminal(path: Path, tmp_path: Path) -> Iterator[Terminal]:
    with closing(opened(path, tmp_path)) as shown:
        yield shown


@contextmanager
def unread(terminal: Terminal, path: Path, fault: str, said: str) -> Iterator[None]:
    """There is an edit, and what was not on the screen before cannot be read."""
    edited(terminal)
    with failing(terminal, path, NOT_IN_MEMORY, f"pread64:{fault}"):
        terminal.press(UP * 4)
        terminal.wait_for(said)
        yield


def helped(terminal: Terminal) -> None:
    """Keys are answered."""
    terminal.press("?")
    terminal.wait_for("esc goes back")
    terminal.press("\x1b")
    terminal.wait_until(lambda: "esc goes back" not in terminal.text, "the help goes")


def left_for_later(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.wait_for("Leave, and go on another time")
    terminal.press("\r")
    leaves(terminal)


def test_a_disk_that_hangs_is_said_and_left_with_the_edits(terminal: Terminal, path: Path, tmp_path: Path) -> None:
    with unread(terminal, path, HANGS, SILENT):
        helped(terminal)
        left_for_later(terminal)
    ended(terminal)
    assert len(kept(tmp_path)) == 1
    assert path.read_bytes() == SESSION.read_bytes()


def test_a_disk_that_answers_again_is_read_again(terminal: Terminal, path: Path) -> None:
    with unread(terminal, path, HANGS, SILENT):
        terminal.wait_for("unreadable")
    terminal.wait_until(lambda: SILENT not in terminal.text, "it is silent no longer")
    terminal.wait_until(lambda: "unreadable" not in terminal.text, "all can be read")


@pytest.mark.parametrize(("error", "said"), [("ESTALE", "stale"), ("EIO", "input/output")])
def test_a_file_whose_disk_is_gone_stays_on_the_screen(
    terminal: Terminal, path: Path, error: str, said: str
) -> None:
    with unread(terminal, path, f"error={error}", "The file cannot be read: "):
        terminal.press("R")
        terminal.wait_until(lambda: terminal.text.count(said) > 1, "it cannot be read again, either")
        terminal.press("G")
        terminal.wait_for("1 edit, not saved")
    terminal.wait_until(lambda: "unreadable" not in terminal.text, "all can be read")
    terminal.press("R")
    terminal.wait_for("Read again: ")
    terminal.wait_for("1 edit, not saved")


def test_where_to_save_is_asked_while_the_disk_hangs(terminal: Terminal, path: Path) -> None:
    edited(terminal)
    with failing(terminal, path, f"newfstatat:{HANGS}", f"statx:{HANGS}"):
        terminal.wait_for(SILENT)
        terminal.press("w")
        terminal.wait_for("To a file")
        terminal.press("jj\r")
        terminal.wait_for("session.repaired.jsonl")
        terminal.press("\x1b")
        terminal.wait_until(lambda: "session.repaired.jsonl" not in terminal.text, "the question goes")
        helped(terminal)


LOST = "unsaved edits would not"


@pytest.mark.parametrize("ending", ["q", "term"])
def test_that_edits_cannot_be_kept_is_said(terminal: Terminal, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / ".local" / "state" / "unbrick"
    folder.mkdir(parents=True)
    with failing(terminal, folder, f"newfstatat:{HANGS}", f"statfs:{HANGS}"):
        edited(terminal)
        terminal.wait_for(LOST)
        helped(terminal)
        if ending == "term":
            terminal._child.terminate()
        else:
            terminal.press("q")
            terminal.wait_for("Leave without saving")
            terminal.press("j\r")
        leaves(terminal)
    ended(terminal, 128 + signal.SIGTERM if ending == "term" else 0)
    assert ("could not be kept" in terminal.text) == (ending == "term")
    assert kept(tmp_path) == []


def test_a_list_whose_disk_hangs_is_left(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "projects" / "s"
    folder.mkdir(parents=True)
    path.rename(folder / "11111111-2222-4333-8444-555555555555.jsonl")
    with closing(started([], tmp_path, tmp_path)) as terminal:
        terminal.wait_for("resumes, with")
        with failing(terminal, folder, f"openat:{HANGS}"):
            terminal.press("\x1b[15~")
            terminal.wait_for(f"{SILENT}: looking what is there")
            terminal.press("xyz")
            terminal.wait_for("nothing is called so")
            terminal.press("\x1b")
            terminal.wait_for("type to filter")
            terminal.press("q")
            leaves(terminal)
        ended(terminal)


@pytest.mark.parametrize("ending", ["q", "term"])
def test_a_save_that_hangs_is_left(terminal: Terminal, path: Path, tmp_path: Path, ending: str) -> None:
    edited(terminal)
    with failing(terminal, path, f"link:{HANGS}", f"linkat:{HANGS}"):
        terminal.press("w")
        terminal.wait_for("In place")
        terminal.press("j\r")
        terminal.wait_for(SILENT)
        if ending == "term":
            flood(terminal, "jkgG]p[cn" * 100)
            terminal._child.terminate()
        else:
            terminal.press("q")
            terminal.wait_for("Still writing")
            terminal.press("j\r")
        leaves(terminal)
    ended(terminal, 128 + signal.SIGTERM if ending == "term" else 0)
    assert len(kept(tmp_path)) == 1
    assert path.read_bytes() == SESSION.read_bytes()


def test_a_subagent_whose_disk_hangs_is_left(path: Path, tmp_path: Path) -> None:
    path.write_bytes(MAIN)
    file = agent()
    with closing(opened(path, tmp_path)) as terminal:
        terminal.wait_for("subagent Explore")
        with failing(terminal, file.absolute(), f"openat:{HANGS}"):
            terminal.press("gj ")
            terminal.wait_for(SILENT)
            helped(terminal)
            terminal.press("q")
            leaves(terminal)
        ended(terminal)


def test_work_that_hangs_is_stopped_and_left(terminal: Terminal, path: Path, tmp_path: Path) -> None:
    edited(terminal)
    with path.open("ab") as file:
        file.write(b'{"type":"mode","mode":"normal"}\n')
    terminal.wait_for("has grown by 1 line")
    with failing(terminal, path, NOT_IN_MEMORY, f"pread64:{HANGS}"):
        terminal.press("R")
        terminal.wait_for("READING AGAIN")
        terminal.wait_for(SILENT)
        terminal.press("\x1b")
        terminal.wait_for("Stop what is being done?")
        terminal.press("j\r")
        terminal.wait_until(lambda: "READING AGAIN" not in terminal.text, "it is stopped")
        left_for_later(terminal)
    ended(terminal)
    assert len(kept(tmp_path)) == 1
