"""What takes long where there is no screen is spoken of, on a terminal alone, and nothing of it stays."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import redirect_stderr
from threading import Condition

import pytest

from unbrick_tui import waiting
from unbrick_tui.options import work


class Tty(io.StringIO):
    """A terminal, and who waits for what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._news = Condition()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._news:
            self._news.notify_all()
            return super().write(text)

    def wait_for(self, text: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text in self.getvalue(), 60)

    def lines(self) -> list[str]:
        """What stood on the line, one text after the other."""
        return [text for text in self.getvalue().split("\r") if text.strip()]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Tty:
    monkeypatch.setattr(waiting, "MOMENT", 0.0)
    monkeypatch.setattr(waiting, "EVERY", 0.001)
    monkeypatch.setenv("COLUMNS", "80")
    return Tty()


def test_what_takes_long_is_said_once_made_safe_and_taken_away(terminal: Tty) -> None:
    with redirect_stderr(terminal), waiting.slow("opening a\x1b[31m\nb"):
        terminal.wait_for("stops it")
    (said,) = terminal.lines()
    assert said.startswith("unbrick: still opening a") and said.endswith("b; ctrl+c stops it")
    assert said.isprintable()
    assert terminal.getvalue().endswith(f"\r{' ' * 79}\r")


def test_a_long_word_takes_one_line(terminal: Tty) -> None:
    with redirect_stderr(terminal), waiting.slow("opening " + "字" * 100):
        terminal.wait_for("…")
    (said,) = terminal.lines()
    assert said.startswith("unbrick: still opening 字字") and len(said) < 60


def test_of_what_is_done_at_once_nothing_is_said(terminal: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOMENT", 1000.0)
    with redirect_stderr(terminal), pytest.raises(OSError), waiting.slow("opening"):
        raise OSError
    assert terminal.getvalue() == ""


def test_nothing_is_said_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "Thread", None)
    with redirect_stderr(io.StringIO()), waiting.slow("opening"):
        pass


def test_work_says_how_far_it_is_also_while_it_does_not_go_on(terminal: Tty) -> None:
    def progress() -> Generator[int, None, str]:
        terminal.wait_for("still reading")
        yield 1234
        terminal.wait_for("1,234 records read")
        return "done"

    with redirect_stderr(terminal):
        assert work(progress()) == "done"
    assert terminal.lines() == [
        f"unbrick: {said}; ctrl+c stops it" for said in ("still reading", "1,234 records read")
    ]
