"""The client writes while a command reads; two saves at once; the verdicts that two processes remember."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from test_cli import SESSION, cut_off, record, write
from unbrick.restore import backups
from unbrick.source import Source
from unbrick_tui.cli import run

Change = Callable[[Path], None]
LINE = json.dumps(record(7, "user", "And this, a moment ago.")).encode() + b"\n"
SECRET = "sk-ant-api03-" + "Ab3dEf6hIj" * 9


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINE)


def begin_a_line(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINE[:50])


def rewrite(path: Path) -> None:
    path.write_bytes(LINE * 20)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(LINE * 3)
    other.replace(path)


CHANGES = (append, begin_a_line, rewrite, truncate, empty, replace, Path.unlink)
COMMANDS = {
    "check": ("check", "{path}"), "check as JSON": ("check", "{path}", "--json"),
    "context": ("context", "{path}"), "request": ("request", "{path}"), "why": ("why", "{path}"),
    "export": ("export", "{path}", "-o", "out.md"), "web page": ("export", "{path}", "--as", "html", "-o", "out.html"),
    "list": ("list", "--config-dir", "config"), "secrets": ("redact", "{path}"),
    "a copy": ("repair", "{path}", "-o", "copy.jsonl"), "a session": ("repair", "{path}", "--as-session"),
    "in place": ("repair", "{path}", "--in-place"), "to standard output": ("repair", "{path}", "-o", "-"),
    "cut": ("truncate", "{path}", "--last-safe", "--in-place"), "places": ("truncate", "{path}", "--list"),
    "edit": ("edit", "{path}", "--delete", "1", "--in-place"),
    "redact": ("redact", "{path}", "--all", "--in-place"), "restore": ("restore", "{path}"),
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session that loses history and holds a key, in the client's own folder, with a backup beside it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", "")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return lay(tmp_path)


def lay(folder: Path) -> Path:
    records = cut_off()
    records[3]["message"]["content"][0]["text"] = f"The key is {SECRET}."
    path: Path = write(folder / "config" / "projects" / "-home-ada-shop" / f"{SESSION}.jsonl", records)
    backup = path.with_name(f"{path.name}.20260101T000000000Z.unbrick-backup")
    backup.write_bytes(path.read_bytes().replace(b"two lines", b"three lines"))
    return path


@contextmanager
def changed_at(
    monkeypatch: pytest.MonkeyPatch, path: Path, change: Change, moment: int
) -> Iterator[list[bytes | None]]:
    """At the n-th reading of the session, before its bytes are read, the client changes it. Gives what it left."""
    read, left = Source.read, []
    readings = 0

    def reading(self: Source, start: int, end: int) -> bytes:
        nonlocal readings
        if self.path == path:
            readings += 1
            if readings == moment:
                change(path)
                left.append(path.read_bytes() if path.exists() else None)
        return read(self, start, end)

    with monkeypatch.context() as patched:
        patched.setattr(Source, "read", reading)
        yield left


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_client_writes_while_a_command_reads(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...], change: Change,
) -> None:
    original, kept = path.read_bytes(), backups(path)[0].read_bytes()
    for moment in (1, 2, 3, 4, 6, 9, 13, 20):
        shutil.rmtree(path.parent)
        assert lay(tmp_path) == path
        for name in ("copy.jsonl", "out.md", "out.html"):
            (tmp_path / name).unlink(missing_ok=True)
        with changed_at(monkeypatch, path, change, moment) as left:
            status = run([word.format(path=path) for word in words])
        said = "".join(capfd.readouterr())
        assert status in (0, 1, 2, 3), said
        assert "itself failed" not in said
        assert "Traceback" not in said
        if not left:
            break
        now = path.read_bytes() if path.exists() else None
        # Before the first reading there is nothing to confuse it with.
        torn = change in (truncate, empty) or (change is rewrite and moment > 1)
        if torn and words[0] not in ("list", "restore") and "--in-place" not in words:
            assert status == 3, f"moment {moment}: {said}"
            assert "rewritten while it was read" in said or "became shorter" in said or "was rewritten since" in said
        if words[0] == "restore" and left[0] is None:
            assert now in (None, kept)
        else:
            assert now == left[0], f"moment {moment}: what the client wrote is not what stands there\n{said}"
        assert not list(path.parent.glob("*.unbrick-tmp"))
        assert {one.read_bytes() for one in backups(path)} <= {original, kept}


SAVES = {
    "repair": ("repair", "{path}", "--in-place"), "edit": ("edit", "{path}", "--delete", "5", "--in-place"),
    "redact": ("redact", "{path}", "--all", "--in-place"), "restore": ("restore", "{path}"),
    "cut": ("truncate", "{path}", "--last-safe", "--in-place"),
}


def started(words: tuple[str, ...], path: Path) -> subprocess.Popen[bytes]:
    given = [word.format(path=path) for word in words]
    return subprocess.Popen(
        [sys.executable, "-m", "unbrick_tui", *given], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


@pytest.mark.parametrize("other", ["repair", "edit", "redact", "restore"])
def test_two_saves_at_once(path: Path, other: str) -> None:
    """Each state that was ever put in the session's place is there, or in a backup; what was refused says why."""
    original, kept = path.read_bytes(), backups(path)[0].read_bytes()
    both = [started(SAVES["repair"], path), started(SAVES[other], path)]
    said = [process.communicate(timeout=120)[0].decode() for process in both]
    assert {process.returncode for process in both} <= {0, 1, 3}, said
    assert not any("Traceback" in one or "itself failed" in one for one in said)
    assert any("wrote" in one or "restored" in one for one in said)
    states = [path.read_bytes(), *(one.read_bytes() for one in backups(path))]
    assert original in states
    assert kept in states
    wrote = sum("backup: " in one or "is kept: " in one for one in said)
    assert len(backups(path)) == 1 + wrote
    assert not list(path.parent.glob(".*unbrick-tmp"))


