"""ctrl+c ends a command also while its disk hangs.

A process that waits for an NFS server can be ended and nothing else, as one can that waits for a child of `vfork`: so
the calls that are to hang make such a child.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import sleep
from unittest.mock import Mock

import pytest
from driving import SAMPLES
from terminal import Terminal

from unbrick_tui import __main__
from unbrick_tui.cli import run

SESSION = (SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes()
ID = "11111111-2222-4333-8444-555555555555"
HANGING = """
import ctypes, os, sys
from unbrick_tui.cli import run

libc = ctypes.CDLL(None)

def hang(*_arguments, **_options):
    if libc.vfork() == 0:
        libc.prctl(1, 9)  # The child ends with its parent.
        os.write(1, b"it hangs")
        while True:
            libc.pause()

setattr(os, sys.argv[1], hang)
sys.exit(run(sys.argv[2:]))
"""

COMMANDS = {
    "the file is read": ("pread", "check", f"still opening {ID}.jsonl"),
    "the application opens": ("pread", "open", f"still opening {ID}.jsonl"),
    "it is exported": ("pread", "export", f"still opening {ID}.jsonl"),
    "files are looked into": ("pread", "list", "0 of 1 sessions judged"),
    "the backup is made": ("link", "repair --in-place", f"still writing {ID}.jsonl"),
    "the new file takes its place": ("replace", "repair --in-place", f"still writing {ID}.jsonl"),
    "a copy is brought to the disk": ("fsync", "repair -o copy.jsonl", "still writing copy.jsonl"),
}


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a call is held up as Linux does it")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A session where the client keeps them."""
    path = tmp_path / "config" / "projects" / "s" / f"{ID}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(SESSION)
    return path


def hanging(home: Path, call: str, *words: str, folder: Path | None = None, term: str = "dumb") -> Terminal:
    """A command of which a call hangs."""
    environment = {
        "TERM": term, "HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / "config"), "LANG": "C.UTF-8",
        "PATH": str(home / "bin"),
    }
    return Terminal([sys.executable, "-c", HANGING, call, *words], environment, folder or home)


@LINUX
@pytest.mark.parametrize(("call", "words", "said"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_whose_disk_hangs_says_so_and_is_stopped(
    path: Path, tmp_path: Path, call: str, words: str, said: str
) -> None:
    command, *options = words.split()
    given = [] if command == "list" else [path.name]
    terminal = hanging(tmp_path, call, command, *given, *options, folder=path.parent)
    try:
        terminal.wait_for("it hangs")
        terminal.wait_for(f"unbrick: {said}; ctrl+c stops it")
        terminal.signal(signal.SIGINT)
        assert terminal.wait_for_end() == 130
        assert "the disk does not answer" in terminal.text.replace("\n", "")
    finally:
        terminal.close()
    assert path.read_bytes() == SESSION
    assert run(["repair", str(path), "--in-place"]) == 0
    left = sorted(one.name for one in path.parent.iterdir() if ".unbrick-backup" not in one.name)
    assert left == [path.name]


@LINUX
@pytest.mark.parametrize(("call", "words", "said"), [
    pytest.param("pread", ["SESSION"], f"unbrick: still opening {ID}.jsonl; ctrl+c stops it", id="a session"),
    pytest.param("scandir", [], "unbrick: still looking for sessions; ctrl+c stops it", id="the list"),
])
def test_what_is_waited_for_before_the_first_screen_is_said(
    path: Path, tmp_path: Path, call: str, words: list[str], said: str
) -> None:
    path.rename(tmp_path / path.name)
    terminal = hanging(tmp_path, call, *(word.replace("SESSION", path.name) for word in words), term="xterm-256color")
    try:
        terminal.wait_for(said)
        terminal.signal(signal.SIGINT)
        assert terminal.wait_for_end() == 130
    finally:
        terminal.close()


def judges(pid: int) -> list[int]:
    """The processes that judge sessions for another."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


@LINUX
def test_a_process_that_judges_and_does_not_end_is_left(tmp_path: Path) -> None:
    """As one whose disk hangs, a process that is stopped takes no signal to end, but that which kills it."""
    path = tmp_path / "config" / "projects" / "s" / f"{ID}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"type":"mode","mode":"normal"}\n' * 400_000 + SESSION)
    environment = {"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "PATH": str(tmp_path / "bin")}
    # In a group of its own, beside another of the same session: else the system lets go on what is stopped.
    command = subprocess.Popen(
        [sys.executable, "-m", "unbrick_tui", "list"], stderr=subprocess.PIPE, text=True, env=environment,
        process_group=0,
    )
    held: list[int] = []
    try:
        while not held:
            assert command.poll() is None
            held = judges(command.pid)
        for one in held:
            os.kill(one, signal.SIGSTOP)
            while Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[0] != "T":
                assert command.poll() is None
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 130
        assert command.stderr is not None
        assert "stopped" in os.read(command.stderr.fileno(), 4096).decode()
    finally:
        for one in held:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        command.kill()
        command.communicate()


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseProcess]:
    """A process that judges sessions, and goes on."""
    process = multiprocessing.get_context("spawn").Process(target=sleep, args=(1000,))
    process.start()
    kill = process.kill
    monkeypatch.setattr(__main__, "LAST", 0.2)
    try:
        yield process
    finally:
        kill()
        process.join()


def test_a_process_whose_end_another_thread_collects_has_ended(
    judging: BaseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the interpreter is left at once, and what looks after its semaphores complains on the screen."""
    judging.kill()
    monkeypatch.setattr(__main__, "LAST", 60.0)
    with monkeypatch.context() as collected:
        collected.setattr(os, "waitpid", Mock(side_effect=ChildProcessError))
        assert not __main__._held_up()


def test_a_process_that_goes_on_is_killed(judging: BaseProcess) -> None:
    assert not __main__._held_up()
    judging.join(60)
    assert judging.exitcode == -signal.SIGKILL


def test_a_process_that_nothing_ends_holds_up(judging: BaseProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "kill", lambda: None)
    assert __main__._held_up()
