"""What is worked out before it is asked for is what would have been worked out then, and it stands in nobody's way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle

from unbrick.clock import FixedClock
from unbrick.editing.history import History
from unbrick.errors import UsageError
from unbrick.opening import Choices, open_word
from unbrick.scanning.scan import finish
from unbrick_tui import attention, driver
from unbrick_tui.attention import at_leisure, wanted
from unbrick_tui.remedy import ranked, remedy
from unbrick_tui.screens import foreseeing
from unbrick_tui.screens.choice import ChoiceScreen
from unbrick_tui.screens.foreseeing import EVERY, Foreseen
from unbrick_tui.screens.preview import PreviewScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.workspace import Result, Work, Workspace

ONE = "crash-mid-tool"
"""A sample with one fix that keeps everything."""
FRESH = re.compile("00000000-0000-4000-8000-[0-9a-f]{12}")
"""An id of the clock: what is worked out twice has others."""


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a session whose verdict nobody would wait for."""
    monkeypatch.setattr(foreseeing, "LEAST", 0)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fixes that were worked out, by their titles."""
    fix, fix_all, begun = Workspace.fix, Workspace.fix_all, list[str]()

    def one(self: Workspace, finding: Any, wanted: Any) -> Work[Result]:
        begun.append(wanted.title)
        return fix(self, finding, wanted)

    def every(self: Workspace, *arguments: Any) -> Work[Result]:
        begun.append("all")
        return fix_all(self, *arguments)

    monkeypatch.setattr(Workspace, "fix", one)
    monkeypatch.setattr(Workspace, "fix_all", every)
    return begun


def session(pilot: Opened) -> SessionScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


# The same comes of it


CASES = {
    "one fix that keeps everything": (ONE, "f", "enter", "u", "f", "enter"),
    "one of several ways": ("failed-compaction", "f", "enter", "enter"),
    "another way than the first": ("failed-compaction", "f", "j", "enter", "enter"),
    "all that keep everything": ("duplicated-call-id", "F", "enter", "u"),
    "left, and asked for again": (ONE, "f", "escape", "f", "enter"),
    "other work between": (ONE, "t", "escape", "f", "enter", "r", "escape"),
    "a line that cannot be read": ("torn-and-glued", "f", "enter", "enter"),
}


@pytest.mark.parametrize("case", CASES)
async def test_every_screen_is_as_without(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, begun: list[str], case: str,
) -> None:
    sample, *keys = CASES[case]
    seen: list[list[str]] = []
    for least in (foreseeing.LEAST, 0):
        monkeypatch.setattr(foreseeing, "LEAST", least)
        async with open_app(sample) as pilot:
            seen.append([])
            for key in keys:
                await press(pilot, key)
                seen[-1].append(screen_text(pilot.app))
            workspace = session(pilot).workspace
            assert workspace.outline is not None
            seen[-1] += [repr(workspace.patch), repr(workspace.titles), repr(workspace.outline.report.findings)]
    plain, foreseen = ([FRESH.sub("(fresh)", "".join(text.split())) for text in texts] for texts in seen)
    assert plain == foreseen
    assert begun


def _proposed(workspace: Workspace) -> Callable[[], Work[Result]] | None:
    """The work that the header's key begins."""
    assert workspace.outline is not None
    step = remedy(workspace.outline.report)
    if step.key == "F":
        return workspace.fix_all
    finding = step.finding
    if finding is None or not finding.fixes or not ranked(finding)[0].edits:
        return None
    return lambda: workspace.fix(finding, ranked(finding)[0])