WRITER = """
import itertools, os, sys
path, line, parent = sys.argv[1], sys.argv[2].encode(), os.getppid()
print("ready", flush=True)
for number in itertools.count():
    with open(path, "ab") as file:
        file.write(line % number)
    if number % 50 == 49 and (os.path.exists(path + ".stop") or os.getppid() != parent):
        print(number + 1, flush=True)
        break
"""


def test_a_client_that_never_stops_writing_loses_no_line(path: Path) -> None:
    """It appends without a pause, as clients do: opened anew for each line. Saves are refused, or take the lines
    along."""
    line = '{"type":"mode","mode":"normal","number":%d}\n'
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), line], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == b"ready\n"
        for words in SAVES.values():
            assert run([word.format(path=path) for word in words]) in (0, 1, 3)
        Path(f"{path}.stop").touch()
        count = int(writer.stdout.readline())
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    files = [path, *backups(path)]
    written = {one for file in files for one in file.read_bytes().splitlines() if b'"number"' in one}
    assert written == {(line % number).rstrip().encode() for number in range(count)}


def test_what_went_into_a_replaced_file_is_spoken_of(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By a client that held it open over the save; also after a kill before the save took the line along."""
    with path.open("ab") as held:
        assert run(["edit", str(path), "--delete", "5", "--in-place"]) in (0, 1)
        backup = backups(path)[0]
        assert run(["open", str(path)]) == 0
        assert "written to" not in capfd.readouterr().err
        held.write(LINE)
    assert run(["open", str(path)]) == 0
    said = capfd.readouterr().err
    assert f"{backup.name} was written to after it had been replaced" in said
    words = said[said.index("unbrick restore ") :].split()[1:]
    assert run(words) == 0
    assert path.read_bytes().endswith(LINE)
    capfd.readouterr()
    assert run(["open", str(path)]) == 0
    assert "written to" not in capfd.readouterr().err


def test_two_processes_remember_verdicts_at_once(path: Path) -> None:
    for number in range(20):
        shutil.copy(path, path.with_name(f"22222222-2222-4333-8444-{number:012}.jsonl"))
    both = [started(("list", "--json", "--config-dir", "config"), path) for _ in range(2)]
    documents = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert [len(document["sessions"]) for document in documents] == [21, 21]
    (cache,) = Path("home").rglob("health.json")
    assert len(json.loads(cache.read_bytes())["sessions"]) == 21
    assert [one.name for one in cache.parent.iterdir()] == ["health.json"]
