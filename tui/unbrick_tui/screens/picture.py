"""The images of a record, one at a time, decoded when they are looked at."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from unbrick.media import looks
from unbrick.media.looks import Picture
from unbrick_tui import pictures
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.text import ascii_only
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.working import work

SIDE = 1600
"""Pixels of the longer side of what is handed to a terminal that draws images."""


class PictureView(Widget):
    """A picture, or a sentence, as strips."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []

    def show(self, strips: list[Strip]) -> None:
        """Show other strips."""
        self._strips = strips
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of it."""
        blank = Strip.blank(self.size.width, self.rich_style)
        return self._strips[y].adjust_cell_length(self.size.width, self.rich_style) if y < len(self._strips) else blank


class PictureScreen(Screen[None]):
    """Leads back to the record."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i,enter", "leave", "back", key_display="esc", id="record.picture-back"),
        Binding("n,right,space", "step(1)", "next image", key_display="n", id="record.picture-next"),
        Binding("p,left", "step(-1)", "previous image", key_display="p", id="record.picture-previous"),
        Binding("g", "draw", "full detail", id="record.picture-draw", tooltip="in the terminal's own graphics"),
    ]

    @dataclass
    class Decoded(Message):
        """An image was decoded, or cannot be."""

        serial: int
        about: str
        picture: Picture | str

    def __init__(self, shown: Sequence[pictures.Shown], glyphs: Glyphs) -> None:
        super().__init__()
        self._shown = shown
        self._glyphs = glyphs
        self._at = 0
        self._serial = 0

    def compose(self) -> ComposeResult:
        """Which image, the picture, the keys."""
        yield Static("", id="where", markup=False)
        yield PictureView(id="picture")
        yield Static("", id="why", markup=False)
        yield Footer()

    def on_resize(self) -> None:
        """Decode it for the room there is."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view, one = self.query_one(PictureView), self._shown[self._at]
        self._serial += 1
        self._where("decoding")
        self._decode(self._serial, one, max(view.size.width, 2), max(view.size.height * 2, 2))

    @work(thread=True, exclusive=True, group="picture", exit_on_error=False)
    def _decode(self, serial: int, one: pictures.Shown, width: int, height: int) -> None:
        picture = one.why or looks.picture(one.data, width, height)
        about = "" if one.why else looks.about(one.data)
        self.post_message(self.Decoded(serial, about, picture))

    def on_picture_screen_decoded(self, event: Decoded) -> None:
        """Paint it."""
        if event.serial != self._serial:
            return
        self._where(event.about)
        view, why, found = self.query_one(PictureView), "", event.picture
        if isinstance(found, str):
            view.show([])
            why = found
        elif self._glyphs.ascii or self.app.no_color:
            view.show(pictures.shades(found, view.rich_style, dark=self.app.current_theme.dark))
        else:
            view.show(pictures.half_blocks(found))
        self.query_one("#why", Static).update(why)
        self.set_class(bool(why), "-why")

    def _where(self, about: str) -> None:
        said = f"image {self._at + 1} of {len(self._shown)}, {self._shown[self._at].name}"
        text = f"{said}: {about}" if about else said
        self.query_one("#where", Static).update(ascii_only(text) if self._glyphs.ascii else text)

    def action_step(self, step: int) -> None:
        """The next or previous image."""
        self._at = (self._at + step) % len(self._shown)
        self._show()

    def action_draw(self) -> None:
        """Leave the screen to the terminal's own graphics, until a key ends it."""
        how, one = pictures.graphics(os.environ), self._shown[self._at]
        png = one.why or looks.png(one.data, SIDE) if how else "This terminal is not known to draw images itself."
        if isinstance(png, str):
            self.notify(png, markup=False)
            return
        try:
            with self.app.suspend():
                sys.stdout.write(f"\x1b[2J\x1b[H{pictures.drawn(png, how, self.size.width)}\r\nenter goes back ")
                sys.stdout.flush()
                sys.stdin.readline()
        except SuspendNotSupported:
            self.notify("The screen cannot be left to the terminal here.", markup=False)

    def action_leave(self) -> None:
        """Back to the record."""
        self.dismiss(None)
