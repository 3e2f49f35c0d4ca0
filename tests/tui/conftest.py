"""The application on a sample, driven by keys; screens compared as text."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from driving import SAMPLES, Open, Opened, screen_text, settle

from unbrick.clock import FixedClock
from unbrick.opening import Choices, open_word
from unbrick.telling import sentences
from unbrick_tui.app import UnbrickApp
from unbrick_tui.glyphs import ASCII, UNICODE
from unbrick_tui.settings import DEFAULTS, Settings
from unbrick_tui.state import State
from unbrick_tui.workspace import Workspace

SCREENS = Path(__file__).parent / "screens"


class Then(datetime):
    """A fixed day: times are said with their year unless it is this one."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Then:
        return cls(2026, 6, 1, 12, 0, 0, tzinfo=tz)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """One time zone, one day, no animation, a home of the test's own, no client on the path."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("NO_COLOR", "TEXTUAL_THEME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sentences, "datetime", Then)
    monkeypatch.chdir(tmp_path)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def open_app() -> Open:
    """Opens a sample (one of Claude Code, or `amplifier/NAME`) or some bytes in the application, as the command does,
    and waits for the check unless told not to."""

    @asynccontextmanager
    async def opened(
        what: str | bytes | None, size: tuple[int, int] = (80, 24), *, ascii_: bool = False,
        name: str = "session.jsonl", checked: bool = True, note: str = "",
        settings: Settings = DEFAULTS, state: State | None = None,
    ) -> AsyncIterator[Opened]:
        path = Path(name)  # Relative, as the screens may show it.
        if isinstance(what, bytes):
            path.write_bytes(what)
        elif what is None:
            assert path.exists(), "what an earlier run left"
        elif (SAMPLES / what).is_dir():
            path.write_bytes((SAMPLES / what / "session.jsonl").read_bytes())
        else:
            shutil.copytree(SAMPLES.parent / what, Path(what).name)
            path = Path(what).name / Path("transcript.jsonl")
        with open_word(str(path), Choices(surroundings=False, environ={}), Path()) as session:
            workspace = Workspace(
                session.format, session.bundle, target=session.target, clock=FixedClock("2026-06-01T12:00:00.000Z"),
                glyphs=ASCII if ascii_ else UNICODE,
            )
            app = UnbrickApp(workspace, settings, state, note)
            async with app.run_test(size=size) as pilot:
                if checked:
                    await settle(pilot)
                yield pilot
            workspace.close()

    return opened


@pytest.fixture
def same_screen(request: pytest.FixtureRequest) -> Callable[[UnbrickApp, str], None]:
    """Compares a screen with the one that is kept; `--update-screens` keeps it instead."""

    def compare(app: UnbrickApp, name: str) -> None:
        width, height = app.size
        path = SCREENS / f"{name}-{width}x{height}.txt"
        now = screen_text(app)
        if request.config.getoption("--update-screens"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8")
        assert path.exists(), f"{path.name} is not kept yet; run with --update-screens and look at it"
        assert now == path.read_text(encoding="utf-8")

    return compare
