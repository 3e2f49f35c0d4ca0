"""Colours: dark, light, both with more contrast, the terminal's own, and none. What they say is always said by a word
or a glyph as well."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme


def _theme(name: str, *, dark: bool, quiet: str, faint: str, cursor: str, ansi: bool = False, **colours: str) -> Theme:
    shades = {"quiet": quiet, "faint": faint, "cursor-line": cursor}
    if ansi:
        # What Textual's own widgets need where there is no background to shade.
        shades = {**BUILTIN_THEMES["ansi-dark"].variables, "input-cursor-text-style": "reverse", **shades}
    return Theme(name=f"unbrick-{name}", dark=dark, ansi=ansi, variables=shades, **colours)  # type: ignore[arg-type]


DARK = _theme(
    "dark", dark=True, primary="#5fa8d3", secondary="#c9a36b", accent="#7fc8a9", foreground="#d8dee6",
    background="#12161c", surface="#1a2029", panel="#1f2732", warning="#e0b050", error="#ff8a84", success="#7ec98f",
    quiet="#9aa6b6", faint="#929eae", cursor="#203346",
)
LIGHT = _theme(
    "light", dark=False, primary="#1a5f8a", secondary="#6b4800", accent="#005a42", foreground="#1d2430",
    background="#fbfbf9", surface="#f1f1ed", panel="#e6e7e2", warning="#744b00", error="#a31f17", success="#185c2b",
    quiet="#4d5661", faint="#59626d", cursor="#d8e7f2",
)
CONTRAST = _theme(
    "contrast", dark=True, primary="#8fd8ff", secondary="#ffd08a", accent="#7fffd4", foreground="#ffffff",
    background="#000000", surface="#0a0a0a", panel="#161616", warning="#ffd75f", error="#ffa8a8", success="#8ff0a4",
    quiet="#dadada", faint="#c8c8c8", cursor="#00284d",
)
CONTRAST_LIGHT = _theme(
    "contrast-light", dark=False, primary="#003d66", secondary="#4d3300", accent="#004030", foreground="#000000",
    background="#ffffff", surface="#f7f7f7", panel="#ececec", warning="#523500", error="#7a0c06", success="#0b4219",
    quiet="#2b2b2b", faint="#3a3a3a", cursor="#cfe6f8",
)
_DEFAULT = dict.fromkeys(
    ("foreground", "background", "surface", "panel", "boost", "quiet", "faint", "cursor"), "ansi_default"
)
TERMINAL = _theme(
    "terminal", dark=True, ansi=True, primary="ansi_blue", secondary="ansi_magenta", accent="ansi_cyan",
    warning="ansi_yellow", error="ansi_red", success="ansi_green", **_DEFAULT,
)
PLAIN = _theme(
    "plain", dark=True, ansi=True,
    **dict.fromkeys(("primary", "secondary", "accent", "warning", "error", "success"), "ansi_default"), **_DEFAULT,
)
PLAIN.variables.update({
    name: "ansi_default" for name, value in PLAIN.variables.items() if value.startswith("ansi_")
})
THEMES = (DARK, LIGHT, CONTRAST, CONTRAST_LIGHT, TERMINAL, PLAIN)
NAMES = tuple(theme.name.removeprefix("unbrick-") for theme in THEMES)
"""What they are called in the settings and on the command line."""

_PAIRS = ((DARK.name, LIGHT.name), (CONTRAST.name, CONTRAST_LIGHT.name))
_TURNED = {**dict(_PAIRS), **{light: dark for dark, light in _PAIRS}}


def full(name: str) -> str:
    """The name that a theme is registered under: `dark` is `unbrick-dark`, `nord` is `nord`."""
    return f"unbrick-{name}" if name in NAMES else name


def turned(name: str, dark: bool) -> str:
    """From a dark theme to a light one and back."""
    return _TURNED.get(name, LIGHT.name if dark else DARK.name)


def shades(dark: bool) -> dict[str, str]:
    """What themes of others do not name: what is quiet, what is faint, and the background of the line at the
    cursor. The painted lines cannot blend, so these are plain colours."""
    return dict((DARK if dark else LIGHT).variables)
