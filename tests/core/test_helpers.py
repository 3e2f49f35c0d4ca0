"""A scan by several processes is the scan by one, whatever becomes of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from tests.core.test_rescan import columns

from unbrick import helpers
from unbrick.entry import Entry
from unbrick.formats.claude_code import ClaudeCode, records
from unbrick.patch import View
from unbrick.record import END, Json
from unbrick.scan import Scan, finish, scan
from unbrick.source import Source

TEXTS = ("plain", "café", "\ud83d", "日本 😀")


def body() -> bytes:
    lines = []
    for number in range(600):
        text = TEXTS[number % len(TEXTS)].encode("utf-8", "backslashreplace")
        line = b'{"type":"user","uuid":"u%d","parentUuid":"u%d","timestamp":"2026-01-01T00:00:%02d.000Z","message":' % (
            number, number - 1, number % 60
        ) + b'{"role":"user","content":[{"type":"text","text":"%b"},{"type":"tool_result","tool_use_id":"t%d"}]}}' % (
            text, number // 2
        )
        lines.append(line[: len(line) // 2] if number % 97 == 5 else line + line if number % 97 == 9 else line)
    return b"\n".join(lines)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(helpers, "SMALLEST", 1000)
    path = tmp_path / "session.jsonl"
    path.write_bytes(body())
    with Source.open(path) as opened:
        yield opened


def alone(source: Source) -> dict[str, object]:
    return columns(finish(scan(View(source), records.entry, 1)))


@pytest.mark.parametrize("cores", [2, 3, 4, 9])
def test_parts_read_by_processes_make_the_same_scan(source: Source, cores: int) -> None:
    view = View(source)
    own, *others = helpers.parts(view, records.entry, cores)
    assert [part.first for part in others] == [own.last, *(part.last for part in others[:-1])]
    assert others[-1].last == len(source)
    for part in others:
        assert finish(part.result(0)), "the process does its part"
        part.close()
    assert columns(finish(scan(view, ClaudeCode().entry, cores))) == alone(source)


@pytest.mark.parametrize("broken", [
    lambda patch: patch.setattr(sys, "executable", "/nowhere/python"),
    lambda patch: patch.setattr(sys, "executable", None),
    lambda patch: patch.setattr(helpers, "_RUN", "raise SystemExit(1)"),
    lambda patch: patch.setattr(helpers, "_RUN", "import os; os.kill(os.getpid(), 9)"),
    lambda patch: patch.setattr(helpers, "_RUN", "print('what is this', flush=True); raise SystemExit(1)"),
    lambda patch: patch.setattr(helpers, "_RUN", "raise SystemExit(0)"),
], ids=["no interpreter", "no executable", "it fails", "it is killed", "it fails with words", "it says nothing"])
def test_what_a_process_does_not_do_is_done_here(
    source: Source, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    assert columns(finish(scan(View(source), records.entry, 3))) == alone(source)


def test_a_reader_that_cannot_be_sent_reads_here(source: Source) -> None:
    def local(value: Json) -> Entry:
        return records.entry(value)

    assert columns(finish(scan(View(source), local, 2))) == alone(source)


def test_a_part_of_another_length_than_the_index_is_read_again(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    with Source.of(b'{"type":"user"}\n') as small:
        wrong = finish(scan(View(small), records.entry)).packed()
    monkeypatch.setattr(helpers.Part, "result", lambda _part, _done: iter_of(wrong))
    assert columns(finish(scan(View(source), records.entry, 2))) == alone(source)


def iter_of(result: bytes) -> Generator[int, None, bytes]:
    yield 0
    return result


def test_whoever_stops_asking_ends_the_processes(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "_RUN", "import sys; sys.stdin.read()")
    started: list[helpers.Part] = []
    parts = helpers.parts
    monkeypatch.setattr(helpers, "parts", lambda *given: started.extend(parts(*given)) or started)
    progress = scan(View(source), records.entry, 3)
    next(progress)
    assert [part.process.poll() for part in started[1:]] == [None, None]
    progress.close()
    assert all(part.process.returncode for part in started[1:])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_process_ends_when_nobody_waits_for_it(source: Source) -> None:
    _own, part = helpers.parts(View(source), records.entry, 2)
    assert part.process is not None
    assert part.process.stdin is not None
    assert part.process.stdout is not None
    part.process.stdin.close()
    with part.process.stdout as out:
        assert out.read() == b""
    assert part.process.wait() == 0


@pytest.mark.parametrize("view", [
    lambda source: View(source, {END: (b"{}",)}), lambda source: View(Source.of(body())),
], ids=["patched", "in memory"])
def test_other_views_are_read_here(source: Source, view: Callable[[Source], View]) -> None:
    assert len(helpers.parts(view(source), records.entry, 8)) == 1


def test_small_files_are_read_here(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "SMALLEST", 24_000_000)
    assert len(helpers.parts(View(source), records.entry, 8)) == 1


def test_faults_keep_their_rows(source: Source) -> None:
    scanned: Scan = finish(scan(View(source), records.entry, 3))
    assert sorted(scanned.faults) == sorted(alone(source)["faults"])
    assert max(scanned.faults) > len(source) // 2
