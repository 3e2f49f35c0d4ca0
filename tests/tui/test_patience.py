"""The interface reads what is there, and never waits for a disk that does not answer."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from unbrick_tui import patience
from unbrick_tui.patience import SILENT, Patience, SilentError, Threads

TEXT = b"one line\n" * 1000


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(TEXT)
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.fixture
def answer() -> Iterator[Event]:
    """Set when the disk is to answer."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch, answer: Event) -> Patience:
    """Nothing is in memory, and the disk hangs."""

    def pread(_fd: int, length: int, start: int) -> bytes:
        answer.wait()
        return TEXT[start : start + length]

    monkeypatch.setattr(patience, "_in_memory", lambda *_: None)
    monkeypatch.setattr(patience, "MOMENT", 0.001)
    monkeypatch.setattr(os, "pread", pread)
    return Patience()


@pytest.mark.parametrize("known", [True, False], ids=["in memory", "not in memory"])
@pytest.mark.parametrize(("length", "start"), [(9, 0), (100, 8950), (5, 20_000), (0, 0)])
def test_what_can_be_read_is_read(
    fd: int, monkeypatch: pytest.MonkeyPatch, known: bool, length: int, start: int
) -> None:
    if not known:
        monkeypatch.setattr(patience, "_in_memory", lambda *_: None)
    calm = Patience()
    assert calm.pread(fd, length, start) == TEXT[start : start + length]
    assert calm.trouble() == ""


def test_what_hangs_is_empty_and_said_until_it_answers(
    fd: int, hung: Patience, answer: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONG", 0.0)
    assert hung.pread(fd, 9, 0) == b""
    assert hung.trouble() == SILENT
    with pytest.raises(SilentError):
        hung.ask(lambda: pytest.fail("what was asked for before still hangs"))
    assert hung.trouble() == SILENT
    assert hung.ask(lambda: "kept", 60, anyway=True) == "kept"
    answer.set()
    monkeypatch.setattr(patience, "MOMENT", 60.0)
    assert hung.pread(fd, 9, 0) == TEXT[:9]
    assert hung.trouble() == ""


def test_another_thread_waits_and_it_is_known(
    fd: int, hung: Patience, answer: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONG", 0.0)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(hung.pread, fd, 9, 0)
        while not hung.trouble():
            assert not reading.done()
        answer.set()
        assert reading.result(60) == TEXT[:9]
    assert hung.trouble() == ""


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO], ids=errno.errorcode.get)
def test_what_is_refused_is_empty_and_said_once(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(patience, "_in_memory", lambda *_: None)

    def refused(*_: int) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "pread", refused)
    calm = Patience()
    assert calm.pread(0, 9, 0) == b""
    assert calm.trouble() == f"The file cannot be read: {os.strerror(number).lower()}"
    assert calm.trouble() == ""


def test_other_calls_go_through(tmp_path: Path) -> None:
    calm = Patience()
    calm.mkdir(tmp_path / "made")
    assert (tmp_path / "made").is_dir()
    assert calm.O_RDONLY == os.O_RDONLY
    with pytest.raises(FileExistsError):
        calm.mkdir(tmp_path / "made")


@pytest.mark.parametrize("hangs", [True, False])
def test_threads_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch, answer: Event, hangs: bool) -> None:
    monkeypatch.setattr(patience, "LAST", 0.001 if hangs else 60.0)
    threads = Threads()
    work: Callable[[], object] = answer.wait if hangs else int
    threads.submit(work)
    threads.shutdown()
    assert threads.left is hangs
