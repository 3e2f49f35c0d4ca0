"""Choosing a session: what is shown, filtered, ordered, judged, opened, and left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from driving import SAMPLES, Opened, notices, press, screen_text, settle, type_ahead
from terminal import Terminal, started

from unbrick.opening import Choices
from unbrick.sessions.cache import Cache
from unbrick_tui import judging
from unbrick_tui.app import UnbrickApp
from unbrick_tui.cli import run
from unbrick_tui.glyphs import ASCII, UNICODE
from unbrick_tui.judging import LARGE, Judging, in_turn
from unbrick_tui.screens.picker import PickerScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.shelf import Order, Shelf
from unbrick_tui.text import ago
from unbrick_tui.widgets.session_list import SessionHeads

NOW = 1_780_000_000
NARROW, SMALL, LARGE_SCREEN, WIDE = (40, 24), (80, 24), (120, 40), (160, 40)
SHOP, WEB = "-home-dev-shop-api", "-home-dev-website"
Same = Callable[[UnbrickApp, str], None]
Pick = Callable[..., AbstractAsyncContextManager[Opened]]

SESSIONS = (
    ("healthy", SHOP, "10000000", 120, ""),
    ("crash-mid-tool", SHOP, "20000000", 7_300, "Coupons of five percent"),
    ("missing-parent", WEB, "30000000", 90_000, "Landing page [in](red)"),
    ("role-system-with-flag", WEB, "40000000", 700_000, ""),
    ("context-too-long", SHOP, "50000000", 9_000_000, "\x1b[31mThe long one\u202e\n"),
)
"""Sample, folder of the project, beginning of the id, age in seconds, title."""


def put(config: Path, home: Path) -> None:
    """A client's folder with some sessions, and one of another client in a home."""
    for sample, project, name, age, title in SESSIONS:
        path = config / "projects" / project / f"{name}-0000-4000-8000-000000000000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = (SAMPLES / sample / "session.jsonl").read_bytes()
        if project == WEB:
            data = data.replace(b'"cwd":"/home/dev/shop-api"', b'"cwd":"/home/dev/website"')
        path.write_bytes(data + (f'{{"type":"ai-title","aiTitle":{json.dumps(title)}}}\n'.encode() if title else b""))
        os.utime(path, (NOW - age, NOW - age))
    folder = home / ".amplifier" / "projects" / "-home-user-app" / "sessions" / "60000000-amplifier"
    shutil.copytree(SAMPLES.parent / "amplifier" / "healthy", folder)
    for path in folder.iterdir():
        os.utime(path, (NOW - 4_000, NOW - 4_000))


def threads() -> Executor:
    return ThreadPoolExecutor(1)


class Never(Executor):
    """Takes everything and finishes nothing, until it is stopped."""

    def __init__(self) -> None:
        self._taken: list[Future[Any]] = []

    def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
        self._taken.append(Future())
        return self._taken[-1]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for future in self._taken:
            future.cancel()
            future.set_running_or_notify_cancel()
        self._taken = []


@pytest.fixture
def pick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pick:
    """Opens the choice among the sessions above, seen from the shop's folder."""
    monkeypatch.delenv("AMPLIFIER_HOME", raising=False)
    put(tmp_path / "config", tmp_path / "home")

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = LARGE_SCREEN, *, ascii_: bool = False, start: Callable[[], Executor] = threads,
        paths: list[Path] | None = None, word: str = "",
    ) -> AsyncIterator[Opened]:
        shelf = Shelf(
            Choices(surroundings=False, environ={}), Path("/home/dev/shop-api"), paths=paths, word=word,
            cache=tmp_path / "cache", glyphs=ASCII if ascii_ else UNICODE, start=start, now=lambda: NOW,
        )
        app = UnbrickApp(shelf)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            if start is threads:
                await settle(pilot)
            yield pilot
        shelf.close()

    return opened


def picker(pilot: Opened) -> PickerScreen:
    screen = pilot.app.screen
    assert isinstance(screen, PickerScreen)
    return screen


