"""The last line: the keys of the screen, as many as fit; a click presses one. One painted line in the place of a widget
for each key, which took most of the time that a screen takes to come up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


class Shown(NamedTuple):
    """A key that is offered: what it is called in bindings and to a reader, what it does, a sentence about that."""

    key: str
    name: str
    does: str
    tooltip: str

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return cell_len(self.name) + cell_len(self.does) + 3


class Footer(Widget):
    """Follows the bindings of its screen, in their order."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--does", "footer--pointed"}
    DEFAULT_CSS = """
    Footer { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    Footer > .footer--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
    Footer > .footer--does { color: $footer-description-foreground; background: $footer-description-background; }
    Footer > .footer--pointed { color: $footer-key-foreground; background: $block-hover-background; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.keys: tuple[Shown, ...] = ()
        self._pointed: Shown | None = None

    def on_mount(self) -> None:
        """Follow the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if screen is self.screen and self.is_attached:
            self.keys = tuple(self._offered())
            self.refresh()

    def _offered(self) -> Iterator[Shown]:
        """Each action once, under its first key."""
        seen = set()
        for _node, binding, enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and enabled and binding.action not in seen:
                seen.add(binding.action)
                yield Shown(binding.key, self.app.get_key_display(binding), binding.description, tooltip)

    def _fitting(self) -> Iterator[tuple[int, Shown]]:
        """The keys that fit as a whole, the space behind the last aside, each with the cell at which it begins."""
        x = 0
        for shown in self.keys:
            if x and x + shown.width - 1 > self.size.width:
                return
            yield x, shown
            x += shown.width

    def render_line(self, y: int) -> Strip:
        """Paint the keys."""
        base = self.rich_style
        segments = []
        for _x, shown in self._fitting():
            key, does = (
                self.get_component_rich_style("footer--pointed" if shown == self._pointed else name, partial=True)
                for name in ("footer--key", "footer--does")
            )
            segments += [Segment(f" {shown.name} ", base + key), Segment(f"{shown.does} ", base + does)]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    # Mouse

    def _at(self, x: int) -> Shown | None:
        return next((shown for start, shown in self._fitting() if start <= x < start + shown.width), None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key that is pointed at."""
        shown = self._at(event.x)
        if shown is not None:
            self.app.simulate_key(shown.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark the key that is pointed at, and say what it does."""
        self._point(self._at(event.x))

    def on_leave(self) -> None:
        """Mark none."""
        self._point(None)

    def _point(self, shown: Shown | None) -> None:
        if shown != self._pointed:
            self._pointed = shown
            self.tooltip = shown.tooltip if shown is not None and shown.tooltip else None
            self.refresh()
