"""A file read in spans has the rows of one that is read line by line: whatever bytes it has, whoever reads the spans,
and whoever writes into it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.scanning.test_helpers import Erratic
from tests.core.scanning.test_rescan import columns

from test_concurrent import CHANGES, changed_at
from tools import strategies as made
from unbrick.errors import UnbrickError
from unbrick.formats.claude_code import records
from unbrick.opening import Choices, examine, open_source
from unbrick.patch import View
from unbrick.scanning import helpers
from unbrick.scanning.scan import Scan, finish, scan
from unbrick.source import Source

SHAPES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes, "CRLF": lambda data: data.replace(b"\n", b"\r\n"), "an unfinished line": lambda data: data[:-9],
    "no end of line": lambda data: data.rstrip(b"\n"), "empty lines": lambda data: data.replace(b"\n", b"\n\n\n"),
    "empty lines first": lambda data: b"\n" * 500 + data, "nothing but empty lines": lambda _data: b"\n" * 2000,
    "one line": lambda data: data.replace(b"\n", b" "), "a giant line": lambda data: b'{"a":"' + data * 2 + data,
    "NUL at the end": lambda data: data + b"\0" * 9000, "NUL alone": lambda data: b"\0" * len(data),
    "NUL within": lambda data: data[:700] + b"\0" * 9000 + data[700:], "nothing": lambda _data: b"",
}


@contextmanager
def cut(body: bytes, data: st.DataObject) -> Iterator[None]:
    """Small spans, read in small pieces, some of them by others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(helpers, "SMALLEST", 0)
        patch.setattr(helpers, "SPAN", max(data.draw(st.integers(1, len(body) + 2), label="span"), len(body) // 200, 1))
        for name, least in (
            ("source.CHUNK", 100), ("source.LOOK", 100), ("scanning.scan.AHEAD", 1), ("scanning.scan.BATCH", 1),
        ):
            most = 5000 if least == 100 else 20
            patch.setattr(f"unbrick.{name}", data.draw(st.integers(least, most), label=name))
        count = data.draw(st.integers(0, 3), label="helpers")
        patch.setattr(helpers, "started", lambda source, *_given: [Erratic(source, data) for _ in range(count)])
        yield


def known(body: bytes) -> tuple[dict[str, object], list[bytes]]:
    """What a scan of bytes in memory holds, and their lines."""
    with Source.of(body) as source:
        return columns(finish(scan(View(source), records.entry))), [*source.lines()]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(made.damaged_sessions(), st.data())
def test_a_file_of_any_shape(
    tmp_path: Path, shape: Callable[[bytes], bytes], body: bytes, data: st.DataObject
) -> None:
    body = shape(body)
    path = tmp_path / "session.jsonl"
    path.write_bytes(body)
    want, lines = known(body)
    with cut(body, data), Source.open(path) as source:
        assert columns(finish(scan(View(source), records.entry))) == want
        assert [*source.lines()] == lines == [source[index] for index in range(len(source))]
        assert [*source.ends] == [*accumulate(map(len, lines))]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("spans", [True, False], ids=["in spans", "line by line"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(made.damaged_sessions(), st.integers(1, 40), st.none() | st.integers(0, 9), st.data())
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, change: Callable[[Path], None], spans: bool, body: bytes, moment: int, asked: int | None,
    data: st.DataObject,
) -> None:
    """There are as many rows as lines, each of them can be read; a file that is still whole has the rows that it had.
    That the lines are `asked` for while they are read, as a screen does, changes nothing."""
    path = tmp_path / "session.jsonl"
    path.write_bytes(body)
    with cut(body, data), pytest.MonkeyPatch.context() as patch:
        if not spans:
            patch.setattr(helpers, "SMALLEST", len(body))
        with Source.open(path) as source:
            with changed_at(patch, path, change, moment):
                found = followed(source, asked)
            assert len(found) == len(source) == len(View(source)) == len([*source.lines()])
            assert [*source.ends] == sorted(source.ends)
            if source.intact():
                want, lines = known(body)
                assert columns(found) == want
                assert [*source.lines()] == lines == [source[index] for index in range(len(source))]
        path.write_bytes(body)
        with changed_at(patch, path, change, moment):
            try:
                with open_source(Source.open(path), Choices(surroundings=False)) as opened:
                    finish(examine(opened))
            except UnbrickError as error:
                assert str(error)


def followed(source: Source, asked: int | None) -> Scan:
    """A scan, in the midst of which somebody asks for the number of lines."""
    progress = scan(View(source), records.entry)
    for step in chain(range(asked or 0), iter(int, 1)):
        if step == asked:
            len(source)
        try:
            next(progress)
        except StopIteration as stop:
            result: Scan = stop.value
            return result
    raise AssertionError


@pytest.mark.parametrize("unread", [1, 3], ids="{} batches read".format)
def test_lines_that_are_asked_for_after_a_rewrite_are_those_that_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unread: int
) -> None:
    """Of a small file, which has no spans: half its rows are read, it is rewritten, and a screen asks for its lines."""
    monkeypatch.setattr("unbrick.scanning.scan.BATCH", 10)
    monkeypatch.setattr("unbrick.source.CHUNK", 500)
    path = tmp_path / "session.jsonl"
    path.write_bytes(b'{"type":"user","uuid":"a","text":"what was said"}\n' * 100)
    with Source.open(path) as source:
        progress = scan(View(source), records.entry)
        for _batch in range(unread):
            next(progress)
        path.write_bytes(b'{"type":"user"}\n' * 300)
        lines = len(source)
        assert len(finish(progress)) == lines == 300


def test_a_giant_line_is_searched_once_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of NUL alone, as a machine leaves it that lost its power, has one line and a hundred places to cut it."""
    monkeypatch.setattr(helpers, "SMALLEST", 0)
    monkeypatch.setattr(helpers, "SPAN", 1000)
    monkeypatch.setattr("unbrick.source.LOOK", 1000)
    path = tmp_path / "session.jsonl"
    path.write_bytes(b"{}\n" * 500 + b"\0" * 100_000)
    looked = 0
    read = Source.read

    def reading(self: Source, start: int, end: int) -> bytes:
        nonlocal looked
        looked += end - start
        return read(self, start, end)

    with Source.open(path) as source:
        monkeypatch.setattr(Source, "read", reading)
        assert helpers.spans(View(source)) == [(0, 1002), (1002, 1500 + 100_000)]
        assert looked <= source.size + 2000
