"""One table from exception to sentence to exit status."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from unbrick.errors import (
    AmbiguousError,
    CannotReadError,
    CannotWriteError,
    NotATranscriptError,
    NotFoundError,
    SessionInUseError,
    SourceChangedError,
    UsageError,
)
from unbrick.printable import printable_lines
from unbrick_tui.failures import explain, guard


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        pytest.param(UsageError("name one"), 2, "name one", id="wrong use"),
        pytest.param(AmbiguousError("two match"), 2, "two match", id="several sessions"),
        pytest.param(NotFoundError("no such session"), 3, "no such session", id="no session"),
        pytest.param(NotATranscriptError("not one"), 3, "not one", id="no transcript"),
        pytest.param(CannotReadError.from_os(Path("a"), OSError(errno.EACCES, "")), 3, "a cannot be", id="unreadable"),
        pytest.param(CannotWriteError.from_os(Path("a"), OSError(errno.ENOSPC, "")), 3, "no space", id="disk full"),
        pytest.param(SourceChangedError("has grown"), 3, "has grown", id="changed meanwhile"),
        pytest.param(SessionInUseError("pid 4242"), 3, "pid 4242", id="in use"),
        pytest.param(PermissionError(errno.EACCES, "no", "b.jsonl"), 3, "b.jsonl: permission denied", id="any refusal"),
        pytest.param(MemoryError(), 3, "not enough memory", id="no memory"),
        pytest.param(KeyboardInterrupt(), 130, "stopped", id="Ctrl-C"),
        pytest.param(click.Abort(), 130, "stopped", id="Ctrl-C inside click"),
        pytest.param(NotFoundError("no \x1b[31msuch"), 3, "no ␛[31msuch", id="what the terminal must not see"),
    ],
)
def test_an_exception_is_a_sentence_and_a_status(error: BaseException, status: int, said: str) -> None:
    sentence, found = explain(error)
    assert said in sentence
    assert found == status


def failing(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


def test_a_fault_of_our_own_is_admitted_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNBRICK_TRACEBACK", raising=False)
    assert guard(failing(ZeroDivisionError("oops"))) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "unbrick itself failed (ZeroDivisionError at test_failures.py:" in shown.err
    assert "Traceback" not in shown.err


def test_a_traceback_is_shown_to_who_asks_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNBRICK_TRACEBACK", "1")
    assert guard(failing(ZeroDivisionError("oops"))) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_wrong_use_keeps_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert guard(failing(click.UsageError("which one?"))) == 2
    assert "which one?" in capsys.readouterr().err


def test_a_wrong_use_never_acts_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert guard(failing(click.UsageError("no \x1b]0;such\x07 \x1b[31moption"))) == 2
    said = capsys.readouterr().err
    assert "option" in said
    assert printable_lines(said) == said


def test_what_an_action_gives_is_the_status() -> None:
    assert guard(lambda: 1) == 1
