"""Every screen over a transcript that tries to act on the terminal: nothing of it gets through, and nothing fails."""

from __future__ import annotations

import unicodedata
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from driving import Open, Opened, notices, press, screen_text, settle

from tools.hostile import NASTY, everywhere
from unbrick.opening import Choices
from unbrick_tui.app import UnbrickApp
from unbrick_tui.shelf import Shelf

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
