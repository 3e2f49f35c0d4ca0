"""Colours that can be read, in every theme, and the choice that is remembered."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from driving import Open, press
from rich.color import Color as RichColor
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from unbrick_tui.settings import Settings
from unbrick_tui.state import State
from unbrick_tui.theme import CONTRAST, CONTRAST_LIGHT, DARK, LIGHT, NAMES, PLAIN, TERMINAL
from unbrick_tui.widgets.timeline import Timeline

TEXTS = ("foreground", "primary", "secondary", "accent", "warning", "error", "success", "quiet", "faint")
GROUNDS = ("background", "surface", "panel", "cursor-line")
READABLE = [(DARK, 4.5), (LIGHT, 4.5), (CONTRAST, 7.0), (CONTRAST_LIGHT, 7.0)]


NONE = RichColor.default()


def colour(theme: Theme, name: str) -> Color:
    return Color.parse(theme.variables.get(name) or getattr(theme, name))


def luminance(of: Color) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [value / 255 for value in (of.r, of.g, of.b)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("theme", "least"), READABLE, ids=lambda one: getattr(one, "name", ""))
def test_every_text_stands_out_from_every_ground(theme: Theme, least: float) -> None:
    pairs = product(TEXTS, GROUNDS)
    faint = [(text, ground) for text, ground in pairs if contrast(colour(theme, text), colour(theme, ground)) < least]
    assert faint == []


@pytest.mark.parametrize("theme", [TERMINAL, PLAIN], ids=lambda one: one.name)
def test_the_terminals_own_colours_alone(theme: Theme) -> None:
    named = [getattr(theme, name) for name in (*TEXTS[:-2], *GROUNDS[:-1])] + [
        value for name, value in theme.variables.items() if not name.endswith("-style")
    ]
    assert all(name.startswith("ansi_") for name in named)
    assert theme is not PLAIN or set(named) == {"ansi_default"}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda one: one.name)
async def test_the_theme_of_the_environment(open_app: Open, monkeypatch: pytest.MonkeyPatch, theme: Theme) -> None:
    """Textual takes its name at the start, before it knows the theme."""
    monkeypatch.setenv("TEXTUAL_THEME", theme.name)
    monkeypatch.setattr(App.theme, "_default", theme.name)
    async with open_app("healthy") as pilot:
        assert pilot.app.screen.background_colors[1] == Color.parse(theme.background)


@pytest.mark.parametrize("name", NAMES)
async def test_what_carries_meaning_differs_by_more_than_colour(open_app: Open, name: str) -> None:
    """The cursor and the error under it are told by glyphs; in the terminal's own colours the cursor is reversed."""
    async with open_app("missing-parent", settings=Settings(theme=f"unbrick-{name}")) as pilot:
        shown = pilot.app.screen.query_one(Timeline)
        painted = [shown.render_line(y) for y in range(shown.size.height)]
        line = next(strip for strip in painted if strip.text.startswith("▌") and "✗" in strip.text)
        styles = {segment.style for segment in line if segment.style is not None}
        plain = name in ("terminal", "plain")
        assert any(style.reverse for style in styles) is plain
        assert not [style for style in styles if style.reverse and (style.dim or style.color not in (None, NONE))]
        if plain:
            used = {c.name for style in styles for c in (style.color, style.bgcolor) if c is not None}
            assert all("#" not in one for one in used), used


async def test_light_and_dark_by_one_key_and_remembered(open_app: Open, tmp_path: Path) -> None:
    file = tmp_path / "state" / "state.json"
    async with open_app("healthy", state=State(file)) as pilot:
        assert pilot.app.theme == DARK.name
        await press(pilot, "ctrl+t")
        assert pilot.app.theme == LIGHT.name
    assert json.loads(file.read_text()) == {"theme": LIGHT.name}
    assert file.stat().st_mode & 0o777 == 0o600
    async with open_app("healthy", state=State(file)) as pilot:
        assert pilot.app.theme == LIGHT.name
    async with open_app("healthy", state=State(file), settings=Settings(theme=CONTRAST.name)) as pilot:
        assert pilot.app.theme == CONTRAST.name
        await press(pilot, "ctrl+t")
        assert pilot.app.theme == CONTRAST_LIGHT.name


async def test_an_unknown_theme_is_said(open_app: Open) -> None:
    async with open_app("healthy", settings=Settings(theme="mauve")) as pilot:
        assert pilot.app.theme == DARK.name
        assert "there is no theme “mauve”" in "\n".join(notice.message for notice in pilot.app._notifications)


def test_a_state_nobody_can_write_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    state = State(tmp_path / "file" / "state.json")
    state.put("theme", "x")
    assert state.text("theme") == "x"
    torn = tmp_path / "state.json"
    torn.write_text('{"theme"')
    assert State(torn).text("theme") is None
