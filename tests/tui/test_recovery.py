"""Edits that were kept of a file that changed since: done again where the lines that they name are as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from driving import SAMPLES, Open, notices, press, screen_text
from hypothesis import given
from hypothesis import strategies as st

from unbrick.editing import byhand
from unbrick.opening import Choices, open_word
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick_tui import recovery
from unbrick_tui.workspace import Workspace

PATH = Path("session.jsonl")
SESSION = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines(keepends=True)
PROMPTS = [
    number for number, line in enumerate(SESSION, 1)
    if (value := json.loads(line))["type"] == "user" and isinstance(value["message"]["content"], str)
][:2]
"""The lines of two prompts, which are edited."""


@contextmanager
def opened() -> Iterator[Workspace]:
    """The session, checked."""
    with open_word(str(PATH), Choices(surroundings=False, environ={}), Path()) as session:
        workspace = Workspace(session.format, session.bundle, target=session.target)
        workspace.take(finish(workspace.check()))
        yield workspace


@pytest.fixture
def left() -> None:
    """Each prompt was said otherwise, and then the application ended."""
    PATH.write_bytes(b"".join(SESSION))
    with opened() as workspace:
        for line in PROMPTS:
            situation = workspace._report().situation
            text = byhand.texts(situation, line - 1)[0]
            fix = byhand.say(situation, line - 1, text, f"Said {line}")
            workspace.take(finish(workspace.hand(lambda fix=fix: fix)))
        assert recovery.keep(workspace)


def kept() -> list[Path]:
    return list((recovery.state.folder() / "unsaved").glob("*.json"))


def prompt(line: int, text: str) -> bytes:
    value = json.loads(SESSION[line - 1])
    value["message"]["content"] = text
    return json.dumps(value).encode() + b"\n"


def grown(lines: list[bytes]) -> list[bytes]:
    return [*lines, b'{"type":"mode","mode":"normal"}\n']


def moved(lines: list[bytes]) -> list[bytes]:
    return [b'{"type":"mode","mode":"normal"}\n', *lines]


def same(lines: list[bytes]) -> list[bytes]:
    """Written anew: another file, every byte as it was."""
    PATH.unlink()
    return lines


def second(lines: list[bytes]) -> list[bytes]:
    return [prompt(PROMPTS[1], "Another") if number == PROMPTS[1] else line for number, line in enumerate(lines, 1)]


def neither(lines: list[bytes]) -> list[bytes]:
    return [line for number, line in enumerate(lines, 1) if number not in PROMPTS]


CHANGES = [
    pytest.param(grown, 2, "the lines that they change are as they were", id="it has grown"),
    pytest.param(moved, 2, "the lines that they change are as they were", id="its lines have moved"),
    pytest.param(same, 2, "the lines that they change are as they were", id="it was written anew"),
    pytest.param(second, 1, "1 edit cannot be done again, as a line that it changes is", id="one line was changed"),
]


@pytest.mark.parametrize(("change", "done", "said"), CHANGES)
@pytest.mark.usefixtures("left")
async def test_they_are_done_again(
    open_app: Open, change: Callable[[list[bytes]], list[bytes]], done: int, said: str
) -> None:
    now = change(SESSION)
    PATH.write_bytes(b"".join(now))
    async with open_app(None, (100, 40)) as pilot:
        workspace = pilot.app.screen_stack[1].workspace
        shown = screen_text(pilot.app)
        assert "2 edits not saved when unbrick ended" in shown
        assert said in shown
        assert shown.count("(cannot be done again)") == 2 - done
        await press(pilot, "enter")
        assert "Done again on the file as it is now." in notices(pilot.app)
        wanted = {SESSION[line - 1]: f"Said {line}" for line in PROMPTS}
        for line, raw in zip(now, workspace.view.raws(), strict=True):
            if line in wanted:
                assert json.loads(raw)["message"]["content"] == wanted[line]
            else:
                assert raw == line
        assert len(workspace.titles) == done
        await press(pilot, *"u" * done)
        assert list(workspace.view.raws()) == now
    assert len(kept()) == 1


@pytest.mark.parametrize(("keys", "stay"), [
    pytest.param(("enter",), True, id="kept for another time"), pytest.param(("j", "enter"), False, id="forgotten"),
    pytest.param(("escape",), True, id="left"),
])
@pytest.mark.usefixtures("left")
async def test_where_none_fits_they_are_said_all_the_same(open_app: Open, keys: tuple[str, ...], stay: bool) -> None:
    PATH.write_bytes(b"".join(neither(SESSION)))
    async with open_app(None, (100, 40)) as pilot:
        shown = screen_text(pilot.app)
        assert "The file has changed since: 2 edits cannot be done again" in shown
        assert shown.count("(cannot be done again)") == 2
        await press(pilot, *keys)
        assert not pilot.app.screen.workspace.patch
        await press(pilot, "q")
    assert bool(kept()) == stay


@pytest.mark.usefixtures("left")
async def test_they_stay_where_doing_them_again_is_stopped(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    PATH.write_bytes(b"".join(grown(SESSION)))
    async with open_app(None, (100, 40)) as pilot:
        screen = pilot.app.screen_stack[1]

        def endless(_history: object) -> Iterator[int]:
            while True:
                yield 1

        monkeypatch.setattr(screen.workspace, "again", endless)
        await pilot.press("enter")
        while pilot.app.screen is not screen or not screen._busy:
            await pilot.pause()
        screen.stop()
        await press(pilot, "q")
    assert len(kept()) == 1


LINES = st.lists(st.sampled_from([b"a", b"b", b"cc", b"", b"d"]), max_size=8)


@given(LINES, LINES, st.data())
def test_lines_are_found_where_they_stand(before: list[bytes], after: list[bytes], data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.integers(1, len(before))) if before else st.just(set()))
    source = Source.of(b"".join(line + b"\n" for line in after))
    digests = {line: recovery._digest(before[line - 1]) for line in wanted}
    found = finish(recovery._found(source, digests))
    assert len(set(found.values())) == len(found)
    for line, now in found.items():
        assert after[now - 1] == before[line - 1]
        still = line <= len(after) and after[line - 1] == before[line - 1]
        assert (now == line) == still
    missed = [before[line - 1] for line in wanted - found.keys()]
    left_over = [line for number, line in enumerate(after, 1) if number not in found.values()]
    assert not set(missed) & set(left_over)