def _opened(path: Path) -> Workspace:
    opened = open_word(str(path), Choices(surroundings=False, environ={}), Path())
    workspace = Workspace(opened.format, opened.bundle, target=opened.target, clock=FixedClock())
    workspace.take(finish(workspace.check()))
    return workspace


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/session.jsonl")), ids=lambda path: path.parent.name)
def test_what_was_foreseen_is_what_is_found_when_asked(path: Path) -> None:
    """And nothing is another for it: neither the edits nor what was said of the session."""
    found: list[Result] = []
    for ahead in (False, True):
        with closing(_opened(path)) as workspace:
            start, outline = _proposed(workspace), workspace.outline
            if start is None or outline is None:
                return
            before = repr(outline.report.findings), repr(outline.report.resume)
            if ahead:
                result = finish(Foreseen(outline, workspace.history, EVERY, start).run()).result
                assert result is not None
                found.append(result)
            else:
                found.append(finish(start()))
            assert workspace.outline is outline
            assert not workspace.patch
            assert (repr(outline.report.findings), repr(outline.report.resume)) == before
    now, then = found
    assert (now.said, now.history is None) == (then.said, then.history is None)
    if now.history is not None and then.history is not None:
        assert now.history.patch == then.history.patch
        assert [step.edits for step in now.history.done] == [step.edits for step in then.history.done]
    assert now.outline.report.findings == then.outline.report.findings
    assert now.outline.report.resume == then.outline.report.resume


# What is asked for is not begun again


async def test_what_was_foreseen_is_shown_and_kept(open_app: Open, always: None, begun: list[str]) -> None:
    async with open_app(ONE) as pilot:
        assert len(begun) == 1
        for _twice in range(2):
            await press(pilot, "f")
            assert isinstance(pilot.app.screen, PreviewScreen)
            await press(pilot, "escape")
        assert len(begun) == 1


async def test_the_first_answer_is_foreseen_while_it_is_asked(
    open_app: Open, always: None, begun: list[str]
) -> None:
    async with open_app("failed-compaction") as pilot:
        session(pilot)._let_go()
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, ChoiceScreen)
        assert len(begun) == 2
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, PreviewScreen)
        assert len(begun) == 2


@pytest.mark.parametrize(("least", "most"), [(5_000, 300_000), (0, 100)], ids=["soon judged", "too much"])
async def test_what_nobody_waits_for_or_is_too_much_is_not_foreseen(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, begun: list[str], least: int, most: int,
) -> None:
    monkeypatch.setattr(foreseeing, "LEAST", least)
    monkeypatch.setattr(foreseeing, "MOST", most)
    async with open_app(ONE) as pilot:
        assert not begun
        await press(pilot, "f")
        assert len(begun) == 1


# While it goes on


class Gate:
    """Work that begins, and goes on when it may."""

    def __init__(self) -> None:
        self.began, self.go, self.times, self.fails = Event(), Event(), 0, False


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, always: None) -> Iterator[Gate]:
    """Before the first step of a fix."""
    gate, fix = Gate(), Workspace.fix

    def slow(self: Workspace, *arguments: Any) -> Work[Result]:
        gate.times += 1
        yield 0
        gate.began.set()
        gate.go.wait()
        if gate.fails:
            raise UsageError("it cannot be done")
        return (yield from fix(self, *arguments))

    monkeypatch.setattr(Workspace, "fix", slow)
    yield gate
    gate.go.set()


async def test_who_asks_meanwhile_waits_for_the_rest(open_app: Open, gate: Gate) -> None:
    async with open_app(ONE, checked=False) as pilot:
        while not gate.began.is_set():
            await pilot.pause()
        await pilot.press("f")
        while not session(pilot)._busy:
            await pilot.pause()
        assert "CHECKING AGAIN" in screen_text(pilot.app)
        gate.go.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, PreviewScreen)
        assert gate.times == 1


async def test_who_asks_for_what_fails_meanwhile_is_told(open_app: Open, gate: Gate) -> None:
    gate.fails = True
    async with open_app(ONE, checked=False) as pilot:
        while not gate.began.is_set():
            await pilot.pause()
        await pilot.press("f")
        while not session(pilot)._busy:
            await pilot.pause()
        gate.go.set()
        await settle(pilot)
        assert "it cannot be done" in notices(pilot.app)
        assert not session(pilot)._busy
        assert gate.times == 2