def names(pilot: Opened) -> str:
    """The first digit of each id, in the order shown."""
    return "".join(row.about.session_id[0] for row in picker(pilot).sessions.rows)


SCREENS = [
    pytest.param(SMALL, (), id="sessions"),
    pytest.param(LARGE_SCREEN, (), id="sessions"),
    pytest.param(NARROW, ("down",), id="sessions"),
    pytest.param(WIDE, ("down",), id="sessions"),
    pytest.param(SMALL, ("p", "a", "g", "e"), id="sessions-filtered"),
    pytest.param(SMALL, ("exclamation_mark", "greater_than_sign", "greater_than_sign"), id="sessions-broken"),
    pytest.param(SMALL, ("x", "y", "z"), id="sessions-none"),
]


@pytest.mark.parametrize(("size", "keys"), SCREENS)
async def test_screen(
    pick: Pick, same_screen: Same, request: pytest.FixtureRequest, size: tuple[int, int], keys: tuple[str, ...],
) -> None:
    async with pick(size) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id.rstrip("0123456789"))


async def test_nothing_but_ascii_is_painted(pick: Pick) -> None:
    async with pick(SMALL, ascii_=True) as pilot:
        await press(pilot, "end")
        assert screen_text(pilot.app).isascii()


async def test_what_a_title_holds_does_not_act_on_the_terminal(pick: Pick) -> None:
    async with pick() as pilot:
        text = screen_text(pilot.app)
        assert "The long one" in text
        assert "Landing page [in](red)" in text
        assert not {"\x1b", "\u202e"} & set(text)


async def test_this_folders_first_then_the_newest(pick: Pick) -> None:
    async with pick() as pilot:
        assert names(pilot) == "125634"
        assert "other folders" in screen_text(pilot.app)


async def test_orders(pick: Pick) -> None:
    async with pick() as pilot:
        sizes = sorted(picker(pilot).sessions.rows, key=lambda row: -row.stored.size)
        await press(pilot, "greater_than_sign")
        assert picker(pilot).shelf.order is Order.SIZE
        assert list(picker(pilot).sessions.rows) == sizes
        await press(pilot, "greater_than_sign")
        assert names(pilot) == "534216"
        await press(pilot, "less_than_sign", "less_than_sign")
        assert names(pilot) == "125634"


async def test_a_click_on_a_head_orders_by_it(pick: Pick) -> None:
    async with pick() as pilot:
        line = screen_text(pilot.app).splitlines()[2]
        await pilot.click(SessionHeads, offset=(line.index("size") + 1, 0))
        assert picker(pilot).shelf.order is Order.SIZE
        await pilot.click(SessionHeads, offset=(line.index("resumes?") + 1, 0))
        assert picker(pilot).shelf.order is Order.HEALTH
        await pilot.click(SessionHeads, offset=(line.index("title") + 1, 0))
        assert picker(pilot).shelf.order is Order.HEALTH


async def test_only_the_broken_ones(pick: Pick) -> None:
    async with pick() as pilot:
        await press(pilot, "exclamation_mark")
        assert names(pilot) == "534"
        await press(pilot, "exclamation_mark")
        assert names(pilot) == "125634"


FILTERS = [
    pytest.param("coupon", "2", id="title"),
    pytest.param("WEBSITE", "34", id="project"),
    pytest.param("30000000-0000", "3", id="id"),
    pytest.param("page website", "3", id="words in any order"),
    pytest.param("five coupons", "2", id="words turned round"),
    pytest.param("nothing like it", "", id="none"),
]


@pytest.mark.parametrize(("text", "left"), FILTERS)
async def test_typing_filters(pick: Pick, text: str, left: str) -> None:
    async with pick() as pilot:
        await press(pilot, *("space" if letter == " " else letter for letter in text))
        assert names(pilot) == left
        assert picker(pilot).shelf.needle == text
        await press(pilot, "escape")
        assert names(pilot) == "125634"
        assert picker(pilot).shelf.needle == ""


