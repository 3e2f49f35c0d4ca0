"""What is done before the first screen is spoken of where it takes long, and not a word later."""

from __future__ import annotations

from threading import Event

import click
import pytest

from unbrick_tui import waiting


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was said."""
    found: list[str] = []
    monkeypatch.setattr(click, "echo", lambda text, err: found.append(text))
    return found


def test_what_takes_long_is_said_once_and_made_safe(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    monkeypatch.setattr(waiting, "MOMENT", 0.0)
    monkeypatch.setattr(click, "echo", lambda text, err: (said.append(text), over.set()))
    with waiting.slow("opening a\x1b[31m\nb"):
        over.wait()
    assert len(said) == 1
    assert said[0].startswith("unbrick: still opening a")
    assert said[0].endswith("b; ctrl+c stops it")
    assert said[0].isprintable()


def test_of_what_is_done_at_once_nothing_is_said(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOMENT", 1000.0)
    with pytest.raises(OSError), waiting.slow("opening"):
        raise OSError
    assert said == []
