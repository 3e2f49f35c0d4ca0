"""Lines that another process finds are those that the source finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unbrick.scanning import ahead
from unbrick.scanning.helpers import interpreter
from unbrick.source import Source

BODIES = [
    pytest.param(b"", id="empty"),
    pytest.param(b'{"a":1}\n{"b":2}\n', id="whole lines"),
    pytest.param(b'{"a":1}\r\n\n\x00{"b"', id="no end of the last line"),
    pytest.param(b"x" * 400_000 + b"\n" + b"y\n" * 70_000, id="more than a pipe holds"),
]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SMALLEST", 0)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "PATIENCE", 60.0)


@pytest.fixture(params=BODIES)
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "session.jsonl"
    path.write_bytes(request.param)
    return path


def expected(path: Path) -> list[int]:
    with Source.open(path) as source:
        return [*source.ends]


def test_the_lines_are_known_when_they_are_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = expected(path)
    with Source.open(path) as source:
        ahead.begun(source)()
        if lines:
            monkeypatch.setattr(Source, "_found", None)
        assert [*source.ends] == lines


def test_a_file_that_was_cut_meanwhile_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    path.write_bytes(b"a\n" * 1000)
    with Source.open(path) as source:
        os.truncate(path, 1000)
        ahead.begun(source)()
        assert [*source.ends] == [*range(2, 1001, 2)]


def test_what_is_appended_meanwhile_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    path.write_bytes(b"a\nb")
    with Source.open(path) as source:
        with path.open("ab") as file:
            file.write(b"\nc\n")
        ahead.begun(source)()
        assert [*source.ends] == [2, 3]


@pytest.mark.parametrize("program", [
    pytest.param("", id="no interpreter"), pytest.param("/nonexistent", id="one that is not there"),
    pytest.param("/bin/false", id="one that fails"), pytest.param("/bin/echo", id="one that answers otherwise"),
])
def test_without_another_process_the_source_finds_them(
    path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with Source.open(path) as source:
        ahead.begun(source)()
        assert [*source.ends] == expected(path)


def test_a_process_that_was_stopped_is_not_waited_for(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = tmp_path / "stopped"
    stopped.write_text("#!/bin/sh\nkill -STOP $$\n")
    stopped.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stopped))
    monkeypatch.setattr(ahead, "PATIENCE", 0.1)
    started = []
    monkeypatch.setattr(ahead, "interpreter", lambda *task: started.append(interpreter(*task)) or started[-1])
    with Source.open(path) as source:
        ahead.begun(source)()
        assert [*source.ends] == expected(path)
    (process,) = started
    assert process is not None
    assert process.wait(60) == -signal.SIGKILL


def test_a_process_that_does_not_end_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that waits for a disk, which no signal ends."""
    monkeypatch.setattr(ahead, "PATIENCE", 0.0)
    process = subprocess.Popen(["sleep", "1000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        monkeypatch.setattr(process, "kill", lambda: None)
        monkeypatch.setattr(ahead, "interpreter", lambda *_task: process)
        with Source.open(path) as source:
            ahead.begun(source)()
            assert [*source.ends] == expected(path)
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(60)


@pytest.mark.parametrize(("name", "value"), [
    pytest.param("SMALLEST", 1 << 40, id="a small file"), pytest.param("cores", lambda: 1, id="one processor"),
])
def test_no_process_is_started_where_it_gains_nothing(
    path: Path, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, name, value)
    monkeypatch.setattr(ahead, "interpreter", None)
    with Source.open(path) as source:
        ahead.begun(source)()
        assert [*source.ends] == expected(path)