async def test_letters_with_a_meaning_are_text_once_something_is_typed(pick: Pick) -> None:
    async with pick() as pilot:
        await press(pilot, "x", "q", "backspace", "backspace", "slash", "q", "u")
        assert picker(pilot).shelf.needle == "qu"
        await press(pilot, "backspace", "backspace", "escape", "a", "space", "b", "ctrl+w")
        assert picker(pilot).shelf.needle == "a"
        await press(pilot, "escape", "q")
    assert pilot.app.return_value == 0


async def test_letters_are_text_however_fast_they_are_typed(pick: Pick) -> None:
    async with pick() as pilot:
        await type_ahead(pilot, "slash", "q", "u", "escape", "slash", "s", "o")
        assert picker(pilot).shelf.needle == "so"


async def test_a_pasted_id_filters(pick: Pick) -> None:
    from textual import events

    async with pick() as pilot:
        picker(pilot).sessions.post_message(events.Paste("40000000-\n"))
        await settle(pilot)
        assert names(pilot) == "4"


async def test_the_cursor_stays_with_its_session(pick: Pick) -> None:
    async with pick() as pilot:
        await press(pilot, "down", "down", "down", "down", "greater_than_sign")
        row = picker(pilot).sessions.row
        assert row is not None
        assert row.about.session_id.startswith("3")
        await press(pilot, "home", "up")
        assert picker(pilot).sessions.cursor == 0
        await press(pilot, "end", "down")
        assert picker(pilot).sessions.cursor == 5


async def test_the_last_turns_stand_below(pick: Pick) -> None:
    async with pick() as pilot:
        before = screen_text(pilot.app)
        assert "10000000 · Claude Code 2.1.139 · 210 records" in before
        await press(pilot, "end")
        after = screen_text(pilot.app)
        assert "40000000 · Claude Code" in after
        assert "❯ you" in after


async def test_enter_opens_and_q_leads_back_to_the_row_as_it_is_now(pick: Pick, tmp_path: Path) -> None:
    async with pick() as pilot:
        await press(pilot, "c", "o", "u", "p", "o", "n", "enter")
        assert isinstance(pilot.app.screen, SessionScreen)
        path = pilot.app.screen.workspace.bundle.path
        assert path.name.startswith("20000000")
        path.write_bytes((SAMPLES / "missing-parent" / "session.jsonl").read_bytes())
        await press(pilot, "q")
        assert picker(pilot).shelf.needle == "coupon"
        await press(pilot, "escape")
        row = next(row for row in picker(pilot).sessions.rows if row.stored.path == path)
        assert row.health is not None
        assert row.health.word == "loses history"
        await press(pilot, "q")
    assert pilot.app.return_value == 0


@pytest.mark.parametrize("size", [NARROW, SMALL, LARGE_SCREEN], ids=str)
async def test_what_a_live_client_has_open_is_marked(pick: Pick, tmp_path: Path, size: tuple[int, int]) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        file = tmp_path / "config" / "sessions" / f"{process.pid}.json"
        file.parent.mkdir()
        name = "20000000-0000-4000-8000-000000000000"
        file.write_text(json.dumps({"pid": process.pid, "sessionId": name}))
        async with pick(size) as pilot:
            shown = screen_text(pilot.app)
            assert shown.count("◉ open  Coupons") == shown.count("◉") == 1
            await press(pilot, "down")
            assert f"open in a client, process {process.pid}"[: size[0] - 4] in screen_text(pilot.app)
            process.communicate()
            await press(pilot, "f5")
            assert "◉" not in screen_text(pilot.app)


async def test_copying_the_path_says_so_once(pick: Pick) -> None:
    async with pick() as pilot:
        await press(pilot, "ctrl+y")
        await settle(pilot)
        assert notices(pilot.app).count("cop") == 1


async def test_a_second_click_opens(pick: Pick) -> None:
    async with pick() as pilot:
        await pilot.click("#sessions", offset=(10, 1))
        row = picker(pilot).sessions.row
        assert row is not None
        assert row.about.session_id.startswith("2")
        await pilot.click("#sessions", offset=(10, 1), times=2)
        await settle(pilot)
        assert isinstance(pilot.app.screen, SessionScreen)


