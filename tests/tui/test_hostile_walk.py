"""Every screen over a transcript that tries to act on the terminal: nothing of it gets through, and nothing fails."""

from __future__ import annotations

import json
import unicodedata
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle

from tools import exhaust, strategies
from tools.hostile import NASTY, everywhere
from tools.outward import listening
from unbrick.finding import Safety
from unbrick.opening import Choices, open_word
from unbrick.patch import View
from unbrick.repair import repair
from unbrick.scanning.scan import finish
from unbrick_tui import recovery
from unbrick_tui.app import UnbrickApp
from unbrick_tui.shelf import Shelf
from unbrick_tui.state import State
from unbrick_tui.workspace import Workspace

ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
WALK = (
    ("down",), ("G",), ("enter", "v", "v", "v", "G", "g", "i", "escape", "escape"), ("g", "enter", "v", "escape"),
    ("m", "G", "enter", "escape", "escape"),
    ("p", "j", "enter", "escape"), ("C", "right", "escape"),
    ("&", "j", "escape"),
    ("/", "x", "enter", "n", "escape"), ("e", "x", "escape"), ("t", "escape"), ("f", "escape"),
    ("F", "enter", "escape"),
    ("r", "escape"), ("U", "escape"), ("w", "escape"), ("x", "escape"), ("d", "escape"), ("y", "escape"),
    ("question_mark", "escape"), ("s",), ("c", "escape"), ("l", "escape"), ("u",), ("w", "j", "j", "escape"),
)


def harmless(pilot: Opened) -> None:
    """No character on the screen acts on the terminal, and no link of the transcript's is clickable."""
    said = screen_text(pilot.app) + notices(pilot.app)
    found = {ascii(char) for char in set(said) - {"\n"} if unicodedata.category(char) in ACTING}
    assert not found, said
    assert "itself failed" not in said
    for strip in pilot.app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            assert style is None or style.link is None
            assert style is None or "http" not in str(style.meta)


async def walk(pilot: Opened) -> None:
    for keys in WALK:
        for key in keys:
            await press(pilot, key)
            harmless(pilot)


@pytest.mark.parametrize("nasty", ["".join(NASTY[first::4]) for first in range(4)], ids=range(4))
async def test_no_screen_lets_it_through(open_app: Open, nasty: str) -> None:
    async with open_app(everywhere(nasty), (100, 30)) as pilot:
        harmless(pilot)
        await walk(pilot)


def one_thread() -> Executor:
    return ThreadPoolExecutor(1)


async def test_nor_does_the_picker(tmp_path: Path) -> None:
    """Titles, projects and file names, in the list and in what it says of one."""
    folder = tmp_path / "config" / "projects" / "-home-ada-shop"
    folder.mkdir(parents=True)
    for number, nasty in enumerate(NASTY):
        (folder / f"22222222-2222-4333-8444-{number:012}.jsonl").write_bytes(everywhere(nasty))
    name = "\x1b]0;x\x07\x9b31m\u202e[red].jsonl"
    (folder / name).write_bytes(everywhere(NASTY[0]))
    paths = sorted(folder.iterdir())
    choices = Choices(surroundings=False, environ={})
    shelf = Shelf(choices, tmp_path, paths=paths, word="\x1b[2J[red]", start=one_thread)
    app = UnbrickApp(shelf)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        harmless(pilot)
        for key in ("j", "G", "g", "space", "/", "x", "escape", "question_mark", "escape"):
            await press(pilot, key)
            harmless(pilot)
    shelf.close()


MARK = "Zanzibar-4711"


async def test_a_walk_leaves_no_word_of_the_conversation_behind(open_app: Open, tmp_path: Path) -> None:
    """What is remembered, cached and kept for a moment: none of it holds what was said."""
    data = (SAMPLES / "unanswered-call-in-the-middle" / "session.jsonl").read_bytes()
    for member in ("text", "content", "thinking", "command"):
        data = data.replace(f'"{member}":"'.encode(), f'"{member}":"{MARK} '.encode())
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with listening() as heard:
        async with open_app(data, (100, 30), state=State.of_machine()) as pilot:
            await walk(pilot)
            pilot.app.theme = "textual-light"
            await settle(pilot)
    assert not heard
    left = {path for path in tmp_path.rglob("*") if path.is_file()} - before - {tmp_path / "session.jsonl"}
    assert left
    assert not [path for path in left if MARK.encode() in path.read_bytes()]
    assert not [path for path in left if path.stat().st_mode & 0o077]


@pytest.mark.parametrize("changed", [False, True], ids=["the same session", "one that changed since"])
def test_a_file_of_kept_edits_that_is_not_ours_is_passed_over(changed: bool) -> None:
    """A value of any type at any path: it is taken up whole and sound, or not at all."""
    path = Path("session.jsonl")
    path.write_bytes((SAMPLES / "unanswered-call-in-the-middle" / "session.jsonl").read_bytes())
    with open_word(str(path), Choices(surroundings=False, environ={}), Path()) as session:
        workspace = Workspace(session.format, session.bundle, target=session.target)
        done = finish(repair(session.format, session.bundle, allow=frozenset(Safety)))
        workspace.history = workspace.history.push("mended", done.edits, done.patch)
        assert recovery.keep(workspace)
        file = recovery.file_of(workspace)
        good = json.loads(file.read_bytes())
        good["stamp"][0] += changed
        for pointer in [(), *strategies.paths(good)]:
            for value in exhaust.VALUES:
                file.write_bytes(exhaust.put(good, pointer, value))
                found = finish(recovery.kept(workspace))
                if found is not None:
                    assert found.changed or not changed
                    list(View(session.bundle.main, found.history.patch).raws())
                    assert list(session.bundle.main.patched(found.history.patch))
                    recovery.let_go(found)
        workspace.close()


def test_what_is_remembered_may_be_anything(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    for data in (b"[" * 200_000, b'{"a":' * 50_000, b"9" * 10_000, b"\xff", b"", b"null", b'{"theme":[]}'):
        file.write_bytes(data)
        assert State(file).text("theme") is None