async def test_who_stops_it_can_ask_again(open_app: Open, gate: Gate) -> None:
    async with open_app(ONE, checked=False) as pilot:
        while not gate.began.is_set():
            await pilot.pause()
        await pilot.press("f")
        while not session(pilot)._busy:
            await pilot.pause()
        session(pilot).stop()
        gate.go.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, SessionScreen)
        assert "nothing has been changed" in screen_text(pilot.app)
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, PreviewScreen)


async def test_it_is_of_no_other_state(open_app: Open, always: None) -> None:
    """Whatever changes the session, what is held is of the session as it is, or nothing is."""
    async with open_app(ONE) as pilot:
        screen = session(pilot)
        for keys in (("f", "enter"), ("u",), ("ctrl+r",), ("u",), ("f", "escape")):
            await press(pilot, *keys)
            held = screen._foreseen
            assert held is None or held.outline is screen.workspace.outline
            assert held is None or held.history is screen.workspace.history
        assert screen._foreseen is not None
        with screen.workspace.bundle.path.open("ab") as file:
            file.write(b"{}\n")
        screen.workspace.history = screen.workspace.history.push("so that it is not followed", (), {1: ()})
        screen.look()
        assert screen._foreseen is None


async def test_what_fails_is_told_when_it_is_asked_for(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, always: None
) -> None:
    def fails(self: Workspace, *arguments: Any) -> Work[Result]:
        yield 0
        raise UsageError("it cannot be done")

    monkeypatch.setattr(Workspace, "fix", fails)
    async with open_app(ONE) as pilot:
        assert "it cannot be done" not in notices(pilot.app)
        await press(pilot, "f")
        assert "it cannot be done" in notices(pilot.app)


# It goes behind everything else


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What rests looks at once whether it still has to."""
    monkeypatch.setattr(attention, "TURN", 0)


class Three:
    """Three steps, and no result."""

    steps, closed = 0, False

    def work(self) -> Work[Result]:
        try:
            while self.steps < 3:
                yield self.steps
                self.steps += 1
        finally:
            self.closed = True
        raise UsageError("three steps were done")


def foreseen(work: Three, workspace: Workspace) -> Foreseen:
    assert workspace.outline is not None
    return Foreseen(workspace.outline, History(workspace.bundle.main), EVERY, work.work)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with closing(_opened(SAMPLES / ONE / "session.jsonl")) as workspace:
        yield workspace


def test_it_rests_where_somebody_waits_for_other_work(workspace: Workspace, impatient: None) -> None:
    work = Three()
    running = foreseen(work, workspace).run()
    with wanted():
        with wanted():
            next(running)
        next(running)
        assert work.steps == 0
    finish(running)
    assert work.steps == 3


def test_it_can_be_ended_while_it_rests(workspace: Workspace, impatient: None) -> None:
    work = Three()
    running = foreseen(work, workspace).run()
    next(running)
    with wanted():
        next(running)
        running.close()
    assert work.closed


def test_it_goes_on_where_somebody_waits_for_it(workspace: Workspace, impatient: None) -> None:
    work = Three()
    found = foreseen(work, workspace)
    found.asked = True
    with wanted():
        finish(found.run())
    assert work.steps == 3


def test_it_ends_when_it_takes_too_long(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseeing, "LONG", -1.0)
    work = Three()
    assert finish(foreseen(work, workspace).run()).result is None
    assert work.steps == 0


async def test_only_what_was_asked_for_is_waited_for(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, always: None, impatient: None,
) -> None:
    seen: dict[str, set[bool]] = {}
    driven = driver._driven

    def look(target: Any, serial: int, name: str, start: Callable[[], Work[Any]]) -> Any:
        seen.setdefault(name, set()).add(at_leisure())
        return driven(target, serial, name, start)

    monkeypatch.setattr(driver, "_driven", look)
    async with open_app(ONE) as pilot:
        await settle(pilot)
    assert seen["check"] == {False}
    assert driver.AHEAD in seen
