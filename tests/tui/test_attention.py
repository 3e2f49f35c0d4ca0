"""Work beside the interface rests while a key is being answered, and only then."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from selectors import EVENT_READ
from threading import Thread

import pytest
from driving import Open, settle

from unbrick_tui import attention, driver
from unbrick_tui.attention import FRAME, Attentive, attend, give_way


@pytest.fixture
def selector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Attentive]:
    """One that something is always ready for, while work would rest for ever."""
    monkeypatch.setattr(attention, "TURN", None)
    ours, theirs = socket.socketpair()
    with Attentive() as selector, ours, theirs:
        selector.register(ours, EVENT_READ)
        theirs.send(b"!")
        yield selector


@pytest.fixture
def work(selector: Attentive) -> Iterator[Thread]:
    """A piece of work that wants to go on after a key was pressed."""
    attend()
    thread = Thread(target=give_way, daemon=True)
    thread.start()
    yield thread
    selector.close()
    thread.join()


def test_work_goes_on_at_once_where_no_key_was_pressed(selector: Attentive) -> None:
    give_way()


@pytest.mark.parametrize("timeout", [0, FRAME], ids=["more to do", "a frame to come"])
def test_work_rests_until_a_key_is_answered(selector: Attentive, work: Thread, timeout: float) -> None:
    assert selector.select(timeout)
    assert work.is_alive()


@pytest.mark.parametrize("timeout", [None, 1.0], ids=["nothing to come", "later"])
def test_work_goes_on_when_a_key_is_answered(selector: Attentive, work: Thread, timeout: float | None) -> None:
    assert selector.select(timeout)
    work.join()


def test_work_goes_on_when_no_key_will_come(selector: Attentive, work: Thread) -> None:
    selector.close()
    work.join()


def test_keys_without_end_do_not_hold_work_up_for_good(
    selector: Attentive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "TURN", 0)
    attend()
    give_way()


async def test_a_check_gives_way(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    gave: list[None] = []
    monkeypatch.setattr(driver, "give_way", lambda: gave.append(None))
    async with open_app("missing-parent") as pilot:
        await settle(pilot)
    assert gave
