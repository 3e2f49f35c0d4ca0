"""The bindings of a screen, as its layers declare them. An id is `area.action`; it never changes, keys may."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode

AREAS = {
    "app": "unbrick", "pick": "Sessions", "act": "Acting", "keep": "Keeping", "cut": "Cutting", "edits": "Edits",
    "look": "Looking", "find": "Finding", "go": "Going", "timeline": "Moving", "list": "Lists", "text": "Texts",
    "record": "Record", "request": "Request", "review": "Review", "chart": "Chart", "export": "Sharing",
    "dialog": "Dialogs", "path": "Dialogs", "help": "Help", "error": "Error", "filter": "Filters",
}
"""What the part of an id before the dot stands for, in the order of the help."""


def area(binding: Binding) -> str:
    """The title of what a binding belongs to."""
    return AREAS.get((binding.id or "").partition(".")[0], "")


def bindings(owner: type[DOMNode]) -> Iterator[Binding]:
    """Bindings with a description, of a class and what it is made of here, the first layer first."""
    for layer in reversed(owner.__mro__):
        if layer.__module__.startswith("unbrick_tui"):
            for binding in layer.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.description:
                    yield binding