async def test_a_session_that_vanished_says_so(pick: Pick) -> None:
    async with pick() as pilot:
        row = picker(pilot).sessions.row
        assert row is not None
        row.stored.path.unlink()
        await press(pilot, "enter")
        assert "does not exist" in notices(pilot.app)
        assert "✗ cannot be read" in screen_text(pilot.app)
        await press(pilot, "f5")
        assert names(pilot) == "25634"


async def test_verdicts_on_files_of_a_folder_are_remembered(pick: Pick, tmp_path: Path) -> None:
    one = tmp_path / "one.jsonl"
    one.write_bytes((SAMPLES / "healthy" / "session.jsonl").read_bytes())
    async with pick(paths=[one], word="folder") as pilot:
        assert "1 session · matching folder · none broken" in screen_text(pilot.app)
        (row,) = picker(pilot).sessions.rows
        cache = Cache(tmp_path / "cache", picker(pilot).shelf.choices)
        assert cache.get(row.stored._replace(client="claude-code"), row.about.project) == row.health


async def test_a_file_that_is_none_shows_why(pick: Pick, tmp_path: Path) -> None:
    strange = tmp_path / "strange.jsonl"
    strange.write_text('{"what": 1}\n')
    async with pick(paths=[strange]) as pilot:
        text = screen_text(pilot.app)
        assert "✗ cannot be read" in text
        assert "is not a transcript" in text


async def test_keys_are_answered_and_leaving_is_possible_while_sessions_are_judged(pick: Pick) -> None:
    async with pick(start=Never) as pilot:
        while "Coupons" not in screen_text(pilot.app):
            await pilot.pause()
        assert "judging them: 0 of 6" in screen_text(pilot.app)
        await pilot.press("down", "c", "o")
        assert picker(pilot).shelf.needle == "co"
        await pilot.press("ctrl+x")
        await pilot.pause()
        assert "judging stopped" in screen_text(pilot.app)
        await pilot.press("escape", "escape")
    assert pilot.app.return_value == 0


async def test_verdicts_are_remembered(pick: Pick) -> None:
    async with pick() as pilot:
        words = [row.health for row in picker(pilot).sessions.rows]
        assert None not in words
    async with pick(start=Never) as pilot:
        await settle(pilot)
        assert [row.health for row in picker(pilot).sessions.rows] == words


async def test_colours_say_what_the_words_say(pick: Pick) -> None:
    async with pick() as pilot:
        strips = pilot.app.screen._compositor.render_strips()
        found = {
            segment.text.strip(): segment.style.color.triplet.hex
            for strip in strips for segment in strip if segment.style is not None and segment.style.color is not None
            and segment.style.color.triplet is not None
        }
        variables = pilot.app.get_css_variables()
        assert found["✓ resumes in full"] == variables["success"].lower()
        assert found["✗ loses history"] == variables["error"].lower()
        assert found["! resumes, with changes"] == variables["warning"].lower()


def test_the_small_ones_of_this_folder_are_judged_first() -> None:
    from unbrick.stored import Stored

    here, far = Stored(Path("a"), 900, 0, True), Stored(Path("b"), 10, 0)
    small, huge = Stored(Path("c"), 100, 0, True), Stored(Path("d"), LARGE + 1, 0, True)
    assert in_turn([huge, far, here, small]) == [small, here, far, huge]


class Dies(ThreadPoolExecutor):
    """Breaks with the first thing asked of it."""

    def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
        from concurrent.futures.process import BrokenProcessPool

        raise BrokenProcessPool


def test_a_process_that_dies_costs_one_session_at_a_time(pick: Pick, tmp_path: Path) -> None:
    pools = [Dies, threads]
    shelf = Shelf(Choices(surroundings=False), Path("/home/dev/shop-api"))
    sessions = [row.stored for row in shelf.rows.values()]
    run_ = Judging(shelf.choices, shelf.cwd, lambda: pools.pop(0)())
    found = dict(run_.run(sessions))
    assert len(found) == 6
    (lost,) = [health.trouble for health in found.values() if health.trouble]
    assert "ended unexpectedly" in lost


