"""A scan by several processes is the scan by one, whatever becomes of them."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.scanning.test_rescan import columns

from tools import strategies as made
from unbrick.entry import Entry
from unbrick.formats.claude_code import ClaudeCode, records
from unbrick.patch import View
from unbrick.record import END, Json
from unbrick.scanning import helpers, part
from unbrick.scanning.helpers import Helper
from unbrick.scanning.rescan import rescan
from unbrick.scanning.scan import Piece, Scan, finish, scan
from unbrick.scanning.strings import Packed
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
    monkeypatch.setattr(helpers, "SPAN", 8000)
    path = tmp_path / "session.jsonl"
    path.write_bytes(body())
    with Source.open(path) as opened:
        yield opened


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for every answer: a small file is read before a process has begun."""
    answers = Helper.answers

    def waiting(helper: Helper) -> Iterator[tuple[int, bytes]]:
        if not helper.free():
            select.select([helper.process.stdout], [], [])
        return answers(helper)

    monkeypatch.setattr(Helper, "answers", waiting)


def alone(source: Source) -> dict[str, object]:
    return columns(finish(scan(View(source, {END: ()}), records.entry, 1)))


def test_spans_are_the_file(source: Source) -> None:
    spans = helpers.spans(View(source))
    assert [*chain.from_iterable(source.between(*span) for span in spans)] == [*source.lines()]
    assert {0, *source.ends}.issuperset(chain.from_iterable(spans))
    assert len(spans) > 10


@pytest.mark.parametrize(("cores", "smallest", "count"), [
    pytest.param(1, 1000, 0, id="one processor"), pytest.param(2, 1000, 1, id="two"),
    pytest.param(99, 1000, helpers.MOST - 1, id="many"), pytest.param(4, 60_000, 1, id="a file for two"),
])
def test_there_are_as_many_helpers_as_are_worth_it(
    source: Source, monkeypatch: pytest.MonkeyPatch, cores: int, smallest: int, count: int
) -> None:
    monkeypatch.setattr(helpers, "SMALLEST", smallest)
    team = helpers.started(source, records.entry, cores)
    assert len(team) == count
    for helper in team:
        helper.close()


def test_a_process_reads_the_spans_that_it_is_given(source: Source) -> None:
    helper, *_others = helpers.started(source, ClaudeCode().bare, 2)
    found: list[tuple[int, bytes]] = []
    spans = [(0, source.ends[99]), (source.ends[99], source.ends[299]), (source.ends[299], source.size)]
    for number, span in enumerate(spans):
        helper.give(number, *span)
    assert not helper.free()
    while len(found) < len(spans):
        select.select([helper.process.stdout], [], [])
        found += helper.answers()
    assert helper.free()
    helper.close()
    assert [number for number, _packed in found] == [0, 1, 2]
    result, strings = Scan(View(source)), Packed()
    for (number, packed), (start, end) in zip(found, spans, strict=True):
        piece = Piece.unpacked(packed, end - start)
        assert piece is not None
        assert Piece.unpacked(packed, end - start - 1) is None, f"span {number} has all of its bytes"
        result.absorb(piece, strings.add(piece.texts))
    result.unite(strings)
    assert columns(result) == alone(source)


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 9])
def test_spans_read_by_processes_make_the_same_scan(source: Source, cores: int) -> None:
    assert columns(finish(scan(View(source), ClaudeCode().bare, cores))) == alone(source)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("cores", [2, 4])
def test_spans_of_patient_processes_make_the_same_scan(source: Source, cores: int) -> None:
    progress = [*scan(View(source), records.entry, cores)]
    assert progress == sorted(progress)
    assert progress[-1] == len(source)
    assert columns(finish(scan(View(source), records.entry, cores))) == alone(source)


