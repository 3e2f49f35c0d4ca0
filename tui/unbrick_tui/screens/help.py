"""The keys of whatever screen is on top, from its bindings themselves; typing narrows them down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from unbrick_tui.bindings import AREAS, area, bindings, shown, told
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.prose import Passage, Rich
from unbrick_tui.widgets.text_view import Paragraph, TextView

Bound = tuple[Binding, DOMNode]
"""A binding, and the node that its action belongs to."""

NAMED = 116
"""Columns of the screen from which on the names stand beside the keys."""
SAID = 64
"""Columns of what a key does before its name; few need more."""


def keys(binding: Binding, keymap: Mapping[str, str] | None = None) -> str:
    """The keys of a binding as people call them, those that the person gave it before its own."""
    given = (keymap or {}).get(binding.id or "")
    if binding.key_display and given is None:
        return binding.key_display
    return ", ".join(shown(key) for key in (given or binding.key).split(","))


def keys_of(screen: Screen[object]) -> list[Bound]:
    """What can be done on a screen: by its own keys, those of what stands on it, those of the application. By area."""
    found: dict[str, Bound] = {}
    for node in (screen, *screen.query("*").results(), screen.app):
        for binding in bindings(type(node)):
            found.setdefault(binding.id or binding.action, (binding, node))
    order = list(AREAS.values())
    return sorted(found.values(), key=lambda bound: order.index(area(bound[0])) if area(bound[0]) in order else 99)


def listed(
    bound: Iterable[Bound], keymap: Mapping[str, str], width: int, wanted: str = "",
) -> Iterator[Passage]:
    """One line per binding under the title of its area, or two where there is little room; only those with a text in
    their keys, words or names, where one is wanted."""
    title = ""
    for binding, _node in bound:
        said = binding.tooltip or binding.description
        called = keys(binding, keymap)
        if wanted.lower() not in f"{called} {said} {binding.id} {area(binding)}".lower():
            continue
        if area(binding) != title:
            title = area(binding)
            yield "head", title
        if width < 70:
            yield "plain", f"  {called}\n      {said}"
            continue
        name = ("dim", f" {binding.id}") if width >= NAMED else ("dim", "")
        yield Rich((("plain", said.ljust(SAID if name[1] else 0)), name), f"  {called:<17} ", " " * 20, "key")


def legend(glyphs: Glyphs) -> Iterator[Paragraph]:
    """What the glyphs of the timeline mean."""
    g = glyphs
    yield "plain", f"  {g.error} error  {g.warning} warning  {g.info} note  {g.changed} changed  {g.added} added"
    yield "plain", f"  {g.span_start} call  {g.span} open  {g.span_end} result  {g.reply} beside a line: its other half"
    yield "plain", "  37k tok: tokens in the context that a message was the reply to"
    yield "plain", f"  {g.start} resume begins here; what is dim is not loaded:"
    yield "plain", "    summarised: a summary stands for it"
    yield "plain", "    rewound: you went back before it"
    yield "plain", "    lost: in the file, and the client will not load it"
    yield "plain", "    undecided: the file does not say why"
    yield "plain", "    side: a subagent's"
    yield "plain", "    kept: stands before the start, and is loaded"
    yield "plain", "  at the right edge, the whole session:"
    yield "plain", f"    {g.here} you are here  {g.tick} a turn  {g.heavy} a compaction  {g.weights[2]} how heavy it is"


class HelpField(Input):
    """What narrows the list down; the arrows move the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll(1)", "", show=False, id="help.down"),
        Binding("up", "scroll(-1)", "", show=False, id="help.up"),
        Binding("pagedown,ctrl+f,ctrl+d", "scroll(10)", "", show=False, id="help.page-down"),
        Binding("pageup,ctrl+b,ctrl+u", "scroll(-10)", "", show=False, id="help.page-up"),
    ]

    def action_scroll(self, lines: int) -> None:
        """Move the list."""
        self.screen.query_one(TextView).scroll_relative(y=lines, animate=False, force=True, immediate=True)


class HelpScreen(ModalScreen[None]):
    """An overlay; `esc` and `enter` close it, and so does `?` where nothing was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f1", "leave", "back", tooltip="close the help", id="help.back"),
    ]

    def __init__(self, bound: Sequence[Bound], glyphs: Glyphs, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._bound = bound
        self._glyphs = glyphs
        self._keymap = keymap or {}

    def _text(self, wanted: str = "") -> list[Passage]:
        said = list(listed(self._bound, self._keymap, self.app.size.width, wanted))
        if wanted:
            return said or [("dim", f"no key has to do with “{wanted}”")]
        return [*said, ("head", "Marks"), *legend(self._glyphs)]

    def compose(self) -> ComposeResult:
        """A field, the keys, how to leave."""
        with Vertical(id="dialog", classes="tall"):
            yield HelpField(placeholder="type to find a key", compact=True, id="help-field")
            yield TextView(self._text(), ascii_=self._glyphs.ascii, id="about")
            hint = told(self, "esc goes back; docs/settings.md says how to change keys", esc="help.back")
            yield Static(hint, id="hint", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(HelpField).focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.value == "?":
            self.dismiss(None)
            return
        self.query_one(TextView).say(self._text(event.value.strip()))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.dismiss(None)

    def action_leave(self) -> None:
        """Close, or show all keys again."""
        field = self.query_one(HelpField)
        if field.value:
            field.value = ""
        else:
            self.dismiss(None)