AGES = [
    (0, "now"), (-5, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86_399, "23 h"),
    (86_400, "1 d"), (604_799, "6 d"), (604_800, "1 wk"), (61 * 86_400, "2 mo"), (700 * 86_400, "22 mo"),
    (800 * 86_400, "2 y"),
]


@pytest.mark.parametrize(("seconds", "said"), AGES)
def test_ages(seconds: float, said: str) -> None:
    assert ago(seconds) == said


class TestTerminal:
    """In a real terminal, with processes that judge."""

    @pytest.fixture
    def terminal(self, tmp_path: Path) -> Iterator[Terminal]:
        home = tmp_path / "home"
        put(home / "config", home)
        shown = started([], home, tmp_path)
        yield shown
        shown.close()

    def test_chosen_by_keys_and_left(self, terminal: Terminal, tmp_path: Path) -> None:
        before = everything(tmp_path / "home" / "config")
        terminal.wait_for("6 sessions · 3 broken")
        terminal.press("coupon")
        terminal.wait_for("1 of 6 sessions")
        terminal.press("\r")
        terminal.wait_for("RESUMES, WITH CHANGES")
        terminal.press("q")
        terminal.wait_for("1 of 6 sessions")
        terminal.press("\x1b")
        terminal.wait_for("type to filter")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert b"\x1b[?1049l" in terminal.raw, "the terminal was not given back"
        assert everything(tmp_path / "home" / "config") == before, "something was written beside the sessions"

    def test_chosen_by_mouse(self, terminal: Terminal) -> None:
        terminal.wait_for("✗ not this file")
        terminal.wait_for("Landing page")
        line = next(n for n, text in enumerate(terminal.text.splitlines(), 1) if "Landing page" in text)
        for _ in range(2):
            terminal.press(f"\x1b[<0;20;{line}M\x1b[<0;20;{line}m")
        terminal.wait_for("LOSES HISTORY")
        terminal.press("q")
        terminal.wait_for("6 sessions")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files with their times and bytes."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()
    }


class TestList:
    """`unbrick list`."""

    @pytest.fixture(autouse=True)
    def _sessions(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(tmp_path / "config", tmp_path / "home")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setattr(judging, "ProcessPoolExecutor", lambda *_: threads())

    def listed(self, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
        assert run(["list", *options]) == 0
        return capsys.readouterr().out.splitlines()

    def test_all_of_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        lines = self.listed(capsys)
        assert len(lines) == 7
        assert lines[-1] == "6 sessions, 3 broken."
        assert sum("resumes in full" in line for line in lines) == 2

    @pytest.mark.parametrize(
        ("options", "ids"),
        [
            pytest.param(("--broken", "--sort", "age"), "345", id="broken"),
            pytest.param(("--client", "amplifier"), "6", id="client"),
            pytest.param(("--project", "site"), "34", id="part of a project"),
            pytest.param(("--project", "/home/dev/shop-api"), "125", id="folder of a project"),
            pytest.param(("--project", "shop", "--broken"), "5", id="both"),
            pytest.param(("--sort", "health"), "345216", id="order"),
        ],
    )
    def test_some_of_them(self, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], ids: str) -> None:
        found = json.loads("\n".join(self.listed(capsys, *options, "--json")))["sessions"]
        assert sorted(one["id"][0] for one in found) == sorted(ids)

    def test_every_field_is_documented(self, capsys: pytest.CaptureFixture[str]) -> None:
        document = json.loads("\n".join(self.listed(capsys, "--json")))
        assert document["schema"] == 1
        page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
        for one in document["sessions"]:
            assert all(f"`{key}`" in page for key in one)
            assert one["error"] is None
            assert f"`{one['resumes']}`" in page

    def test_nothing_is_judged_when_told_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.listed(capsys, "--no-check")[-1] == "6 sessions, 0 broken, 6 not judged."
        self.listed(capsys)
        assert self.listed(capsys, "--no-check")[-1] == "6 sessions, 3 broken."

    def test_a_client_that_is_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["list", "--client", "2.1.139"]) == 2
        assert "--client takes claude-code or amplifier" in capsys.readouterr().err
