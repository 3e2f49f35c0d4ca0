"""A file as numbered raw lines, whatever its bytes and its kind."""

from __future__ import annotations

import io
import os
from array import array
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.errors import CannotReadError
from unbrick.source import CHUNK, Source

TEXT = st.lists(st.sampled_from([b"\n", b"\r\n", b"a", b"{}", b"\x00", b"\xff", b"longer piece"]), max_size=40).map(
    b"".join
)


@given(TEXT)
def test_lines_are_the_file_split_behind_each_line_feed(data: bytes) -> None:
    with Source.of(data) as source:
        expected = data.split(b"\n")
        lines = [line + b"\n" for line in expected[:-1]] + ([expected[-1]] if expected[-1] else [])
        assert list(source.lines()) == lines
        assert [source[i] for i in range(len(source))] == lines
        assert b"".join(source.lines()) == data
        assert source.size == len(data)
        assert [list(source.lines(first)) for first in range(len(lines))] == [lines[i:] for i in range(len(lines))]


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_lines_longer_than_a_chunk_are_whole(size: int) -> None:
    data = b"x" * size + b"\n" + b"y" * 10 + b"\n" + b"z" * size
    with Source.of(data) as source:
        assert [len(line) for line in source.lines()] == [size + 1, 11, size]


@given(TEXT, st.integers(0, 40), st.integers(0, 40))
def test_a_range_of_lines_is_those_lines(data: bytes, first: int, last: int) -> None:
    with Source.of(data) as source:
        first, last = sorted((first % (len(source) + 1), last % (len(source) + 1)))
        assert list(source.lines(first, last)) == list(source.lines())[first:last]


@given(TEXT, st.integers(1, 9))
def test_lines_are_the_same_before_and_after_their_ends_are_known(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch, Source.of(data) as source:
        patch.setattr("unbrick.source.CHUNK", chunk)
        patch.setattr("unbrick.source.LOOK", chunk)
        lines = list(source.lines())
        assert [source.end_of_line(at) for at in range(len(data))] == [
            end for end, line in zip(accumulate(map(len, lines)), lines, strict=True) for _byte in line
        ]
        assert list(source.ends) == list(accumulate(map(len, lines)))
        assert list(source.lines()) == lines
        cuts = [0, *source.ends]
        assert [list(source.between(start, len(data))) for start in cuts] == [lines[i:] for i in range(len(cuts))]


def test_ends_that_are_told_are_taken_until_others_are_known() -> None:
    with Source.of(b"one\ntwo") as source:
        assert source.learn(array("I", [4, 7]))
        assert list(source.lines()) == [b"one\n", b"two"]
        assert source.learn(array("I", [4, 7]))
        assert not source.learn(array("I", [7]))
        assert list(source.lines()) == [b"one\n", b"two"]


def test_lines_stay_as_many_as_they_were_when_others_are_written_over_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\nthree")
    with Source.open(path) as source:
        assert len(source) == 3
        path.write_bytes(b"\n\n\n\n\n\n\n\n\n")
        assert list(source.lines()) == [b"\n\n\n\n", b"\n\n\n\n", b"\n"]
        path.write_bytes(b"")
        assert list(source.lines()) == [b"", b"", b""]


def test_a_file_that_was_replaced_can_still_be_read_and_one_that_shrank_cannot(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n")
    with Source.open(path) as source:
        assert not source.changed()
        assert source.intact()
        other = tmp_path / "b"
        other.write_bytes(b"one\ntwo\nthree\n")
        other.replace(path)
        assert source.changed()
        assert source.intact()
    with Source.open(path) as source:
        os.truncate(path, 3)
        assert source.changed()
        assert not source.intact()
        assert list(source.lines())
    with Source.open(path) as source:
        path.unlink()
        assert source.changed()
        assert source.intact()


@pytest.mark.parametrize(
    ("now", "late"), [
        pytest.param(b"one\ntwo\n", b"", id="as it was"),
        pytest.param(b"one\ntwo\nthree\n", b"three\n", id="grown"),
        pytest.param(b"one\n", None, id="cut"),
        pytest.param(b"ONE\ntwo\nthree\n", None, id="written anew and longer"),
    ],
)
def test_what_was_added_is_told_from_what_was_written_anew(tmp_path: Path, now: bytes, late: bytes | None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n")
    with Source.open(path) as source:
        if now != b"one\ntwo\n":
            path.write_bytes(now)
        path.rename(tmp_path / "b.jsonl")
        assert source.late() == late
        assert source.intact() == (late is not None)


def test_what_is_no_file_is_refused_at_once_with_a_way_forward(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(CannotReadError, match=r"pipe is a pipe; save its content to a file, or pipe it into"):
        Source.open(pipe)
    with pytest.raises(CannotReadError, match="is a folder, not a transcript; name one of the files in it"):
        Source.open(tmp_path)
    with pytest.raises(CannotReadError, match="/dev/null is a device"):
        Source.open(Path("/dev/null"))
    with pytest.raises(CannotReadError, match="cannot be read: no such file or directory"):
        Source.open(tmp_path / "gone.jsonl")
    with pytest.raises(CannotReadError, match=r"cannot be read: .*embedded null"):
        Source.open(Path("a\0b"))


def test_no_file_stays_open_after_a_refusal(tmp_path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    before = open_files()
    for _ in range(3):
        with pytest.raises(CannotReadError):
            Source.open(tmp_path)
    assert open_files() == before


def test_a_stream_is_spooled_and_never_counts_as_changed() -> None:
    with Source.spool(io.BytesIO(b"a\nb")) as source:
        assert source.private
        assert not source.changed()
        assert source.mode() == 0o600
        assert list(source.lines()) == [b"a\n", b"b"]


def test_a_stream_that_breaks_is_a_sentence() -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _buffer: object) -> int:
            raise OSError(5, "Input/output error")

    with pytest.raises(CannotReadError, match="<stdin> cannot be read: input/output error"):
        Source.spool(io.BufferedReader(Broken()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda path: None, "", id="nothing"),
        pytest.param(lambda path: path.write_bytes(b"one\ntwo\nthree\n"), "has grown by 1 line", id="grew by a line"),
        pytest.param(lambda path: path.write_bytes(b"one\ntwo\n3\n4\n"), "has grown by 2 lines", id="grew by lines"),
        pytest.param(lambda path: path.write_bytes(b"one\ntwo\nthr"), "has grown by 3 bytes", id="grew, mid-line"),
        pytest.param(lambda path: path.write_bytes(b"ONE\ntwo!\nthree"), "was written to", id="written anew, longer"),
        pytest.param(lambda path: os.truncate(path, 5), "has shrunk by 3 bytes", id="shrank"),
        pytest.param(lambda path: os.utime(path, ns=(1, 1)), "was written to", id="written to"),
        pytest.param(Path.unlink, "was removed", id="removed"),
        pytest.param(
            lambda path: (path.parent / "other").write_bytes(b"x") and (path.parent / "other").replace(path),
            "was replaced by another file", id="replaced",
        ),
    ],
)
def test_what_happened_to_a_file_since_it_was_read(
    tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "session.jsonl"
    path.write_bytes(b"one\ntwo\n")
    with Source.open(path) as source:
        change(path)
        assert source.change() == said
