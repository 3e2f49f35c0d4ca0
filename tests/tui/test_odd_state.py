"""What is no ordinary file in the place of what the application remembers: as if nothing stood there, or a sentence;
nobody waits for it and nothing fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Open, notices, press, screen_text

from unbrick.disk import whole
from unbrick.opening import Choices
from unbrick.scanning.scan import finish
from unbrick.sessions import cache
from unbrick.sessions.cache import Cache
from unbrick.sessions.health import Health
from unbrick.stored import Stored
from unbrick_tui import recovery, settings, state
from unbrick_tui.state import State

HUGE = 1 << 40


def huge(path: Path) -> None:
    """A terabyte that takes no room."""
    with path.open("wb") as file:
        try:
            file.truncate(HUGE)
        except OSError:
            file.truncate(1 << 33)


ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a huge file": huge,
    "a file that cannot be read": lambda path: path.symlink_to("/proc/self/mem"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.with_name("nowhere")),
    "the endless device": lambda path: path.symlink_to("/dev/zero"),
    "a file in the place of the folder": lambda path: (path.parent.rmdir(), path.parent.touch()),
}
ANY = pytest.mark.parametrize("make", ODD.values(), ids=ODD)


def made(path: Path, make: Callable[[Path], object]) -> Path:
    path.parent.mkdir(parents=True)
    make(path)
    return path


@ANY
def test_no_ordinary_file_is_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = made(tmp_path / "folder" / "file", make)
    with pytest.raises(OSError, match=r"\[Errno \d+\]"):
        whole(path, 1000)


@pytest.mark.parametrize("size", [0, 9, 10])
def test_a_file_is_read_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert whole(tmp_path / "file", 10) == b"x" * size


@ANY
def test_verdicts(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Without them, sessions are judged anew."""
    path = made(tmp_path / "verdicts" / cache.NAME, make)
    one = Stored(tmp_path / "session.jsonl", 1, 2, True, "claude-code")
    held = Cache(path.parent, Choices(surroundings=False, environ={}))
    assert held.get(one, None) is None
    held.put(one, None, Health("resumes in full", "good", None, None, None))
    held.save()
    assert held.get(one, None) is not None


@ANY
def test_settings_are_the_defaults_and_the_file_is_named(make: Callable[[Path], object]) -> None:
    path = made(settings.path(), make)
    found = settings.load()
    assert found.with_options(ascii=False, theme=None).theme is None
    absent = make is ODD["a link to nothing"]
    assert [str(path) in said and "the defaults hold" in said for said in found.mistakes] == [True] * (not absent)


@ANY
def test_what_was_remembered(make: Callable[[Path], object]) -> None:
    made(state.folder() / "state.json", make)
    held = State.of_machine()
    assert held.text("theme") is None
    held.put("theme", "unbrick-light")
    assert held.text("theme") == "unbrick-light"


@ANY
async def test_kept_edits(open_app: Open, make: Callable[[Path], object]) -> None:
    """Nothing is offered; what stands there stays, and edits are kept beside it where there is a folder for them."""
    async with open_app("crash-mid-tool") as pilot:
        workspace = pilot.app.screen.workspace
        path = made(recovery.file_of(workspace), make)
        assert finish(recovery.kept(workspace)) is None
        await press(pilot, "f", "enter")
        assert recovery.keep(workspace) == path.parent.is_dir()
        assert os.path.lexists(path) == path.parent.is_dir()
        assert (finish(recovery.kept(workspace)) is not None) == path.parent.is_dir()


@ANY
async def test_the_application_opens_over_all_of_them(open_app: Open, make: Callable[[Path], object]) -> None:
    for path in (settings.path(), state.folder() / "state.json"):
        made(path, make)
    async with open_app("crash-mid-tool", settings=settings.load(), state=State.of_machine()) as pilot:
        assert "RESUMES, WITH CHANGES" in screen_text(pilot.app)
        assert "itself failed" not in notices(pilot.app)