class Erratic:
    """Somebody who answers when he likes, and sometimes wrongly."""

    def __init__(self, source: Source, data: st.DataObject) -> None:
        self.source, self.data = source, data
        self.given: list[tuple[int, int, int]] = []

    def free(self) -> bool:
        return len(self.given) < 3 and self.data.draw(st.booleans())

    def give(self, number: int, start: int, end: int) -> None:
        self.given.append((number, start, end))

    def answers(self) -> Iterator[tuple[int, bytes]]:
        for _answer in range(self.data.draw(st.integers(0, len(self.given)))):
            number, start, end = self.given.pop(0)
            right = part.answer(self.source.file, start, end, records.entry)
            wrong = (b"", b"rubbish", right[: len(right) // 2], WRONG)
            yield number, self.data.draw(st.sampled_from([right, right, *wrong]))

    def close(self) -> None:
        self.given.clear()


with Source.of(b'{"type":"user"}\n' * 999) as other:
    WRONG = finish(scan(View(other), records.entry)).piece().packed()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made.damaged_sessions(), st.integers(1, 5000), st.integers(0, 3), st.data())
def test_whatever_the_spans_and_whoever_reads_them_it_is_the_same_scan(
    tmp_path: Path, body: bytes, span: int, count: int, data: st.DataObject
) -> None:
    path = tmp_path / "session.jsonl"
    path.write_bytes(body * 5)
    with pytest.MonkeyPatch.context() as patch, Source.open(path) as source:
        patch.setattr(helpers, "SMALLEST", 0)
        patch.setattr(helpers, "SPAN", span)
        patch.setattr("unbrick.scanning.scan.AHEAD", data.draw(st.integers(1, 5)))
        patch.setattr("unbrick.scanning.scan.BATCH", 3)
        patch.setattr(helpers, "started", lambda *_given: [Erratic(source, data) for _ in range(count)])
        progress = scan(View(source), records.entry)
        done = []
        try:
            while True:
                done.append(next(progress))
        except StopIteration as stop:
            assert source.ends == Source.of(body * 5).ends
            assert columns(stop.value) == alone(source)
        assert done == sorted(done)


REAL = "import os, signal, sys; sys.path[:] = sys.argv[2:]; from unbrick import part; answer = part.answer; "
LATER = "left = iter(range(3)); part.answer = lambda *given: answer(*given) if next(left, 0) < 2 else "
RUN = "; part.main(bytes.fromhex(sys.argv[1]))"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("broken", [
    lambda patch: patch.setattr(sys, "executable", "/nowhere/python"),
    lambda patch: patch.setattr(sys, "executable", None),
    lambda patch: patch.setattr(helpers, "_RUN", "raise SystemExit(1)"),
    lambda patch: patch.setattr(helpers, "_RUN", "import os; os.kill(os.getpid(), 9)"),
    lambda patch: patch.setattr(helpers, "_RUN", "print('what is this', flush=True); raise SystemExit(1)"),
    lambda patch: patch.setattr(helpers, "_RUN", "raise SystemExit(0)"),
    lambda patch: patch.setattr(helpers, "_RUN", REAL + LATER + "1 / 0" + RUN),
    lambda patch: patch.setattr(helpers, "_RUN", REAL + LATER + "os.kill(os.getpid(), signal.SIGKILL)" + RUN),
    lambda patch: patch.setattr(helpers, "_RUN", REAL + LATER + "b'what is this'" + RUN),
    lambda patch: patch.setattr(helpers, "_RUN", REAL + LATER + "answer(*given)[:-9]" + RUN),
    lambda patch: patch.setattr(helpers, "_RUN", REAL + LATER + "os._exit(os.write(1, b'12345678'))" + RUN),
], ids=[
    "no interpreter", "no executable", "it fails", "it is killed", "it fails with words", "it says nothing",
    "it fails at a span", "it is killed at a span", "it answers with words", "its answers lack their end",
    "it breaks off in an answer",
])
def test_what_a_process_does_not_do_is_done_here(
    source: Source, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    assert columns(finish(scan(View(source), records.entry, 3))) == alone(source)


@pytest.mark.parametrize("run", [
    "import sys; sys.stdin.read()", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
], ids=["it waits for ever", "it is stopped"])
def test_nobody_waits_for_a_process(source: Source, monkeypatch: pytest.MonkeyPatch, run: str) -> None:
    monkeypatch.setattr(helpers, "_RUN", run)
    assert columns(finish(scan(View(source), records.entry, 3))) == alone(source)


def test_a_reader_that_cannot_be_sent_reads_here(source: Source) -> None:
    def local(value: Json) -> Entry:
        return records.entry(value)

    assert columns(finish(scan(View(source), local, 2))) == alone(source)


def test_whoever_stops_asking_ends_the_processes(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "_RUN", "import sys; sys.stdin.read()")
    team: list[Helper] = []
    started = helpers.started
    monkeypatch.setattr(helpers, "started", lambda *given: team.extend(started(*given)) or team)
    progress = scan(View(source), records.entry, 3)
    next(progress)
    assert [helper.process.poll() for helper in team] == [None, None]
    progress.close()
    assert all(helper.process.returncode for helper in team)
    for helper in team:
        with pytest.raises(ChildProcessError):
            os.waitpid(helper.process.pid, os.WNOHANG)


@pytest.mark.parametrize("end", ["stdin", "stdout"])
def test_a_process_ends_when_nobody_waits_for_it(source: Source, end: str) -> None:
    helper, *_others = helpers.started(source, records.entry, 2)
    getattr(helper.process, end).close()
    if end == "stdout":
        helper.give(0, 0, source.size)
    assert bool(helper.process.wait()) == (end == "stdout")
    helper.close()


@pytest.mark.parametrize("view", [
    lambda source: View(source, {END: (b"{}",)}), lambda source: View(Source.of(body())),
], ids=["patched", "in memory"])
def test_other_views_are_not_cut(source: Source, view: Callable[[Source], View]) -> None:
    assert helpers.spans(view(source)) == []


def test_small_files_are_not_cut(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "SMALLEST", 24_000_000)
    assert helpers.spans(View(source)) == []


def test_a_scan_made_of_spans_is_continued_as_any_other(source: Source) -> None:
    before = finish(scan(View(source), records.entry, 1))
    known = columns(before)
    patch = {7: (b'{"type":"user","uuid":"new","parentUuid":"u5"}',), 300: (), END: (b'{"type":"user","uuid":"u5"}',)}
    again = finish(rescan(before, View(source, patch), records.entry))
    assert columns(again) == columns(finish(scan(View(source, patch), records.entry)))
    assert again.strings.find("u5") == before.strings.find("u5") >= 0
    assert before.strings.find("new") == -1
    assert columns(before) == known


def test_a_file_that_was_rewritten_since_its_lines_were_found_keeps_as_many(source: Source) -> None:
    before = len(source)
    source.path.write_bytes(body().replace(b"\n", b" ", 9))
    assert len(finish(scan(View(source), records.entry, 3))) == before == len(source)


@pytest.mark.parametrize("left", [0, 1, 9000, 40_000], ids="{} bytes".format)
def test_of_a_file_that_became_shorter_there_is_what_could_be_read(source: Source, left: int) -> None:
    os.truncate(source.path, left)
    scanned = finish(scan(View(source), records.entry, 3))
    assert len(scanned) == len(source) == len(body()[:left].splitlines())
    assert sum(scanned.size) == left


def test_faults_keep_their_rows(source: Source) -> None:
    scanned: Scan = finish(scan(View(source), records.entry, 3))
    assert sorted(scanned.faults) == sorted(alone(source)["faults"])
    assert max(scanned.faults) > len(source) // 2
