"""Colours, dark and light; what they say is always said by a word or a glyph as well."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="unbrick-dark", primary="#5fa8d3", secondary="#c9a36b", accent="#7fc8a9", foreground="#d8dee6",
    background="#12161c", surface="#1a2029", panel="#1f2732", warning="#e0b050", error="#ef6f6c", success="#7ec98f",
    dark=True,
)
LIGHT = Theme(
    name="unbrick-light", primary="#1f6f9f", secondary="#7a5200", accent="#00694d", foreground="#1d2430",
    background="#fbfbf9", surface="#f1f1ed", panel="#e6e7e2", warning="#8a5a00", error="#b3261e", success="#1e6b34",
    dark=False,
)
THEMES = (DARK, LIGHT)


def shades(dark: bool) -> dict[str, str]:
    """What is quiet, what is faint, and the background of the line at the cursor."""
    if dark:
        return {"quiet": "#8f9bac", "faint": "#667286", "cursor-line": "#24394f"}
    return {"quiet": "#59636f", "faint": "#858e99", "cursor-line": "#d3e4f1"}
