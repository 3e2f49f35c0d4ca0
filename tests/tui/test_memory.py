"""What a check leaves free is given back, where the system can."""

from __future__ import annotations

import ctypes

import pytest

from unbrick_tui import memory


class Library:
    """A C library that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def malloc_trim(self, _kept: int) -> int:
        """Give back."""
        self.asked += 1
        return 1


@pytest.mark.parametrize(("records", "asked"), [(memory.LARGE - 1, 0), (memory.LARGE, 1)], ids=["few", "many"])
def test_only_a_large_session_asks_for_it(records: int, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    memory.give_back(records)
    assert library.asked == asked


@pytest.mark.parametrize("found", [object(), OSError("no such library")], ids=["no such function", "no library"])
def test_a_system_without_it_goes_on(found: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_name: object) -> object:
        if isinstance(found, OSError):
            raise found
        return found

    monkeypatch.setattr(ctypes, "CDLL", load)
    memory.give_back(memory.LARGE)


def test_it_can_be_asked_here() -> None:
    memory.give_back(memory.LARGE)
